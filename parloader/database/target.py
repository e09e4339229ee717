"""The database to connect to, and the URL that names it."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

import pymysql

from parloader.database import connect_errors, error_codes
from parloader.database.compression import FAR_SECONDS, Compress, compress_mode
from parloader.database.tls import Tls, ssl_mode
from parloader.errors import ParloaderError, UsageError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


DEFAULT_PORT = 3306


@dataclass(frozen=True)
class Node:
    """One of several addresses of a database: a node of a cluster."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to connect and as whom. It is sent to worker processes; its text never shows the password."""

    user: str
    database: str
    password: str = field(default="", repr=False)
    host: str = "localhost"
    port: int = DEFAULT_PORT
    unix_socket: str | None = None  # takes precedence over host and port
    others: tuple[Node, ...] = ()  # more nodes of the same cluster, in the order in which they are tried
    tls: Tls = field(default_factory=Tls)
    compress: Compress = Compress.AUTO
    round_trip_seconds: float = 0.0  # as the command's first connection measured it, for the connections of its workers

    @property
    def compresses(self) -> bool:
        """Whether connections are compressed, if the server offers it."""
        if self.compress is Compress.AUTO:
            return self.unix_socket is None and self.round_trip_seconds > FAR_SECONDS
        return self.compress is Compress.ON

    @property
    def where(self) -> str:
        return self.unix_socket or ",".join(map(str, self.nodes))

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Where to connect, in the order in which the nodes are tried."""
        return (Node(self.host, self.port), *self.others)

    def at(self, node: Node) -> "Target":
        """The same database on this node alone."""
        return replace(self, host=node.host, port=node.port, others=())

    def preferring(self, node: Node) -> "Target":
        """The same nodes, tried in the same cyclic order from this one on."""
        return self.starting_with(self.nodes.index(node))

    def starting_with(self, number: int) -> "Target":
        """The same nodes, tried in the same cyclic order from another one on: number `number`, modulo the number of nodes."""
        start = number % len(self.nodes)
        first, *others = (*self.nodes[start:], *self.nodes[:start])
        return replace(self, host=first.host, port=first.port, others=tuple(others))

    def __str__(self) -> str:
        return f"{self.database} at {self.where} as {self.user}"

    def is_local(self) -> bool:
        """Whether the server is on this machine: reached by a Unix socket, or by hosts all of whose addresses belong to this machine.

        ConnectError if a host has no address. A local address may still lead elsewhere (a tunnel, a forwarded port); this cannot tell.
        """
        if self.unix_socket:
            return True
        return all(is_this_machine(node.host, node.port) for node in self.nodes)

    def is_loopback(self) -> bool:
        """Whether it means another server on another machine: a Unix socket, or hosts all of whose addresses are loopback ones."""
        return bool(self.unix_socket) or all(address.is_loopback for node in self.nodes for address in _addresses(node))

    @contextmanager
    def translate_errors(self, doing: str) -> Iterator[None]:
        """Turns driver errors raised in the block into parloader errors that say what was being done."""
        try:
            yield
        except pymysql.Error as error:
            raise self.translate(error, doing) from error

    def translate(self, error: pymysql.Error, doing: str) -> ParloaderError:
        """The parloader error for a driver error that ended `doing`."""
        return error_codes.translate(error, doing, database=self.database)


class Protocol(StrEnum):
    """How to reach a server on this machine."""

    TCP = "tcp"
    SOCKET = "socket"


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What an option file provides for the parts that a URL leaves out; None if the file does not either. Its text never shows the password."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    unix_socket: str | None = None
    database: str | None = None
    protocol: Protocol | None = None  # None: the socket, if there is one, unless a host is named
    tls: Tls = field(default_factory=Tls)
    compress: Compress | None = None


# Not urllib's urlsplit: it ends the host at a / in the password, and the rest of the password would be shown in messages
URL_PARTS = re.compile(
    r"""
    (?P<scheme>[\w+]+)://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?P<nodes>(?:\[[^/?\]]*\]|[^/?\[\]])*)
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE | re.DOTALL,
)

NODE_PARTS = re.compile(r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<host>[^:]+))?(?::(?P<port>.*))?", re.DOTALL)

URL_PARAMETERS = ("unix_socket", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "compress")


def parse_url(url: str, defaults: Defaults = Defaults(), tls: Tls = Tls(), compress: Compress | None = None) -> Target:  # noqa: B008  both are frozen
    """The target that a URL names: mysql:// or mariadb://, with or without a driver, with the parameters unix_socket, ssl-… and compress.

    The URL may name several nodes of a cluster, with commas between them; each can have its own port.
    `defaults` fill in what the URL leaves out; `tls` and `compress` are the options given beside it. UsageError if it is not valid, without the
    password.
    """
    parts = _url_parts(url)
    parameters = _parameters(parse_qsl(parts["query"] or "", errors="surrogateescape"))
    password = parts["password"]
    database = unquote(parts["database"] or "") or defaults.database
    user = unquote(parts["user"] or "") or defaults.user
    if not database:
        raise connect_errors.bad_url("the URL names no database")
    if not user:
        raise connect_errors.bad_url("the URL names no user")
    unix_socket, ((host, port), *others) = parameters.get("unix_socket"), _nodes(parts["nodes"])
    if unix_socket and others:
        raise connect_errors.bad_url("the URL names a unix_socket and several hosts")
    if not (unix_socket or host):
        host, unix_socket = _default_place(defaults)
    default_port = defaults.port or DEFAULT_PORT
    first = Node(host or "localhost", port or default_port)
    given = _tls(parameters).merge(tls, "--ssl-…")
    return Target(
        user=user,
        password=(defaults.password or "") if password is None else unquote(password),
        host=first.host,
        port=first.port,
        others=tuple(dict.fromkeys(node for name, port in others if (node := Node(name or "", port or default_port)) != first)),
        database=database,
        unix_socket=unix_socket,
        tls=(given if unix_socket else given.with_defaults(defaults.tls)).validated(),  # the option file's TLS is not meant for a socket
        compress=_compress(parameters.get("compress"), compress) or (None if unix_socket else defaults.compress) or Compress.AUTO,
    )


def _default_place(defaults: Defaults) -> tuple[str | None, str | None]:
    """The host and the Unix socket of an option file, as its protocol says. UsageError: it asks for a socket that cannot be used."""
    on_this_machine = defaults.host in (None, "localhost")
    if defaults.protocol is Protocol.SOCKET and not (on_this_machine and defaults.unix_socket):
        what = "but no `socket`" if on_this_machine else f"but the host {defaults.host}"
        raise UsageError(f"the option file has protocol=socket, {what}", "Correct ~/.my.cnf, or name the host or the socket in the URL")
    use_socket = on_this_machine and defaults.protocol is not Protocol.TCP
    return defaults.host, defaults.unix_socket if use_socket else None


def _url_parts(url: str) -> re.Match[str]:
    if url.count("@") > 1:
        raise connect_errors.bad_url("the URL has an @ that is not written as %40")
    try:
        url.encode()  # a command line may contain bytes that are not text
        parts = URL_PARTS.fullmatch(url)
    except ValueError:
        parts = None
    if parts is None:
        raise connect_errors.bad_url("the URL is not valid") from None  # the cause quotes parts of it, perhaps the password
    _nodes(parts["nodes"])
    scheme = parts["scheme"].split("+")[0]
    if scheme not in ("mysql", "mariadb"):
        raise connect_errors.bad_url(f"the URL is for {scheme}, not for mysql or mariadb")
    return parts


def _nodes(text: str) -> list[tuple[str | None, int | None]]:
    """Host and port of each node of a URL; None for what it leaves out. Only a single node may lack its host."""
    nodes = []
    for part in text.split(","):
        node = NODE_PARTS.fullmatch(part)
        if node is None:
            raise connect_errors.bad_url("the URL is not valid")
        nodes.append((node["ipv6"] or node["host"], _port(node["port"])))
    if len(nodes) > 1 and not all(host and host == host.strip() for host, _ in nodes):
        raise connect_errors.bad_url("a host between the commas of the URL is empty or has a blank")
    return nodes


def _port(text: str | None) -> int | None:
    """The port of a node; None if it names none."""
    if not text:
        return None
    try:
        port = int(text)
    except ValueError:
        raise connect_errors.bad_url("the URL is not valid") from None  # the text may be the end of a password
    if not 0 < port < 65536:
        raise connect_errors.bad_url("the port in the URL is not between 1 and 65535")
    return port


def _parameters(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of a URL, by their name in URL_PARAMETERS; - and _ are the same. charset is accepted and ignored."""
    parameters: dict[str, str] = {}
    for given, value in query:
        name = next((known for known in (*URL_PARAMETERS, "charset") if known.replace("-", "_") == given.lower().replace("-", "_")), None)
        if name is None:
            raise connect_errors.bad_url(f"the URL has an unknown parameter, {given}; use {', '.join(URL_PARAMETERS)}")
        if name in parameters:
            raise connect_errors.bad_url(f"the URL has {name} twice")
        parameters[name] = value
    return parameters


def _tls(parameters: dict[str, str]) -> Tls:
    return Tls(
        explicit_mode=ssl_mode(parameters["ssl-mode"]) if "ssl-mode" in parameters else None,
        ca=parameters.get("ssl-ca"),
        cert=parameters.get("ssl-cert"),
        key=parameters.get("ssl-key"),
    )


def _compress(in_url: str | None, option: Compress | None) -> Compress | None:
    """The given value. UsageError: it is not valid, or the URL and the option differ."""
    given = compress_mode(in_url) if in_url is not None else None
    if given and option and given is not option:
        raise UsageError(f"the URL has compress={given}, but --compress is {option}", "Give it in one place only")
    return given or option


def is_this_machine(host: str, port: int = DEFAULT_PORT) -> bool:
    """Whether all addresses of the host belong to this machine. ConnectError if it has none."""
    own = _own_addresses()
    return all(_is_own(address, own) for address in _addresses(Node(host, port)))


def _addresses(node: Node) -> list[Address]:
    try:
        resolved = socket.getaddrinfo(node.host, node.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a host name (a label is empty or too long)
        raise connect_errors.unknown_host(str(node), error) from error
    return [ipaddress.ip_address(address[0]) for *_, address in resolved]


def _own_addresses() -> frozenset[Address]:
    """The addresses of this machine's network interfaces."""
    import psutil  # slow to import, and not needed for a Unix socket

    families = (socket.AF_INET, socket.AF_INET6)
    return frozenset(
        ipaddress.ip_address(address.address)
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in families
    )


def _is_own(address: Address, own: frozenset[Address]) -> bool:
    """Whether it is loopback, unspecified (which connects to this machine) or an interface's. An IPv4-mapped IPv6 address counts as IPv4."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified or address in own
