"""A certificate authority for the tests, and certificates that it signs."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

DAY = timedelta(days=1)


class Authority:
    """A certificate authority; `file` contains its certificate."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ca.pem"
        self._folder = folder
        self._key = _new_key()
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of the tests")])
        certificate = _builder(self._name, self._name, self._key, datetime.now(UTC) + DAY)
        signed = certificate.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def certify(
        self, *names: str, folder: Path | None = None, until: datetime | None = None, passphrase: bytes | None = None
    ) -> tuple[Path, Path]:
        """Creates a certificate for these host names and addresses; returns the files of the certificate and its key."""
        key = _new_key()
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        alternatives = [x509.IPAddress(ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
        builder = _builder(subject, self._name, key, until or datetime.now(UTC) + DAY)
        signed = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False).sign(self._key, hashes.SHA256())
        folder = folder or self._folder
        cert_file, key_file = folder / f"{names[0]}.pem", folder / f"{names[0]}-key.pem"
        cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, encryption))
        key_file.chmod(0o600)
        return cert_file, key_file


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 10 * DAY)
        .not_valid_after(until)
    )
