"""This machine: whether a target's server is on it, as far as its address says."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import pymysql

from parloader.database import error_codes
from parloader.database.tls import Tls, ssl_mode
from parloader.errors import ParloaderError


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to connect and as whom. Crosses the process boundary; its text never shows the password."""

    user: str
    database: str
    password: str = field(default="", repr=False)
    host: str = "localhost"
    port: int = 3306
    unix_socket: str | None = None
    tls: Tls = field(default_factory=Tls)

    @property
    def where(self) -> str:
        return self.unix_socket or f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.database} at {self.where} as {self.user}"

    def translate_errors(self, doing: str) -> Any:
        """A context: driver errors leave it as errors of ours."""
        return error_codes.translate_errors(doing, self.user, self.database)

    def translate(self, error: pymysql.Error, doing: str) -> ParloaderError:
        return error_codes.translate(error, doing, self.user, self.database)


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a URL may leave unsaid; None: nothing is known of it. Its text never shows the password."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    unix_socket: str | None = None
    database: str | None = None
    tls: Tls = field(default_factory=Tls)


# Not urllib's urlsplit: it takes a / in a password for the end of the host, and what follows would be shown
URL_PARTS = re.compile(
    r"""
    (?P<scheme>[\w+]+)://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?
    (?::(?P<port>[^/?]*))?
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE | re.DOTALL,
)

URL_PARAMETERS = ("unix_socket", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key")


def parse_url(url: str, defaults: Defaults = Defaults(), tls: Tls = Tls()) -> Target:  # noqa: B008  both are frozen
    """The target that a URL names: mysql:// or mariadb://, with or without a driver, with the parameters unix_socket and ssl-….

    `defaults` fill in what it leaves unsaid; `tls` is what was said beside it. UsageError says what is wrong, and never shows the password.
    """
    if url.count("@") > 1:
        raise error_codes.bad_url("the URL has an @ that is not written as %40")
    try:
        url.encode()  # a command line may hold bytes that are no text
        parts = URL_PARTS.fullmatch(url)
        given_port = int(parts["port"]) if parts and parts["port"] else None
    except ValueError:
        parts = None
    if parts is None:
        raise error_codes.bad_url("the URL is not one") from None  # the cause quotes parts of it: perhaps the password
    if given_port is not None and not 0 < given_port < 65536:
        raise error_codes.bad_url("the URL has a port that is none; valid are 1 to 65535")
    scheme = parts["scheme"].split("+")[0]
    if scheme not in ("mysql", "mariadb"):
        raise error_codes.bad_url(f"the URL is for {scheme}, not for mysql or mariadb")
    parameters = _parameters(parse_qsl(parts["query"] or ""))
    given_user, given_password, given_database = (
        None if parts[name] is None else unquote(parts[name]) for name in ("user", "password", "database")
    )
    database, user = given_database or defaults.database, given_user or defaults.user
    if not database:
        raise error_codes.bad_url("the URL names no database")
    if not user:
        raise error_codes.bad_url("the URL names no user")
    socket, host = parameters.get("unix_socket"), parts["ipv6"] or parts["host"]
    if not (socket or host):
        host = defaults.host
        socket = defaults.unix_socket if host in (None, "localhost") else None
    said = Tls(
        explicit_mode=ssl_mode(parameters["ssl-mode"]) if "ssl-mode" in parameters else None,
        ca=parameters.get("ssl-ca"),
        cert=parameters.get("ssl-cert"),
        key=parameters.get("ssl-key"),
    ).merge(tls, "--ssl-…")
    return Target(
        user=user,
        password=(defaults.password or "") if given_password is None else given_password,
        host=host or "localhost",
        port=given_port or defaults.port or 3306,
        database=database,
        unix_socket=socket,
        tls=(said if socket else said.with_defaults(defaults.tls)).validated(),  # a file's general wish is not meant for a socket
    )


def _parameters(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those of a URL, by their name in URL_PARAMETERS; - and _ are the same."""
    found: dict[str, str] = {}
    for given, value in query:
        name = next((known for known in (*URL_PARAMETERS, "charset") if known.replace("-", "_") == given.lower().replace("-", "_")), None)
        if name is None:
            raise error_codes.bad_url(f"the URL has the parameter {given}; valid are {', '.join(URL_PARAMETERS)}")
        if name in found:
            raise error_codes.bad_url(f"the URL has {name} twice")
        found[name] = value
    return found


Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_local(target: Target) -> bool:
    """Whether the target is reached by a unix socket, or all addresses that its host has are of this machine.

    ConnectError where the host has none: nobody could connect to it. An address of this machine may still lead elsewhere (a tunnel,
    a forwarded port): that cannot be seen from here.
    """
    if target.unix_socket:
        return True
    own = _own_addresses()
    return all(_is_own(address, own) for address in _addresses(target))


def _addresses(target: Target) -> list[Address]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a host name at all (a label that is empty or too long)
        raise error_codes.unknown_host(target.where) from error
    return [ipaddress.ip_address(address[0]) for *_, address in found]


def _own_addresses() -> frozenset[Address]:
    import psutil  # takes long to import, and targets with a unix socket never get here

    families = (socket.AF_INET, socket.AF_INET6)
    return frozenset(
        ipaddress.ip_address(address.address) for found in psutil.net_if_addrs().values() for address in found if address.family in families
    )


def _is_own(address: Address, own: frozenset[Address]) -> bool:
    """Loopback, the unspecified address (which connects to this machine), or an interface's; an IPv4 address in IPv6 clothes is the IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified or address in own
