"""A server, or an attacker in its place, that asks for the password in plain text."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from parloader.database.session import connect
from parloader.database.target import Target
from parloader.errors import ConnectError

SECRET = b"s3cret"

SECURE_CONNECTION, PLUGIN_AUTH, PROTOCOL_41 = 0x8000, 0x80000, 0x200

GREETING = (
    b"\x0a9.0.0\0"
    + struct.pack("<I", 1)
    + b"saltsalt\0"
    + struct.pack("<HBHH", (PROTOCOL_41 | SECURE_CONNECTION) & 0xFFFF, 45, 2, PLUGIN_AUTH >> 16)
    + b"\x15"
    + bytes(10)
    + b"saltsaltsalt\0mysql_native_password\0"
)


class Asking:
    """What the fake server sends after the login, and everything that the client has sent."""

    plugin: bytes
    heard: bytes = b""


class _Login(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._send(0, GREETING)
        Asking.heard += self._read()
        self._send(2, b"\xfe" + Asking.plugin + b"\0" + (b"\x04Password: " if Asking.plugin == b"dialog" else b""))
        Asking.heard += self._read()

    def _send(self, number: int, packet: bytes) -> None:
        self.wfile.write(struct.pack("<I", len(packet))[:3] + bytes([number]) + packet)

    def _read(self) -> bytes:
        header = self.rfile.read(4)
        return self.rfile.read(int.from_bytes(header[:3], "little"))


@pytest.fixture(params=["tcp", "socket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    kind, address = (
        (socketserver.TCPServer, ("127.0.0.1", 0)) if request.param == "tcp" else (socketserver.UnixStreamServer, str(tmp_path / "s"))
    )
    Asking.heard = b""
    with kind(address, _Login) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address_arguments = {"host": "127.0.0.1", "port": server.server_address[1]} if request.param == "tcp" else {"unix_socket": address}
        yield Target(user="ann", database="shop", password=SECRET.decode(), **address_arguments)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog"])
def test_it_gets_none_over_a_network_without_tls(target: Target, plugin: bytes) -> None:
    Asking.plugin = plugin
    with pytest.raises(ConnectError) as caught:
        connect(target)
    if target.unix_socket:
        assert SECRET in Asking.heard
    else:
        assert SECRET not in Asking.heard
        assert "asked for the password in plain text" in str(caught.value)
