"""Simulates network latency: a TCP proxy on 127.0.0.1 that delays data by some milliseconds each way.

It adds latency but does not limit bandwidth. Prints its port, and ends when its stdin is closed. It runs as a separate program, so that
it does not compete with the measured process for the interpreter lock: python compare_proxy.py PORT DELAY_MS
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK_BYTES = 64 * 2**10

# How much data can be in transit: 16 MiB each way, more than parloader ever sends ahead (one or two batches of 600 KB)
CHUNKS_UNDER_WAY = 256


@contextmanager
def proxy(port: int, delay_ms: float) -> Iterator[int]:
    """Starts a proxy to this port; yields its own port."""
    command = [sys.executable, __file__, str(port), str(delay_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        assert process.stdout
        yield int(process.stdout.readline())
        process.stdin.close()


async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_seconds: float) -> None:
    """Forwards all data, delayed, until the end of the stream."""
    clock = asyncio.get_running_loop().time
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_UNDER_WAY)

    async def arrive() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - clock())
            if not data:
                return
            writer.write(data)
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            await under_way.put((clock() + delay_seconds, data))
    await under_way.put((clock() + delay_seconds, b""))
    with contextlib.suppress(OSError):
        await arriving
        writer.write_eof()  # the other direction may still have data


async def serve(port: int, delay_seconds: float) -> None:
    async def connected(client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            hand_on(client_reader, server_writer, delay_seconds),
            hand_on(server_reader, client_writer, delay_seconds),
        )
        for writer in (client_writer, server_writer):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
