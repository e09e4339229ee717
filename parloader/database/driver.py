"""PyMySQL's connection, extended by what a bulk load needs: pipelined statements, and LOAD DATA LOCAL from memory.

`execute_pipelined` sends statements without waiting for each answer, so that a batch of many small statements costs one round trip instead
of one each. `load_local` answers LOAD DATA LOCAL from memory. The connection ignores the file name that a server asks for: it never opens
a file, and sends only the content given for the current statement. Compression (compression.py) begins after the login.

Protocol: MySQL "Client/Server Protocol", COM_QUERY and LOCAL INFILE Request; MariaDB Knowledge Base "LOCAL_INFILE Packet".
"""

import math
import re
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import pymysql
import pymysql.connections
from pymysql.charset import charset_by_name
from pymysql.constants import CLIENT, COMMAND, SERVER_STATUS

from parloader.database.compression import COM_QUERY, FILE_PACKET_BYTES, MAX_PLAIN_PACKET_BYTES, CompressedSocket, Packed, Traffic
from parloader.database.dialects import Dialect
from parloader.database.target import Node
from parloader.errors import ConnectError, ServerNotSupported

DriverError: TypeAlias = pymysql.Error
"""Base class of what the driver raises; error_codes.py gives each error its meaning."""
IntegrityError: TypeAlias = pymysql.IntegrityError

# Any: the type stubs lack the private methods that this module builds on (_execute_command, _read_query_result, …)
DriverConnection: Any = pymysql.connections.Connection

DriverResult: Any = pymysql.connections.MySQLResult

DriverPacket: Any = pymysql.connections.MysqlPacket  # type: ignore[attr-defined]

# On a Unix socket an answer takes about 1 kB of the kernel's buffer (208 kB by default), and a server that cannot write one stops reading
MAX_UNREAD_ANSWERS = 64

# A connection survives a network outage shorter than this
PROBE_SECONDS = 60

# Socket options by number, as far as the system has them (Linux has all)
PROBES = {
    getattr(socket, name): value
    for name, value in {
        "TCP_KEEPIDLE": PROBE_SECONDS // 4,
        "TCP_KEEPINTVL": PROBE_SECONDS // 4,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": PROBE_SECONDS * 1000,
    }.items()
    if hasattr(socket, name)
}

# MySQL manual "Client-Side Cleartext Pluggable Authentication"; MariaDB "Authentication Plugin - PAM"
CLEAR_TEXT_PLUGINS = (b"mysql_clear_password", b"dialog")


@dataclass(frozen=True, kw_only=True)
class LoadDataResult:
    """The counts that the server reports for a LOAD DATA."""

    records: int  # lines read
    skipped: int  # not inserted: duplicate keys
    warnings: int


@dataclass
class Leading:
    """A statement that is sent ahead of others, in one round trip with them; and what became of it."""

    statement: bytes
    changed: int | None = None  # rows; None: it failed, or was not run
    error: pymysql.Error | None = None


class Connection(DriverConnection):  # type: ignore[misc]
    """A PyMySQL connection, whose inherited methods PyMySQL documents.

    `tls` is the TLS context, used if the server supports TLS (or else refused, if `tls_required`); None: no TLS. `compress`: the connection is
    compressed if the server offers it (or else refused, if `compression_required`).
    """

    version_text: str
    """What VERSION() returns; set by session.configure_session."""
    dialect: Dialect
    """What is particular to this server; set by session.configure_session."""
    account: str = ""
    """What CURRENT_USER() returns; set by session.configure_session."""
    in_cluster: bool = False
    """Whether the server is a node of a Galera cluster; set by session.configure_session."""
    node: Node
    """Which of the target's nodes this is; set by session.connect."""
    _file_content: bytes | None = None
    """Content for the file that the server asks for during the current statement."""

    round_trip_seconds: float = math.inf
    """The shortest time between a statement and its answer so far."""
    round_trips: int = 0
    """How often statements have waited for the server so far."""
    group_concat_bytes: int | None = None
    """What server_text.prepare_session has set; None: nothing."""
    _sock: Any
    _rfile: Any
    _result: Any
    _current_timeout: float | None
    _compressed: CompressedSocket | None = None
    """What PyMySQL takes for the socket; None: the connection is not compressed."""

    def __init__(
        self, *, tls: ssl.SSLContext | None, tls_required: bool, compress: bool = False, compression_required: bool = False, **settings: Any
    ) -> None:
        self._tls = tls
        self._compress = compress
        self._compression_required = compression_required
        super().__init__(ssl=tls if tls_required else None, ssl_disabled=tls is None, **settings)

    def _create_ssl_ctx(self, _: object) -> ssl.SSLContext | None:
        """Replaces the driver's method, which creates its own context if TLS is optional."""
        return self._tls

    @property
    def compressed(self) -> bool:
        return self._compressed is not None

    @property
    def traffic(self) -> Traffic | None:
        """What the compressed connection has carried; None: it is not compressed, and nothing is counted."""
        return self._compressed.traffic if self._compressed is not None else None

    @property
    def offers_compression(self) -> bool:
        """Whether the server does."""
        return bool(self.server_capabilities & CLIENT.COMPRESS)

    def _request_authentication(self) -> None:
        """Extends the driver's method: asks for compression, which begins when the server has accepted the login."""
        if self._compression_required and not self.offers_compression:
            raise ServerNotSupported(
                f"{self.unix_socket or Node(self.host, self.port)} does not offer compression, but --compress is on",
                "Use --compress auto, or add zlib to protocol_compression_algorithms at the server",
            )
        if self._compress and self.offers_compression:
            self.client_flag |= CLIENT.COMPRESS
        super()._request_authentication()
        if self.client_flag & CLIENT.COMPRESS:
            self._compressed = self._sock = self._rfile = CompressedSocket(self._sock, self._rfile)
            # not an override: other connections would pay for the call with each row that they read
            self._read_packet = self._read_packet_inside

    def _read_packet_inside(self, packet_type: Any = DriverPacket) -> Any:
        """Replaces the driver's method, which refuses the numbers that packets have inside compressed ones: no other client reads them."""
        assert self._compressed is not None
        if self._current_timeout != self._read_timeout:
            self._compressed.settimeout(self._read_timeout)
            self._current_timeout = self._read_timeout
        parts: list[bytes] = []
        while not parts or len(parts[-1]) == pymysql.connections.MAX_PACKET_LEN:
            header = self._read_bytes(4)
            parts.append(self._read_bytes(int.from_bytes(header[:3], "little")))
        packet = packet_type(b"".join(parts), self.encoding)
        if packet.is_error_packet():
            packet.raise_for_error()
        return packet

    def query(self, sql: str | bytes, unbuffered: bool = False) -> int:
        """Extends the driver's method: notes the shortest round trip."""
        begun = time.perf_counter()
        changed = int(super().query(sql, unbuffered))
        self.round_trips += 1
        self.round_trip_seconds = min(self.round_trip_seconds, time.perf_counter() - begun)
        return changed

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        """Refuses plugins that send the password in plain text, unless over TLS or a Unix socket: any server may ask for one of them."""
        if plugin_name in CLEAR_TEXT_PLUGINS and not self._secure:
            raise ConnectError(
                f"{Node(self.host, self.port)} asked for the password in plain text over a connection without TLS; it was not sent",
                "Use --ssl-mode REQUIRED or a stricter mode; if you did not expect this, do not trust that server",
            )
        return super()._process_auth(plugin_name, auth_packet, handler)

    def set_character_set(self, charset: str, collation: str | None = None) -> None:
        """Replaces the driver's method, which takes any answer to its statement for success, even the request for a file."""
        self.query(f"SET NAMES {charset}")
        self.charset, self.encoding = charset, charset_by_name(charset).encoding

    def escape(self, value: object, mapping: Any = None) -> str:
        """Replaces the driver's method, which trusts the server's last status flags on whether a backslash escapes. After a query on
        information_schema, MySQL reports the sql_mode of its own views, so later values would be escaped for the wrong sql_mode.
        """
        if not isinstance(value, str):
            return str(super().escape(value, mapping))
        # both notations mean the same in every sql_mode
        return f"_utf8mb4 X'{value.encode().hex()}'" if "\\" in value else "'" + value.replace("'", "''") + "'"

    def set_read_timeout(self, answer_timeout_seconds: float) -> None:
        """Sets how long to wait for each answer; for PROBE_SECONDS if the server's machine answers no TCP probe (tcp(7), TCP_USER_TIMEOUT)."""
        self._read_timeout = answer_timeout_seconds
        if not self.unix_socket:
            for option, value in PROBES.items():
                self._sock.setsockopt(socket.IPPROTO_TCP, option, value)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was open when the server sent its last answer."""
        return bool(self.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)

    def execute_pipelined(self, statements: Sequence[bytes], leading: Leading | None = None) -> int:
        """Runs the statements in order, after the leading one; returns how many rows they changed in all, without those of the leading one.

        Raises the driver's error of the first failed statement, after reading the answers to all that were sent. Later statements may have
        run: roll back.
        """
        changed, unread = 0, 0
        self.round_trips += 1
        failure: pymysql.Error | None = None
        unsettled, answered = leading, iter(statements)

        def read_answer() -> None:
            nonlocal changed, unread, failure, unsettled
            unread -= 1
            try:
                if unsettled:
                    self._settle(unsettled)
                else:
                    changed += self._read_answer(next(answered))
            except pymysql.Error as error:
                failure = failure or error
                if not self.open:
                    raise failure from None
            finally:
                unsettled = None

        for statement in (leading.statement, *statements) if leading else statements:
            if failure:
                break
            self._send_statement(statement)
            unread += 1
            if unread == MAX_UNREAD_ANSWERS:
                read_answer()
        while unread:
            read_answer()
        if failure:
            raise failure
        return changed

    def _send_statement(self, statement: bytes) -> None:
        """Sends a statement, as it is or as it was compressed ahead."""
        if self._compressed is not None and isinstance(statement, Packed) and self.open:
            self._result = None
            self._write_bytes(statement)
        else:
            self._execute_command(COMMAND.COM_QUERY, statement)

    def _read_answer(self, statement: bytes) -> int:
        """Reads the answer to one of several statements that were sent; returns how many rows it changed. It continues the numbers of their packets."""
        self._next_seq_id = (len(COM_QUERY) + len(statement)) // MAX_PLAIN_PACKET_BYTES + 1
        return self._read_query_result()

    def _settle(self, leading: Leading) -> None:
        """Reads the answer to the leading statement."""
        try:
            leading.changed = self._read_answer(leading.statement)
        except pymysql.Error as error:
            leading.error = error
            raise

    def load_local(self, statement: bytes, content: bytes, leading: Leading | None = None) -> LoadDataResult:
        """Runs a LOAD DATA LOCAL INFILE statement with `content` as the file, whatever file name it has, after the leading statement.

        Raises the driver's errors. If the leading statement fails, its error, and the file is empty.
        """
        self.round_trips += 2  # the server answers with a request for the file
        for text in (leading.statement, statement) if leading else (statement,):
            self._send_statement(text)
        self._file_content = content
        try:
            if leading:
                self._settle(leading)
            self._read_answer(statement)
        except pymysql.Error as error:
            if leading and error is leading.error and self.open:
                self._file_content = b""
                with suppress(pymysql.Error):
                    self._read_answer(statement)
            raise
        finally:
            self._file_content = None
        result: Any = self._result
        # "Records: 2  Deleted: 0  Skipped: 0  Warnings: 0", in the language of lc_messages, but always these four numbers in this order;
        # the last four, because the length byte before the text may look like a digit
        records, _, skipped, warnings = map(int, re.findall(rb"\d+", result.message)[-4:])
        return LoadDataResult(records=records, skipped=skipped, warnings=max(warnings, result.warning_count))

    def _read_query_result(self, unbuffered: bool = False) -> int:
        result = _Result(self)
        self._result = None
        try:
            if unbuffered:
                result.init_unbuffered_query()
            else:
                result.read()
        except pymysql.Error as error:
            error.account = self.account  # type: ignore[attr-defined]  # for a message that ends in a GRANT
            raise
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows)

    def send_file(self, asked_for: bytes) -> None:
        """Answers the server's request for a file with the content given to load_local, once. ServerNotSupported if there is none."""
        content, self._file_content = self._file_content, None
        if content is None:
            self._force_close()
            raise ServerNotSupported(
                f"the server asked for the file {asked_for.decode(errors='replace')!r} of this machine, which no statement mentioned; nothing was sent",
                "Do not trust this server, or a proxy in front of it",
            )
        if self._compressed is not None:
            self._write_bytes(content if isinstance(content, Packed) else Packed.file(content))
            return
        for start in range(0, len(content), FILE_PACKET_BYTES):
            self.write_packet(content[start : start + FILE_PACKET_BYTES])
        self.write_packet(b"")


class _Result(DriverResult):  # type: ignore[misc]
    """The driver's result reader, which sends the file of LOAD DATA LOCAL from memory, and notes the server's status."""

    def _check_packet_is_eof(self, packet: Any) -> bool:
        """Extends the driver's method, which ignores the server's status at the end of a result."""
        if not super()._check_packet_is_eof(packet):
            return False
        self.server_status = int.from_bytes(packet.get_all_data()[3:5], "little")  # after the header and the number of warnings
        return True

    def _read_load_local_packet(self, first_packet: Any) -> None:
        """Replaces the driver's method, which opens the file that the server names."""
        connection: Connection = self.connection
        connection.send_file(first_packet.get_all_data()[1:])
        answer = connection._read_packet()
        if answer.is_load_local_packet():  # a second request: no content is left, so this refuses
            connection.send_file(answer.get_all_data()[1:])
        self._read_ok_packet(answer)
