"""The API's memory over a restart and a crash: moto's backends and the stack engine's, in a file.

Written after changes, at most a pass of the reconciler later and before that pass makes anything
real, so that no host exists which the file does not know. The bytes of S3 objects are kept beside
it, once each. Only root can write the files, which matters, as they are pickles.
"""

import hashlib
import io
import logging
import pickle
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FunctionType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict
from moto.s3.models import FakeKey
from moto.ssm.models import ParameterDict

from hivemind_sandbox import engine, podman
from hivemind_sandbox.settings import Settings

log = logging.getLogger(__name__)

FORMAT = 1
ATTEMPTS = 20

_changes = 0
_saved = 0
_lock = threading.Lock()


class StateError(Exception):
    """The state file is missing or unreadable while there are hosts that it would describe."""


def file(settings: Settings) -> Path:
    return settings.directory / "state.pickle"


def touch() -> None:
    """Say that something changed that must outlive the process."""
    global _changes  # noqa: PLW0603
    _changes += 1


def is_dirty() -> bool:
    return _changes != _saved


def load(settings: Settings) -> bool:
    """Bring back what was saved; False when this is a first start.

    Raises StateError when hosts exist but their state does not: they would be removed as unknown.
    """
    path = file(settings)
    if not path.exists():
        if settings.hosts and (left := podman.found(settings)):
            raise StateError(
                f"sandbox {settings.index} has {len(left)} hosts ({', '.join(left[:4])}) but its "
                f"state file {path} is missing, so it does not start: it would not know them. "
                f"Put the file back, or remove the hosts and all their data with "
                f"`hivemind sandbox reset --index {settings.index}`"
            )
        return False
    try:
        with path.open("rb") as source:
            saved = _Unpickler(source, settings).load()
    except Exception as error:
        raise StateError(
            f"cannot read the sandbox's state {path}: {error!r}. Put a good copy back, or start "
            f"anew with `hivemind sandbox reset --index {settings.index}`, which removes all hosts"
        ) from error
    if saved["format"] != FORMAT:
        raise StateError(
            f"{path} was written by another version of the sandbox. Start anew with "
            f"`hivemind sandbox reset --index {settings.index}`, which removes all hosts"
        )
    _restore_backends(saved["backends"])
    engine.restore_engine_state(saved["engine"])
    return True


def save(settings: Settings) -> None:
    """Write the state when it changed since the last time."""
    global _saved  # noqa: PLW0603
    with _lock:
        if not is_dirty():
            return
        at = _changes
        blobs = _Blobs(settings)
        data = _pickled(blobs)
        _write(file(settings), data)
        blobs.forget_unused()
        _saved = at


def _pickled(blobs: "_Blobs") -> bytes:
    stacks = _Stacks()
    try:
        return _pickle({"format": FORMAT, "backends": _backends(), "engine": stacks}, blobs)
    except RuntimeError:
        raise
    except Exception:
        log.debug("cannot save all services at once", exc_info=True)
    # One service must not keep the others from being saved.
    backends = {}
    for name, backend in _backends().items():
        try:
            _pickle(backend, blobs)
            backends[name] = backend
        except Exception as error:  # noqa: BLE001  (whatever a service holds)
            if name not in _not_saved:
                log.warning("%s of %s cannot be saved: %s", name[0], name[2], error)
                _not_saved.add(name)
    return _pickle({"format": FORMAT, "backends": backends, "engine": stacks}, blobs)


class _Stacks:
    """The engine's state as it is when the backends are written: no resource without its stack."""

    def __reduce__(self) -> tuple[type[dict[Any, Any]], tuple[dict[str, dict[Any, Any]]]]:
        return dict, (engine.engine_state(),)


_not_saved: set[tuple[str, str, str]] = set()


def _pickle(content: object, blobs: "_Blobs") -> bytes:
    for attempt in range(ATTEMPTS):
        data = io.BytesIO()
        try:
            _Pickler(data, blobs).dump(content)
        except RuntimeError:  # a request changed a dict while it was written
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.02)
        else:
            return data.getvalue()
    raise AssertionError


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(data)
    temporary.replace(path)


# moto's backends

Backends = dict[tuple[str, str, str], Any]
"""(service, account, region) to the backend's object."""


def _backends() -> Backends:
    return {
        (services.service_name, account, region): backend
        for services in list(BackendDict._instances)
        for account, regions in list(services.items())
        for region, backend in list(regions.items())
        if _can_be_saved(backend)
    }


def _can_be_saved(backend: Any) -> bool:
    # The moto_api backend is the process's own; sts holds nothing that lasts.
    return type(backend).__module__.split(".")[1] not in ("moto_api", "sts")


def _restore_backends(saved: Backends) -> None:
    import moto.backends

    for (service, account, region), backend in saved.items():
        _restore_default_dicts(backend, region, account)
        regions = moto.backends.get_backend(service)[account]
        dict.__setitem__(regions, region, backend)


def _restore_default_dicts(backend: Any, region: str, account: str) -> None:
    """Give dicts whose default is made by a local function that function back."""
    lost = [name for name, value in vars(backend).items() if isinstance(value, _LostDefault)]
    if lost:
        fresh = type(backend)(region, account)
        for name in lost:
            whole = getattr(fresh, name)
            whole.clear()
            whole.update(getattr(backend, name))
            setattr(backend, name, whole)


class _LostDefault(dict[Any, Any]):
    """A defaultdict as it was, without its function."""


# S3's bytes


class _Blobs:
    """Object bytes by digest: an artifact is written once, not at each save."""

    def __init__(self, settings: Settings) -> None:
        self._directory = settings.directory / "objects"
        self._used: set[str] = set()

    def put(self, key: Any) -> str:
        """Keep an object's bytes; they are read only when they are not yet kept."""
        with key.lock:
            content = (key.etag, key.contentsize)
        known, digest = vars(key).get("sandbox_blob", (None, ""))
        digest = str(digest)
        if known != content or not (self._directory / digest).exists():
            value = key.value
            digest = hashlib.sha256(value).hexdigest()
            if not (self._directory / digest).exists():
                self._directory.mkdir(parents=True, exist_ok=True)
                _write(self._directory / digest, value)
            key.sandbox_blob = (content, digest)
        self._used.add(digest)
        return digest

    def get(self, digest: str) -> bytes:
        return (self._directory / digest).read_bytes()

    def forget_unused(self) -> None:
        if self._directory.is_dir():
            for path in self._directory.iterdir():
                if path.name not in self._used:
                    path.unlink(missing_ok=True)


# Pickling what does not let itself be pickled

_PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
_PUBLIC_KEYS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
_LOCKS: dict[type, Any] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}


class _Pickler(pickle.Pickler):
    def __init__(self, target: io.BytesIO, blobs: _Blobs) -> None:
        super().__init__(target, protocol=pickle.HIGHEST_PROTOCOL)
        self._blobs = blobs

    def reducer_override(self, obj: Any) -> Any:
        reduced: Any = NotImplemented
        if isinstance(obj, FakeKey):
            reduced = _empty_key, (), self._key_state(obj)
        elif isinstance(obj, _PRIVATE_KEYS):
            reduced = _private_key, (_private_pem(obj),)
        elif isinstance(obj, _PUBLIC_KEYS):
            reduced = _public_key, (_public_pem(obj),)
        elif isinstance(obj, x509.Certificate):
            pem = obj.public_bytes(serialization.Encoding.PEM)
            reduced = _certificate, (pem,)
        elif type(obj) in _LOCKS:
            reduced = _LOCKS[type(obj)], ()
        elif isinstance(obj, ParameterDict):  # cannot be made without arguments
            reduced = _parameters, (), vars(obj), None, iter(obj.items())
        elif isinstance(obj, defaultdict) and _is_local(obj.default_factory):
            reduced = _LostDefault, (dict(obj),)
        return reduced

    def _key_state(self, key: Any) -> dict[str, Any]:
        digest = None if key._value_buffer.closed else self._blobs.put(key)
        state = {k: v for k, v in vars(key).items() if k not in ("_value_buffer", "lock")}
        return {**state, "value": None if digest is None else _Blob(digest)}


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: Any, settings: Settings) -> None:
        super().__init__(source)
        _Blob.blobs = _Blobs(settings)


class _Blob:
    """Stands for an object's bytes in the pickle."""

    blobs: "_Blobs"

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def read(self) -> bytes:
        return self.blobs.get(self.digest)


class _RestoredKey(FakeKey):  # type: ignore[misc]
    """Only while unpickling: becomes the plain class once its bytes are there."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        value = state["value"]
        state = {**state, "value": value.read() if isinstance(value, _Blob) else b""}
        super().__setstate__(state)
        self.__class__ = FakeKey


def _empty_key() -> Any:
    return _RestoredKey.__new__(_RestoredKey)


def _parameters() -> Any:
    return ParameterDict("", "")


def _is_local(function: Any) -> bool:
    return isinstance(function, FunctionType) and "<" in function.__qualname__


def _private_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, None)


def _private_pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem


# Functions of the library's own cannot be found again by a pickle: these can.
def _public_key(pem: bytes) -> Any:
    return serialization.load_pem_public_key(pem)


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def _public_pem(key: Any) -> bytes:
    pem: bytes = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem
