"""The sandbox's own certificate authority."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hivemind_sandbox.settings import Settings

YEARS = timedelta(days=3650)

_lock = threading.Lock()


def authority_file(settings: Settings) -> Path:
    """The authority's certificate: what a client must trust to accept the sandbox's names."""
    with _only_one(settings):
        return _authority(settings)


def issue(settings: Settings, name: str, names: tuple[str, ...]) -> Path:
    """Certificate, authority and key in one PEM file, kept under `name`."""
    path = settings.directory / "certificates" / f"{name.replace('/', '_').replace('*', '_')}.pem"
    with _only_one(settings):
        authority = x509.load_pem_x509_certificate(_authority(settings).read_bytes())
        if path.exists() and _names(path) == set(names):
            return path
        signer = serialization.load_pem_private_key(_key_file(settings).read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)  # noqa: S101
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(names[0], authority.subject, key.public_key(), timedelta(days=395))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        _write(path, _pem(certificate) + _pem(authority) + _key_pem(key))
        return path


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Among threads and processes: two authorities of one sandbox would not trust each other."""
    place = settings.directory / "certificates"
    place.mkdir(parents=True, exist_ok=True)
    with _lock, (place / "lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def _authority(settings: Settings) -> Path:
    path = settings.directory / "ca.pem"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, f"HiveMind sandbox {settings.index}")]
        )
        certificate = (
            _builder(f"HiveMind sandbox {settings.index}", subject, key.public_key(), YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_CA_USAGE, critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(_key_file(settings), _key_pem(key))
        path.write_bytes(_pem(certificate))
    return path


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(tz=UTC)
    # A common name has at most 64 characters; clients read the alternative names.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )


def _names(path: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < datetime.now(tz=UTC) + timedelta(days=30):
        return set()
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(extension.value.get_values_for_type(x509.DNSName))


def _key_file(settings: Settings) -> Path:
    return settings.directory / "certificates" / "ca.key"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.write_bytes(data)
    path.chmod(0o600)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
