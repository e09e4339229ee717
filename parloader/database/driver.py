"""The driver's connection, with the things that a bulk load needs and the driver has no way for.

`execute_pipelined` sends statements without waiting for the answer to the one before, so that a batch of many small statements costs one trip
to the server and not one each. `load_local` answers LOAD DATA LOCAL from memory. Whatever file a server asks for, at whatever moment:
nothing is ever opened, and nothing is sent but the bytes that were announced for this very statement.

Protocol: MySQL "Client/Server Protocol", COM_QUERY and LOCAL INFILE Request; MariaDB Knowledge Base "LOCAL_INFILE Packet".
"""

import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pymysql
import pymysql.connections
from pymysql.constants import COMMAND

from parloader.errors import ConnectError, ServerNotSupported

DriverError: TypeAlias = pymysql.Error
"""What the driver raises; database/error_codes.py says what it means."""
IntegrityError: TypeAlias = pymysql.IntegrityError

# The driver's own methods that this module builds on (_execute_command, _read_query_result, …) are not in its type stubs
DriverConnection: Any = pymysql.connections.Connection

DriverResult: Any = pymysql.connections.MySQLResult

# Answers are some 60 bytes each, but on a unix socket each takes near 1 kB of the kernel's buffer (208 kB by default), and a server that
# cannot write an answer reads no further: so many are left unread at most
MAX_UNREAD_ANSWERS = 64

# A server keeps a buffer of a packet's size per connection; between 16 kB and 1 MB the size makes no difference to the time
FILE_PACKET_BYTES = 64 * 1024

# A network that is gone for less is waited for
PROBE_SECONDS = 60

# by number where the system has them (Linux has all)
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
    """What the server says of a LOAD DATA."""

    records: int
    skipped: int
    warnings: int


class Connection(DriverConnection):  # type: ignore[misc]
    """A pymysql connection; what it inherits is in PyMySQL's documentation.

    `tls`: how it is encrypted where the server can, or must be where `tls_required`; None: not at all.
    """

    version_text = ""
    """What VERSION() returns, read when the session is configured (session.configure_session)."""
    _file_content: bytes | None = None

    def __init__(self, *, tls: ssl.SSLContext | None, tls_required: bool, **settings: Any) -> None:
        self._tls = tls
        super().__init__(ssl=tls if tls_required else None, ssl_disabled=tls is None, **settings)

    def _create_ssl_ctx(self, _: object) -> ssl.SSLContext | None:
        """In place of the driver's, which for "where the server can" makes one of its own."""
        return self._tls

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        """Refuses, where others could listen, the plugins that hand the password over as it is: any server may ask for one of them."""
        if plugin_name in CLEAR_TEXT_PLUGINS and not self._secure:
            raise ConnectError(
                f"{self.host}:{self.port} asked for the password in plain text over a connection without TLS; it was not sent",
                "Use --ssl-mode REQUIRED or a stricter one; if you did not expect this, do not trust what answers there",
            )
        return super()._process_auth(plugin_name, auth_packet, handler)

    def escape(self, value: object, mapping: Any = None) -> str:
        """In place of the driver's, which asks the status that the server sent last whether a backslash escapes: MySQL's of a query on
        information_schema is that of its own views, so what follows such a query would be escaped for another sql_mode than the session's.
        """
        if not isinstance(value, str):
            return str(super().escape(value, mapping))
        # the one means the same in every sql_mode, and so does the other
        return f"_utf8mb4 X'{value.encode().hex()}'" if "\\" in value else "'" + value.replace("'", "''") + "'"

    def set_read_timeout(self, answer_timeout_seconds: float) -> None:
        """Waits so long for each answer from now on, as long as the server's machine is there: where it does not answer the network's probes
        for PROBE_SECONDS, or does not take what is sent, the connection counts as lost (tcp(7), TCP_KEEPIDLE and TCP_USER_TIMEOUT)."""
        self._read_timeout = answer_timeout_seconds
        if not self.unix_socket:
            for option, value in PROBES.items():
                self._sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def execute_pipelined(self, statements: Sequence[bytes]) -> int:
        """Runs the statements in order; returns how many rows they changed. Where one fails the others may have run all the same: roll back.

        Raises the driver's error of the first one that failed, after the answers to all that were sent have been read.
        """
        changed, unread = 0, 0
        failure: pymysql.Error | None = None

        def read_answer() -> None:
            nonlocal changed, unread, failure
            unread -= 1
            self._next_seq_id = 1
            try:
                changed += self._read_query_result()
            except pymysql.Error as error:
                failure = failure or error
                if not self.open:
                    raise failure from None

        for statement in statements:
            if failure:
                break
            self._execute_command(COMMAND.COM_QUERY, statement)
            unread += 1
            if unread == MAX_UNREAD_ANSWERS:
                read_answer()
        while unread:
            read_answer()
        if failure:
            raise failure
        return changed

    def load_local(self, statement: bytes, content: bytes) -> LoadDataResult:
        """Runs a LOAD DATA LOCAL INFILE statement with `content` as the file, whatever name the server asks for. The driver's errors."""
        self._file_content = content
        try:
            self.query(statement)
        finally:
            self._file_content = None
        result: Any = self._result
        # "Records: 2  Deleted: 0  Skipped: 0  Warnings: 0", in the language of lc_messages: the numbers are always
        # these, and last (the byte before the text, its length, may look like a digit)
        records, _, skipped, warnings = map(int, re.findall(rb"\d+", result.message)[-4:])
        return LoadDataResult(records=records, skipped=skipped, warnings=max(warnings, result.warning_count))

    def _read_query_result(self, unbuffered: bool = False) -> int:
        result = _Result(self)
        self._result = None
        if unbuffered:
            result.init_unbuffered_query()
        else:
            result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows)

    def send_file(self, asked_for: bytes) -> None:
        """Answers the server's request for a file: with the announced bytes, once. ServerNotSupported where none are announced."""
        content, self._file_content = self._file_content, None
        if content is None:
            self._force_close()
            raise ServerNotSupported(
                f"the server asked for the file {asked_for.decode(errors='replace')!r} of this machine, which no statement of ours mentions; nothing was sent",
                "Do not trust this server, or what stands between",
            )
        for start in range(0, len(content), FILE_PACKET_BYTES):
            self.write_packet(content[start : start + FILE_PACKET_BYTES])
        self.write_packet(b"")


class _Result(DriverResult):  # type: ignore[misc]
    def _read_load_local_packet(self, first_packet: Any) -> None:
        """In place of the driver's, which opens the file that the server names."""
        connection: Connection = self.connection
        connection.send_file(first_packet.get_all_data()[1:])
        answer = connection._read_packet()
        if answer.is_load_local_packet():  # once more: nothing is announced now, so this refuses
            connection.send_file(answer.get_all_data()[1:])
        self._read_ok_packet(answer)
