"""A gzip stream in parts that are compressed side by side, and once each.

The stream is a chain of gzip members, which every reader takes for one. Where a part ends depends
on the content alone, so the bytes are the same on any machine, with kept parts or without.
"""

import hashlib
import io
import os
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

# A twentieth larger than at zlib's own choice of 6, in half the time.
_LEVEL = 4
PART_BYTES = 4 << 20
_LEAST_BYTES = 1 << 20
_GZIP = 31


class PartedGzip(io.RawIOBase):
    """Compresses what is written, into `raw`. `kept`: a folder of compressed parts, or None."""

    def __init__(self, raw: IO[bytes], kept: Path | None = None) -> None:
        self._raw = raw
        self._kept = kept
        self._used: set[str] = set()
        self._buffer = bytearray()
        self._written = 0
        workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(max_workers=workers)
        self._ahead = 2 * workers
        self._parts: deque[Future[bytes]] = deque()
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: object) -> int:
        content = memoryview(data)  # type: ignore[arg-type]  # whatever has bytes
        self._buffer += content
        self._written += len(content)
        while len(self._buffer) >= PART_BYTES:
            self._end_part(PART_BYTES)
        return len(content)

    def entry(self, name: str, size: int) -> None:
        """Say what comes next: parts end before large files, and now and then before others.

        So a changed file changes its own part, not all that follow.
        """
        if size >= _LEAST_BYTES or (
            len(self._buffer) >= _LEAST_BYTES and zlib.crc32(name.encode()) % 8 == 0
        ):
            self._end_part(len(self._buffer))

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._end_part(len(self._buffer))
            while self._parts:
                self._raw.write(self._parts.popleft().result())
            self._forget()
        finally:
            self._pool.shutdown(cancel_futures=True)
            super().close()

    def _end_part(self, length: int) -> None:
        if not length:
            return
        part = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._parts.append(self._pool.submit(self._compressed, part))
        while len(self._parts) > self._ahead:
            self._raw.write(self._parts.popleft().result())

    def _compressed(self, part: bytes) -> bytes:
        if self._kept is None or len(part) < _LEAST_BYTES:
            return _gzip(part)
        name = hashlib.sha256(part).hexdigest()
        self._used.add(name)
        path = self._kept / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            packed = _gzip(part)
            half = path.with_suffix(".part")
            half.write_bytes(packed)
            half.rename(path)
            return packed

    def _forget(self) -> None:
        """Parts that this stream does not have go."""
        for path in self._kept.iterdir() if self._kept else ():
            if path.name not in self._used:
                path.unlink(missing_ok=True)


def _gzip(part: bytes) -> bytes:
    # No time and no name are in the header.
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(part) + packer.flush()
