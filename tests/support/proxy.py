"""A TCP proxy on 127.0.0.1 that parses the packets between client and server, and injects faults at chosen bytes of the protocol.

It removes TLS from the server's greeting, so that both sides use plain text, compressed or not. If no fault is armed, it forwards everything.
Protocol: MySQL "Client/Server Protocol", Protocol Basics (packets), Connection Phase (greeting, connection attributes), COM_QUERY, Compression.
"""

import contextlib
import re
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, TypeVar, cast

from pymysql.constants import CLIENT, COMMAND

DELAY_SECONDS = 0.3

# The INSERT of a batch has a quoted table, and is longer than those of a sample
INSERT = b"INSERT INTO `"

SHORTEST_INSERT_BYTES = 1024

HEAD_BYTES = 4
"""Length and number of a packet."""

COMPRESSED_HEAD_BYTES = HEAD_BYTES + 3
"""The same of a compressed packet, and the length before compression."""

OK = b"\0"
"""The first byte of the answer to a login or a statement that succeeded."""

COMMIT_BYTES = HEAD_BYTES + 1 + len("COMMIT")

OK_BYTES = HEAD_BYTES + 7
"""The answer to COMMIT: two counts of one byte, the status, the number of warnings."""

# PyMySQL sends the process id of the client among its connection attributes, in text after its length
PROCESS_ID = re.compile(rb"_pid.(\d+)", re.DOTALL)


class Moment(StrEnum):
    CONNECT = "at connect"
    COMMAND = "in a command"
    REPLY = "in an answer"
    INSERT = "in the middle of an INSERT"
    FILE = "in the middle of LOAD DATA's file"
    BEFORE_COMMIT = "before COMMIT is sent on"
    AFTER_COMMIT = "after COMMIT, before its answer"


class Act(StrEnum):
    CUT = "cut"  # both sides are reset
    HALF_CLOSE = "half-close"  # the client reads end of file and may keep sending; nothing it sends is forwarded
    STALL = "stall"  # no data in either direction until released
    DELAY = "delay"


@dataclass(frozen=True)
class Harm:
    """`byte`: how many bytes of the packet are forwarded first; None: half of an INSERT or a file packet, nothing of any other."""

    moment: Moment
    act: Act
    byte: int | None = None

    def __str__(self) -> str:
        return f"{self.act} {self.moment}" + ("" if self.byte is None else f", byte {self.byte}")


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault that was injected, and the process that had the connection (0: it had not yet logged in)."""

    harm: Harm
    process_id: int
    logins: int  # how many connections this process had opened by then


class Proxy(socketserver.ThreadingTCPServer):
    """The proxy of one server. `strikes`: the faults injected so far; `logins`: connections opened so far, by process id."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.server = server
        self.strikes: list[Strike] = []
        self.logins: Counter[int] = Counter()
        self.live: dict[int, int] = {}
        """The open connections: the server's connection id → process id."""
        self._armed: list[Harm] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def done(self) -> list[Harm]:
        return [strike.harm for strike in self.strikes]

    def arm(self, harm: Harm, times: int = 1) -> None:
        """Injects the fault the next `times` times that its point is reached, on any connection."""
        self._released.clear()
        with self._lock:
            self._armed += [harm] * times

    def disarm(self) -> None:
        """Injects no more faults, and releases stalled connections."""
        with self._lock:
            self._armed.clear()
        self._released.set()

    def due(self, moments: tuple[Moment, ...], process_id: int) -> Harm | None:
        """The fault to inject into a packet to which these moments apply, which then counts as injected; None if none is armed."""
        if not self._armed:
            return None
        with self._lock:
            for harm in self._armed:
                if harm.moment in moments:
                    self._armed.remove(harm)
                    self.strikes.append(Strike(harm=harm, process_id=process_id, logins=self.logins[process_id]))
                    return harm
        return None

    def logged_in(self, connection_id: int, process_id: int) -> None:
        with self._lock:
            self.logins[process_id] += 1
            self.live[connection_id] = process_id

    def closed(self, connection_id: int) -> None:
        with self._lock:
            self.live.pop(connection_id, None)

    def answered(self, statement: bytes, answer: bytes, process_id: int) -> None:
        """Called with the first packet of the answer to each statement (its first bytes), before it is sent on."""

    def wait_for_release(self) -> None:
        self._released.wait()

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Replaces the library's method, which closes in an orderly way first, so that a reset would never be seen."""
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Replaces the library's method, which prints the traceback of a client that is gone."""


AnyProxy = TypeVar("AnyProxy", bound=Proxy)


@contextmanager
def running(standing: AnyProxy) -> Iterator[AnyProxy]:
    """Runs the proxy until the end of the block."""
    with standing:
        thread = threading.Thread(target=standing.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield standing
        finally:
            standing.disarm()
            standing.shutdown()
            thread.join()


@contextmanager
def proxy(server: tuple[str, int]) -> Iterator[Proxy]:
    """A proxy to this host and port, until the end of the block."""
    with running(Proxy(server)) as standing:
        yield standing


class _Between(socketserver.StreamRequestHandler):
    """One connection. This thread forwards what the client sends, another one what the server answers."""

    server: Proxy
    connection: socket.socket
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._process_id = 0
        self._connection_id = 0
        self._unanswered: deque[bytes] = (
            deque()
        )  # the statements that were sent on, several if they are pipelined; other commands are empty
        self._statement = b""  # the one that is being answered
        self._closing = False  # nothing more is forwarded
        self._half_closed = False
        self._asked_for_compression = False
        self._compressed = False
        with contextlib.suppress(OSError), socket.create_connection(self.server.server) as self._upstream:
            self._upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._forward_answers, daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._forward_commands()
            with contextlib.suppress(OSError):
                while self._half_closed and self.rfile.read1():
                    pass
            self._end(self._upstream)
            back.join()
        self.server.closed(self._connection_id)

    def _forward_commands(self) -> None:
        loading = False
        for place, (number, payload, whole) in enumerate(self._packets(cast(BinaryIO, self.rfile))):
            if place == 0:
                self._asked_for_compression = bool(int.from_bytes(payload[:4], "little") & CLIENT.COMPRESS)
            query = payload[1:] if number == 0 and payload[:1] == bytes([COMMAND.COM_QUERY]) else b""
            loading = query.startswith(b"LOAD DATA") or (loading and not query)
            if not self._process_id and (attribute := PROCESS_ID.search(payload)):
                self._process_id = int(attribute[1])
                self.server.logged_in(self._connection_id, self._process_id)
            if number == 0:
                self._unanswered.append(query[:64])
            if not self._forward(self._upstream, whole, _moments(query, loading and number > 0 and bool(payload))):
                return

    def _forward_answers(self) -> None:
        moments: tuple[Moment, ...]
        with contextlib.suppress(OSError), self._upstream.makefile("rb") as answers:
            for place, (number, payload, whole) in enumerate(self._packets(answers)):
                if number == 1 and self._unanswered:
                    self._statement = self._unanswered.popleft()
                if place == 0:
                    self._connection_id = connection_id(payload)
                    whole, moments = packet(number, without_tls(payload)), (Moment.CONNECT,)
                elif self._statement == b"COMMIT":
                    moments = (Moment.AFTER_COMMIT,)
                else:
                    moments = (Moment.REPLY,) if self._statement else ()
                if number == 1 and self._statement:
                    self.server.answered(self._statement, payload, self._process_id)
                if payload[:1] == OK and self._asked_for_compression:  # the login was accepted; noted before the client knows it
                    self._compressed = True
                if not self._forward(self.connection, whole, moments):
                    break
        if not self._half_closed:
            self._end(self.connection)

    def _packets(self, stream: BinaryIO) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, payload and all bytes of each packet, to the end of the stream; of a compressed one, the payload of the first packet inside."""
        while len(header := stream.read(HEAD_BYTES)) == HEAD_BYTES:
            compressed = self._compressed
            if compressed:
                header += stream.read(COMPRESSED_HEAD_BYTES - HEAD_BYTES)
            content = stream.read(int.from_bytes(header[:3], "little"))
            payload = content
            if compressed:
                inside = zlib.decompress(content) if any(header[HEAD_BYTES:]) else content
                payload = inside[HEAD_BYTES:][: int.from_bytes(inside[:3], "little")]
            yield header[3], payload, header + content

    def _forward(self, to: socket.socket, whole: bytes, moments: tuple[Moment, ...]) -> bool:
        """Sends a packet on, and injects the fault that is due. False if this connection is to end."""
        if self._closing:
            return False
        harm = self.server.due(moments, self._process_id) if moments else None
        if harm is None:
            to.sendall(whole)
            return True
        if harm.act in (Act.CUT, Act.HALF_CLOSE):  # noted before anything is sent: the other thread must not forward the answer to it
            self._half_closed = harm.act is Act.HALF_CLOSE
            self._closing = True
        before = harm.byte if harm.byte is not None else len(whole) // 2 if harm.moment in (Moment.INSERT, Moment.FILE) else 0
        to.sendall(whole[:before])
        self._inject(harm.act)
        if not self._closing:
            to.sendall(whole[before:])
        return not self._closing

    def _inject(self, act: Act) -> None:
        if act is Act.CUT:
            for side in (self.connection, self._upstream):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset instead of an orderly close
                side.shutdown(socket.SHUT_RD)  # ends the other thread's read; sends nothing
        if act is Act.HALF_CLOSE:
            self.connection.shutdown(socket.SHUT_WR)
            self._upstream.shutdown(socket.SHUT_WR)
        if act is Act.STALL:
            self.server.wait_for_release()
        if act is Act.DELAY:
            time.sleep(DELAY_SECONDS)

    def _end(self, side: socket.socket) -> None:
        """Ends the other thread's read. A connection that is cut is reset when it is closed, without an orderly end before."""
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RD if self._closing else socket.SHUT_RDWR)


def _moments(query: bytes, in_file: bool) -> tuple[Moment, ...]:
    """The moments that apply to a packet of the client; none before it has logged in, and when it takes its leave."""
    if query == b"COMMIT":
        return (Moment.BEFORE_COMMIT,)
    if query.startswith(INSERT) and len(query) > SHORTEST_INSERT_BYTES:
        return (Moment.INSERT, Moment.COMMAND)
    if in_file:
        return (Moment.FILE,)
    return (Moment.COMMAND,) if query else ()


def packets(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and payload of each packet, to the end of the stream."""
    while len(header := stream.read(HEAD_BYTES)) == HEAD_BYTES:
        yield header[3], stream.read(int.from_bytes(header[:3], "little"))


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def connection_id(greeting: bytes) -> int:
    """The connection's id in the server's first packet, after protocol and version. 0: an error instead of a greeting."""
    if greeting[:1] == b"\xff":
        return 0
    return int(struct.unpack_from("<I", greeting, greeting.index(b"\0", 1) + 1)[0])


def without_tls(greeting: bytes) -> bytes:
    """The server's first packet without the TLS capability. Protocol, version, thread id and half of the scramble precede the capabilities."""
    if greeting[:1] == b"\xff":  # an error instead of a greeting: too many connections
        return greeting
    at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
    (capabilities,) = struct.unpack_from("<H", greeting, at)
    return greeting[:at] + struct.pack("<H", capabilities & ~CLIENT.SSL) + greeting[at + 2 :]
