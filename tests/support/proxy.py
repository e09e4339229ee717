"""A TCP proxy on 127.0.0.1 that parses the packets between client and server, and injects faults at chosen points of the protocol.

It removes TLS from the server's greeting, so that both sides use plain text. If no fault is armed, it forwards everything.
Protocol: MySQL "Client/Server Protocol", Protocol Basics (packets), Connection Phase (greeting), COM_QUERY.
"""

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, cast

from pymysql.constants import CLIENT, COMMAND

DELAY_SECONDS = 0.3

# The INSERT of a batch is longer than any other statement that parloader sends
SHORTEST_INSERT_BYTES = 4096

# Time limit for the answer to a COMMIT, which the proxy then withholds
ANSWER_SECONDS = 60.0


class Moment(StrEnum):
    CONNECT = "at connect"
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
    moment: Moment
    act: Act

    def __str__(self) -> str:
        return f"{self.act} {self.moment}"


class Proxy(socketserver.ThreadingTCPServer):
    """The proxy of one server. `done`: the faults injected so far."""

    daemon_threads = True

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.server = server
        self.done: list[Harm] = []
        self._armed: list[Harm] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

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

    def due(self, moment: Moment) -> Act | None:
        """The fault to inject at this point, which then counts as injected; None if none is armed."""
        with self._lock:
            for harm in self._armed:
                if harm.moment is moment:
                    self._armed.remove(harm)
                    self.done.append(harm)
                    return harm.act
        return None

    def wait_for_release(self) -> None:
        self._released.wait()


@contextmanager
def proxy(server: tuple[str, int]) -> Iterator[Proxy]:
    """A proxy to this host and port, until the end of the block."""
    with Proxy(server) as standing:
        thread = threading.Thread(target=standing.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield standing
        finally:
            standing.disarm()
            standing.shutdown()
            thread.join()


class _Between(socketserver.StreamRequestHandler):
    """One connection. This thread forwards what the client sends, another one what the server answers."""

    server: Proxy
    connection: socket.socket
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._muted = threading.Event()
        self._answered = threading.Event()
        self._withheld = bytearray()
        with contextlib.suppress(OSError), socket.create_connection(self.server.server) as self._upstream:
            if not self._goes_on_after(self.server.due(Moment.CONNECT)):
                return
            self._upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._hand_back, daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._hand_on()
            with contextlib.suppress(OSError):
                self._upstream.shutdown(socket.SHUT_RDWR)
            back.join()

    def _hand_on(self) -> None:
        loading = False
        for number, payload in packets(cast(BinaryIO, self.rfile)):
            query = payload[1:] if number == 0 and payload[:1] == bytes([COMMAND.COM_QUERY]) else b""
            loading = query.startswith(b"LOAD DATA") or (loading and not query)
            whole = packet(number, payload)
            if query == b"COMMIT":
                goes_on = self._commit(whole)
            elif query.startswith(b"INSERT") and len(query) > SHORTEST_INSERT_BYTES:
                goes_on = self._in_two(whole, Moment.INSERT)
            elif loading and number and payload:
                goes_on = self._in_two(whole, Moment.FILE)
            else:
                self._upstream.sendall(whole)
                goes_on = True
            if not goes_on:
                return

    def _in_two(self, whole: bytes, moment: Moment) -> bool:
        act = self.server.due(moment)
        middle = len(whole) // 2
        self._upstream.sendall(whole[:middle])
        if not self._goes_on_after(act):
            return False
        self._upstream.sendall(whole[middle:])
        return True

    def _commit(self, whole: bytes) -> bool:
        if not self._goes_on_after(self.server.due(Moment.BEFORE_COMMIT)):
            return False
        act = self.server.due(Moment.AFTER_COMMIT)
        if act is None:
            self._upstream.sendall(whole)
            return True
        self._answered.clear()
        self._muted.set()
        self._upstream.sendall(whole)
        self._answered.wait(ANSWER_SECONDS)
        if not self._goes_on_after(act):
            return False
        self._muted.clear()
        self.connection.sendall(self._withheld)
        self._withheld.clear()
        return True

    def _goes_on_after(self, act: Act | None) -> bool:
        """Injects the fault. False if it ends this connection."""
        if act is Act.CUT:
            for side in (self.connection, self._upstream):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset instead of an orderly close
            self._muted.set()
            return False
        if act is Act.HALF_CLOSE:
            self._muted.set()
            self.connection.shutdown(socket.SHUT_WR)
            while self.rfile.read1():
                pass
            return False
        if act is Act.STALL:
            self.server.wait_for_release()
        if act is Act.DELAY:
            time.sleep(DELAY_SECONDS)
        return True

    def _hand_back(self) -> None:
        with contextlib.suppress(OSError), self._upstream.makefile("rb") as answers:
            for place, (number, payload) in enumerate(packets(answers)):
                if self._muted.is_set():
                    self._withheld += packet(number, payload)
                    self._answered.set()
                else:
                    self.connection.sendall(packet(number, payload if place else without_tls(payload)))
        self._answered.set()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def packets(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and payload of each packet, to the end of the stream."""
    while len(header := stream.read(4)) == 4:
        yield header[3], stream.read(int.from_bytes(header[:3], "little"))


def packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def without_tls(greeting: bytes) -> bytes:
    """The server's first packet without the TLS capability. Protocol, version, thread id and half of the scramble precede the capabilities."""
    if greeting[:1] == b"\xff":  # an error instead of a greeting: too many connections
        return greeting
    at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
    (capabilities,) = struct.unpack_from("<H", greeting, at)
    return greeting[:at] + struct.pack("<H", capabilities & ~CLIENT.SSL) + greeting[at + 2 :]
