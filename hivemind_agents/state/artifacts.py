"""Artifacts: immutable archives, found by the SHA-256 of their bytes."""

import base64
import hashlib
import re
import tempfile
from pathlib import Path

import botocore.exceptions
from botocore.config import Config

from hivemind_agents.errors import StateError
from hivemind_agents.state.aws import error_code, translated
from hivemind_agents.state.bucket import StateBucket

PREFIX = "artifacts/sha256/"
_SUFFIX = ".tar.gz"
_BLOCK = 1 << 20


class ArtifactStore:
    """The artifacts of a target's account and region."""

    def __init__(self, bucket: StateBucket) -> None:
        self._bucket = bucket

    def put(self, path: Path) -> str:
        """Store the archive and return its digest (hex); one that is there is not sent again."""
        digest = digest_of(path)
        if self.exists(digest):
            return digest
        checksum = base64.b64encode(bytes.fromhex(digest)).decode()
        with translated(f"store the artifact {digest[:12]}"), path.open("rb") as body:
            try:
                self._bucket.s3.put_object(
                    Bucket=self._bucket.name,
                    Key=_key(digest),
                    Body=body,
                    ContentType="application/gzip",
                    ChecksumSHA256=checksum,
                    IfNoneMatch="*",
                )
            except botocore.exceptions.ClientError as error:
                # Somebody stored the same bytes in between.
                if error_code(error) not in {"PreconditionFailed", "412"}:
                    raise
        return digest

    def exists(self, digest: str) -> bool:
        """Whether the artifact is stored."""
        with translated(f"look for the artifact {digest[:12]}"):
            try:
                self._bucket.s3.head_object(Bucket=self._bucket.name, Key=_key(digest))
            except botocore.exceptions.ClientError as error:
                if error_code(error) in {"404", "NoSuchKey", "NotFound"}:
                    return False
                raise
        return True

    def get(self, digest: str, path: Path) -> None:
        """Write the artifact to `path`, whole and verified, or not at all.

        Raises StateError when it is not there or its bytes are not what the digest says.
        """
        with (
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".artifact-") as folder,
            translated(f"fetch the artifact {digest[:12]}"),
        ):
            part = Path(folder) / "part"
            try:
                self._bucket.s3.download_file(self._bucket.name, _key(digest), str(part))
            except botocore.exceptions.ClientError as error:
                if error_code(error) in {"404", "NoSuchKey"}:
                    raise StateError(
                        f"the artifact {digest[:12]} is not in the state bucket",
                        mend="deploy again: it is built anew",
                    ) from error
                raise
            if digest_of(part) != digest:
                raise StateError(f"the artifact {digest[:12]} is damaged", mend="deploy again")
            part.replace(path)

    def presigned_url(
        self, digest: str, expires_seconds: int, endpoint_url: str | None = None
    ) -> str:
        """A URL that fetches the artifact without credentials, for so many seconds.

        `endpoint_url`: S3 as the host that fetches reaches it, when it differs from ours.
        """
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"} if endpoint_url else {"addressing_style": "auto"},
        )
        with translated(f"sign a URL of the artifact {digest[:12]}"):
            client = self._bucket.session.client("s3", endpoint_url=endpoint_url, config=config)
            return client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket.name, "Key": _key(digest)},
                ExpiresIn=expires_seconds,
            )

    def delete(self, digest: str) -> None:
        """Remove the artifact, if it is there."""
        self._bucket.delete(_key(digest))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def _key(digest: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise StateError(f"{digest!r} is no artifact's digest (64 hex digits)")
    return f"{PREFIX}{digest}{_SUFFIX}"
