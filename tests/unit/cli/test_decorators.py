"""Commands that write to a host that is not this machine connect only if the user has allowed it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from parloader.cli.commands import cli
from parloader.config import BenchConfig, CleanConfig, SeedConfig, UpgradeConfig
from parloader.database import session
from parloader.database.target import Target
from parloader.errors import RemoteHost
from parloader.operations import bench, clean, schema, seed

REMOTE = "192.0.2.1"  # TEST-NET-1 (RFC 5737), not in use anywhere

URL = f"mysql://ann:s3cret@{REMOTE}:3307/shop"

WRITING = [("seed",), ("clean",), ("clean", "--yes"), ("clean", "--dry-run"), ("bench",), ("schema", "upgrade")]


class Connections:
    """Stands for the network: records each attempt to connect, and refuses it."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def connect(self, *, host: str, **_: object) -> None:
        self.tried.append(host)
        raise ConnectionRefusedError("no network in this test")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    connections = Connections()
    monkeypatch.setattr(session, "Connection", connections.connect)
    return connections


def parloader(*arguments: str, answer: str | None = None, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--url", URL], input=answer, env=environment)


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
@pytest.mark.parametrize("allowed", [(), ("--allow-remote", "192.0.2.2"), ("--allow-remote", "localhost")])
def test_refused_without_permission(connections: Connections, command: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    result = parloader(*command, *allowed, answer="y\n" * 5)
    assert (result.exit_code, result.stdout, connections.tried) == (3, "", [])
    (line,) = result.stderr.splitlines()
    assert line == (
        "error: 192.0.2.1 is not this machine, and this would write to the database shop at 192.0.2.1:3307 as ann. "
        "To allow it: --allow-remote 192.0.2.1"
    )


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_permission_by_option(connections: Connections, command: tuple[str, ...]) -> None:
    result = parloader(*command, "--allow-remote", "db.example", "--allow-remote", REMOTE)
    assert (result.exit_code, connections.tried) == (4, [REMOTE])


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_permission_by_environment(connections: Connections, command: tuple[str, ...]) -> None:
    assert parloader(*command, environment={"PARLOADER_ALLOW_REMOTE": f"db.example {REMOTE}"}).exit_code == 4
    assert connections.tried == [REMOTE]


@pytest.mark.parametrize("setting", [f'"{REMOTE}"', f'["db.example", "{REMOTE}"]'])
@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_permission_by_file(connections: Connections, command: tuple[str, ...], setting: str) -> None:
    Path("parloader.toml").write_text(f"allow_remote = {setting}\n", encoding="utf-8")
    assert parloader(*command).exit_code == 4
    assert connections.tried == [REMOTE]


@pytest.mark.parametrize(("answer", "exit_code", "tried"), [("y\n", 4, [REMOTE]), ("n\n", 3, []), ("\n", 3, []), ("", 3, [])])
@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_a_user_at_a_terminal_is_asked(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], answer: str, exit_code: int, tried: list[str]
) -> None:
    monkeypatch.setattr("parloader.cli.decorators.on_terminal", lambda: True)
    result = parloader(*command, answer=answer)
    assert (result.exit_code, connections.tried) == (exit_code, tried)
    assert "192.0.2.1 is not this machine. Write to the database shop at 192.0.2.1:3307 as ann?" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    "command", [("plan",), ("status",), ("verify",), ("schema", "check"), ("guard",), ("guard", "--forbid")], ids=" ".join
)
def test_commands_that_only_read_or_forbid_need_no_permission(connections: Connections, command: tuple[str, ...]) -> None:
    assert (parloader(*command).exit_code, connections.tried) == (4, [REMOTE])


def test_operations_called_from_python_are_refused_as_well(connections: Connections) -> None:
    target = Target(user="ann", database="shop", host=REMOTE)
    for refused in (
        lambda: seed.seed(SeedConfig(target=target)),
        lambda: clean.clean(CleanConfig(target=target)),
        lambda: clean.preview_clean(CleanConfig(target=target)),
        lambda: bench.bench(BenchConfig(target=target)),
        lambda: schema.upgrade_schema(UpgradeConfig(target=target)),
    ):
        with pytest.raises(RemoteHost):
            refused()
    assert connections.tried == []


@given(answer=st.sampled_from(["y\n", "yes\n"]))
def test_a_pipe_is_no_terminal(answer: str) -> None:
    result = parloader("seed", answer=answer)
    assert (result.exit_code, "?" in result.stderr) == (3, False)


@pytest.mark.parametrize(
    ("arguments", "terminal", "answer", "exit_code"),
    [
        (("--allow",), False, "y\n", 2),
        (("--allow",), True, "n\n", 130),
        (("--allow",), True, "y\n", 4),
        (("--allow", "--yes"), False, None, 4),
        (("--allow", "--forbid"), True, "y\n", 2),
    ],
)
def test_allowing_a_database_again_asks_first(
    connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    terminal: bool,
    answer: str | None,
    exit_code: int,
) -> None:
    monkeypatch.setattr("parloader.cli.decorators.on_terminal", lambda: terminal)
    result = parloader("guard", *arguments, answer=answer)
    assert (result.exit_code, len(connections.tried)) == (exit_code, exit_code == 4), result.stderr
    if exit_code == 2 and not terminal:
        assert "there is no terminal to ask on. To answer yes without being asked: parloader guard --allow --yes" in result.stderr
