"""TLS settings with the names and meanings of the mysql client: --ssl-mode, --ssl-ca, --ssl-cert, --ssl-key.

Source: MySQL manual "Command Options for Encrypted Connections".
"""

import ssl
from dataclasses import dataclass, fields
from enum import StrEnum

from parloader.errors import UsageError


class SslMode(StrEnum):
    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"  # encrypted if the server supports it; verifies nothing
    REQUIRED = "REQUIRED"  # encrypted, or no connection; verifies nothing
    VERIFY_CA = "VERIFY_CA"  # also, the certificate is signed by a trusted authority
    VERIFY_IDENTITY = "VERIFY_IDENTITY"  # also, the certificate is for this host

    @property
    def verifies(self) -> bool:
        return self in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY)


@dataclass(frozen=True, kw_only=True)
class Tls:
    """The TLS settings of one source (URL, options or option file); None: not given."""

    explicit_mode: SslMode | None = None
    ca: str | None = None  # PEM file of trusted authorities
    cert: str | None = None  # PEM file of the client certificate
    key: str | None = None  # PEM file of its private key

    @property
    def mode(self) -> SslMode:
        """The effective mode: the given one, else VERIFY_CA with a CA, else PREFERRED."""
        return self.explicit_mode or (SslMode.VERIFY_CA if self.ca else SslMode.PREFERRED)

    @property
    def required(self) -> bool:
        """Whether a connection without TLS is refused."""
        return self.mode not in (SslMode.DISABLED, SslMode.PREFERRED)

    def context(self) -> ssl.SSLContext | None:
        """The context for a connection; None: no TLS. UsageError if a file cannot be used."""
        if self.mode is SslMode.DISABLED:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.mode is SslMode.VERIFY_IDENTITY
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # the CA that MySQL creates for itself would fail it
        if not self.mode.verifies:
            context.verify_mode = ssl.CERT_NONE
        elif self.ca:
            try:
                context.load_verify_locations(self.ca)
            except (OSError, ValueError) as error:
                raise _unusable(f"ssl-ca {self.ca}", error) from error
        else:
            context.load_default_certs()
        if self.cert:
            try:
                context.load_cert_chain(self.cert, self.key, password="")  # without a password, OpenSSL would ask on the terminal
            except (OSError, ValueError) as error:
                raise _unusable(f"ssl-cert {self.cert} with ssl-key {self.key or self.cert}", error) from error
        return context

    def validated(self) -> "Tls":
        """These settings. UsageError if they contradict each other or name a file that cannot be used."""
        if self.ca and not self.mode.verifies:
            raise UsageError(
                f"ssl-mode {self.mode} does not verify the server's certificate, but ssl-ca {self.ca} is given",
                "Drop ssl-mode (with ssl-ca the default is VERIFY_CA), or drop ssl-ca",
            )
        if (self.cert or self.key) and self.mode is SslMode.DISABLED:
            raise UsageError("ssl-mode is DISABLED, but ssl-cert or ssl-key is given", "Drop either of them")
        if self.key and not self.cert:
            raise UsageError("ssl-key is given without ssl-cert", "Give both or neither")
        self.context()
        return self

    def merge(self, other: "Tls", other_name: str) -> "Tls":
        """The settings of a URL and those of `other`. UsageError if they differ: it is unclear which is meant, and one may be the weaker."""
        merged = {}
        for name in (field.name for field in fields(self)):
            own, others = getattr(self, name), getattr(other, name)
            if own and others and own != others:
                option = "ssl-mode" if name == "explicit_mode" else f"ssl-{name}"
                raise UsageError(f"the URL has {option}={own}, but {other_name} has {others}", "Give it in one place only")
            merged[name] = own or others
        return Tls(**merged)

    def with_defaults(self, file: "Tls") -> "Tls":
        """These settings, completed by those of an option file that do not contradict them."""
        if self.mode is SslMode.DISABLED:
            return self
        ca = self.ca or (file.ca if self.explicit_mode is None or self.explicit_mode.verifies else None)
        mode = self.explicit_mode or (file.explicit_mode if not self.ca or file.mode.verifies else None)
        cert, key = (self.cert, self.key) if self.cert or self.key else (file.cert, file.key)
        return Tls(explicit_mode=mode, ca=ca, cert=cert, key=key)


def ssl_mode(text: str) -> SslMode:
    """The mode of this name, in any case. UsageError lists the valid ones."""
    try:
        return SslMode(text.upper())
    except ValueError:
        raise UsageError(f"unknown ssl-mode {text!r}", f"Use one of {', '.join(SslMode)}") from None


def _unusable(what: str, error: OSError | ValueError) -> UsageError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return UsageError(f"{what} cannot be used: {reason}", "Name readable PEM files, and a private key without a passphrase")
