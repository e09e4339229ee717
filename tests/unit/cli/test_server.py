"""What the commands of the private server print."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parloader.cli.commands import cli
from parloader.database.private_server.server import PrivateServer


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PrivateServer:
    """A private server that seems to run, with a TCP port."""
    server = PrivateServer(home=tmp_path)
    (tmp_path / "tcp").write_text("3307 s3cret\n")
    monkeypatch.setattr(PrivateServer, "default", lambda: server)
    monkeypatch.setattr(PrivateServer, "running", lambda _: True)
    monkeypatch.setattr(PrivateServer, "start", lambda *_: None)
    return server


@pytest.mark.parametrize("command", [("start", "--port", "0"), ("status",)])
def test_the_tcp_address_is_printed_without_the_password(listening: PrivateServer, command: tuple[str, ...]) -> None:
    printed = CliRunner().invoke(cli, ["server", *command]).stdout.splitlines()
    assert printed == [
        f"running; data in {listening.home}",
        listening.url,
        "mysql://parloader:***@127.0.0.1:3307/parloader (parloader server url prints it with the password)",
    ]
    document = json.loads(CliRunner().invoke(cli, ["server", *command, "--json"]).stdout)
    assert document["tcp_url"] == "mysql://parloader:***@127.0.0.1:3307/parloader"
