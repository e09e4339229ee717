"""Commands in this process, without a server and without a network: valid input ends because no server listens."""

import json
import socket
from contextlib import nullcontext
from typing import Any, Never
from unittest import mock

from click.testing import CliRunner, Result

from parloader.cli.commands import cli
from parloader.workers.processes import LocalExecutor

URL = "mysql://ann:s3cret@127.0.0.1:1/shop"


def getaddrinfo(host: str, *_: object, **__: object) -> Any:
    """As the system's getaddrinfo, if no name server answers."""
    if host in ("localhost", "127.0.0.1"):
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))]
    host.encode("idna")
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


def refuse(address: tuple[str, int], *_: object, **__: object) -> Never:
    getaddrinfo(address[0])
    raise ConnectionRefusedError


def parloader(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    """Runs the command, and checks how it ends."""
    with (
        mock.patch("socket.getaddrinfo", getaddrinfo),
        mock.patch("socket.create_connection", refuse),
        mock.patch.object(LocalExecutor, "ready", return_value=nullcontext()),  # starts no processes, since no load gets that far
    ):
        result = CliRunner().invoke(cli, arguments, env=environment, prog_name="parloader")
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (2, 3, 4), (result.exit_code, result.output)
    lines = result.stderr.split("\n")[:-1]
    assert len(lines) == 1
    assert lines[0].startswith("error: "), result.stderr
    if "--json" in arguments:
        assert json.loads(result.stdout)["error"]["code"] == result.exit_code
    else:
        assert result.stdout == ""
    return result
