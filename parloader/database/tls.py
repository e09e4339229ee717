"""TLS as MySQL users know it: --ssl-mode, --ssl-ca, --ssl-cert, --ssl-key, with the meaning that the mysql client gives them.

Source: MySQL manual "Command Options for Encrypted Connections".
"""

import ssl
from dataclasses import dataclass, fields
from enum import StrEnum

from parloader.errors import UsageError


class SslMode(StrEnum):
    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"  # encrypted where the server can, verifying nothing
    REQUIRED = "REQUIRED"  # encrypted or not at all, verifying nothing
    VERIFY_CA = "VERIFY_CA"  # and the certificate is from one of the authorities
    VERIFY_IDENTITY = "VERIFY_IDENTITY"  # and it is for this host

    @property
    def verifies(self) -> bool:
        return self in (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY)


@dataclass(frozen=True, kw_only=True)
class Tls:
    """What is said of TLS; None: nothing. `ca`, `cert` and `key` are names of PEM files."""

    explicit_mode: SslMode | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def mode(self) -> SslMode:
        """The mode in force: the said one; where none is, a CA is there to be used."""
        return self.explicit_mode or (SslMode.VERIFY_CA if self.ca else SslMode.PREFERRED)

    @property
    def required(self) -> bool:
        """Whether a connection without TLS is refused."""
        return self.mode not in (SslMode.DISABLED, SslMode.PREFERRED)

    def context(self) -> ssl.SSLContext | None:
        """For a connection; None: it does without TLS. UsageError where a file cannot be used."""
        if self.mode is SslMode.DISABLED:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.mode is SslMode.VERIFY_IDENTITY
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # the CA that MySQL makes for itself does not pass it
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
                context.load_cert_chain(self.cert, self.key, password="")  # without one OpenSSL would ask on the terminal
            except (OSError, ValueError) as error:
                raise _unusable(f"ssl-cert {self.cert} with ssl-key {self.key or self.cert}", error) from error
        return context

    def validated(self) -> "Tls":
        """Itself. UsageError where it contradicts itself or names a file that cannot be used."""
        if self.ca and not self.mode.verifies:
            raise UsageError(
                f"ssl-mode {self.mode} verifies no certificate, but ssl-ca {self.ca} is given",
                "Leave ssl-mode out, which then is VERIFY_CA, or leave ssl-ca out",
            )
        if (self.cert or self.key) and self.mode is SslMode.DISABLED:
            raise UsageError("ssl-mode DISABLED, but ssl-cert or ssl-key is given", "Leave the one or the other out")
        if self.key and not self.cert:
            raise UsageError("ssl-key is given without ssl-cert", "Give both, or none")
        self.context()
        return self

    def merge(self, other: "Tls", of: str) -> "Tls":
        """What both say. UsageError where they differ: which of them is meant nobody knows, and one may be the weaker."""
        said = {}
        for name in (field.name for field in fields(self)):
            one, two = getattr(self, name), getattr(other, name)
            if one and two and one != two:
                option = "ssl-mode" if name == "explicit_mode" else f"ssl-{name}"
                raise UsageError(f"the URL has {option}={one}, and {of} says {two}", "Say it once")
            said[name] = one or two
        return Tls(**said)

    def with_defaults(self, file: "Tls") -> "Tls":
        """This, filled up with what an option file says and this does not contradict."""
        if self.mode is SslMode.DISABLED:
            return self
        ca = self.ca or (file.ca if self.explicit_mode is None or self.explicit_mode.verifies else None)
        mode = self.explicit_mode or (file.explicit_mode if not self.ca or file.mode.verifies else None)
        cert, key = (self.cert, self.key) if self.cert or self.key else (file.cert, file.key)
        return Tls(explicit_mode=mode, ca=ca, cert=cert, key=key)


def ssl_mode(text: str) -> SslMode:
    """UsageError names the valid ones."""
    try:
        return SslMode(text.upper())
    except ValueError:
        raise UsageError(f"{text!r} is no ssl-mode", f"Valid: {', '.join(SslMode)}") from None


def _unusable(what: str, error: OSError | ValueError) -> UsageError:
    why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return UsageError(f"{what} cannot be used: {why}", "Name readable PEM files; a key must be without a passphrase")
