"""The simulated network of scripts/compare and scripts/slow-links."""

import asyncio
import socket
import threading
import time

from compare_proxy import Traffic, _Direction, proxy


def send(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def test_the_proxy_hands_on_everything_late() -> None:
    sent = bytes(range(256)) * 4096
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def echo() -> None:
            with listening.accept()[0] as peer:
                while data := peer.recv(65536):
                    peer.sendall(data)

        thread = threading.Thread(target=echo)
        thread.start()
        with proxy(listening.getsockname()[1], 20, 800) as network, socket.create_connection(("127.0.0.1", network.port)) as client:
            begun_seconds = time.monotonic()
            sending = threading.Thread(target=send, args=(client, sent))
            sending.start()
            received = b"".join(iter(lambda: client.recv(65536), b""))
            sending.join()
            assert time.monotonic() - begun_seconds >= 0.04
            assert network.traffic() == Traffic(len(sent), len(sent))
        thread.join()
    assert received == sent


def test_all_connections_share_the_bandwidth() -> None:
    async def last_arrival() -> float:
        direction = _Direction(delay_seconds=0.025, bytes_per_second=1000.0)
        begun = direction.loop.time()
        return [direction.arrival(500) for _ in range(8)][-1] - begun

    assert asyncio.run(last_arrival()) >= 4.0 + 0.025


def test_without_a_limit_there_is_only_the_delay() -> None:
    async def arrival() -> float:
        direction = _Direction(delay_seconds=0.025, bytes_per_second=None)
        return direction.arrival(10**9) - direction.loop.time()

    assert asyncio.run(arrival()) <= 0.025
