"""The delayed network of scripts/compare."""

import socket
import threading
import time

from compare_proxy import proxy


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
        with proxy(listening.getsockname()[1], 20) as port, socket.create_connection(("127.0.0.1", port)) as client:
            begun_seconds = time.monotonic()
            sending = threading.Thread(target=send, args=(client, sent))
            sending.start()
            received = b"".join(iter(lambda: client.recv(65536), b""))
            sending.join()
            assert time.monotonic() - begun_seconds >= 0.04
        thread.join()
    assert received == sent
