"""Simulates a network: a TCP proxy on 127.0.0.1 that delays data by some milliseconds each way, and can limit the bandwidth.

Each direction has the bandwidth, which all connections share, as those of one machine do. It prints its port, and for each line on stdin how
many bytes it has carried; it ends when its stdin is closed. It runs as a separate program, so that it does not compete with the measured
process for the interpreter lock: python compare_proxy.py PORT DELAY_MS [MBIT_PER_SECOND]
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

CHUNK_BYTES = 16 * 2**10

# How much data of a connection can be in transit: 4 MiB each way, more than parloader ever sends ahead (one or two batches)
CHUNKS_UNDER_WAY = 256

BITS_PER_MBIT = 1_000_000


@dataclass(frozen=True)
class Traffic:
    """How many bytes were carried: from the clients, and to them."""

    sent: int
    received: int

    def __sub__(self, before: "Traffic") -> "Traffic":
        return Traffic(self.sent - before.sent, self.received - before.received)


@dataclass(frozen=True)
class Network:
    """A running proxy."""

    port: int
    _requests: IO[bytes]
    _answers: IO[bytes]

    def traffic(self) -> Traffic:
        """Since it was started."""
        self._requests.write(b"\n")
        self._requests.flush()
        return Traffic(*map(int, self._answers.readline().split()))


@contextmanager
def proxy(port: int, delay_ms: float, mbit_per_second: float | None = None) -> Iterator[Network]:
    """Starts a proxy to this port."""
    command = [sys.executable, __file__, str(port), str(delay_ms), *([] if mbit_per_second is None else [str(mbit_per_second)])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        assert process.stdout
        yield Network(int(process.stdout.readline()), process.stdin, process.stdout)
        process.stdin.close()


@dataclass
class _Direction:
    """What carries the data of all connections one way."""

    delay_seconds: float
    bytes_per_second: float | None
    carried_bytes: int = 0
    free_at: float = 0.0
    """when the last data has left"""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def arrival(self, size: int) -> float:
        """When data of this size arrives that is sent now."""
        self.carried_bytes += size
        self.free_at = max(self.free_at, self.loop.time()) + (size / self.bytes_per_second if self.bytes_per_second else 0.0)
        return self.free_at + self.delay_seconds

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forwards all data until the end of the stream."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_UNDER_WAY)

        async def arrive() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - self.loop.time())
                if not data:
                    return
                writer.write(data)
                await writer.drain()

        arriving = asyncio.create_task(arrive())
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                await under_way.put((self.arrival(len(data)), data))
        await under_way.put((self.arrival(0), b""))
        with contextlib.suppress(OSError):
            await arriving
            writer.write_eof()  # the other direction may still have data


async def serve(port: int, delay_seconds: float, bytes_per_second: float | None) -> None:
    there, back = _Direction(delay_seconds, bytes_per_second), _Direction(delay_seconds, bytes_per_second)

    async def connected(client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(asyncio.CancelledError):  # the program ends; asyncio would print a traceback
            await asyncio.gather(there.carry(client_reader, server_writer), back.carry(server_reader, client_writer))
        for writer in (client_writer, server_writer):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        print(there.carried_bytes, back.carried_bytes, flush=True)


if __name__ == "__main__":
    megabits = float(sys.argv[3]) if len(sys.argv) > 3 else None
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000, megabits and megabits * BITS_PER_MBIT / 8))
