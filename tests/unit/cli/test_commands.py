import json
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from support.operations import Operation

from parloader import errors
from parloader.cli.commands import cli
from parloader.cli.settings_file import INFERENCE, SETTINGS
from parloader.config import SeedConfig
from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Target
from parloader.errors import ParloaderError
from parloader.process_limits import usable_cores
from parloader.workers.batching import AUTO, AutoBatch, Batch, FixedBatch
from parloader.workers.throttle import Limits

SECRET = "s3cret"

URL = f"mysql://ann:{SECRET}@db.example/shop"


def parloader(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=answer)


def with_url(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """The commands that connect to a database."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from with_url(command, *path, name)
        elif any(parameter.name == "url" for parameter in command.params):
            yield (*path, name, *NEEDED.get(name, ()))


# Options without which a command does nothing
NEEDED = {"export": ("--to", "files")}

WITH_URL = list(with_url(cli))


def words(command: tuple[str, ...]) -> str:
    return " ".join(command)


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def default() -> PrivateServer:
        raise AssertionError("a private server was asked for")

    monkeypatch.setattr(PrivateServer, "default", default)


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Operation:
    operation = Operation()
    monkeypatch.setattr("parloader.operations.plan.plan", operation)
    return operation


# Usage
@pytest.mark.parametrize("command", ["seed", "plan"])
@pytest.mark.parametrize(("option", "value"), [("--procs", "0"), ("--batch", "0"), ("--rows", "-1"), ("--procs", "two"), ("--rows", "1.5")])
def test_a_bad_option_is_a_usage_error(command: str, option: str, value: str) -> None:
    result = parloader(command, "--url", URL, option, value)
    assert result.exit_code == 2
    assert option in result.stderr


@pytest.mark.parametrize("arguments", [("seed", "--retry-seconds", "-1"), ("server", "start", "--port", "70000"), ("nonsense",), ("--no",)])
def test_other_bad_arguments_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert parloader(*arguments).exit_code == 2


@pytest.mark.parametrize("command", [("seed",), ("clean", "--yes")])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--max-rate", "0"], "--max-rate"),
        (["--max-load", "Threads_running"], "'Threads_running' is not VARIABLE=NUMBER, for example Threads_running=50"),
        (["--max-load", "a=1,"], "'' is not VARIABLE=NUMBER"),
        (["--max-load", "a=-1"], "'a=-1' is not"),
        (["--max-load", "a'b=1"], "is not VARIABLE=NUMBER"),
        (["--max-lag", "-1"], "--max-lag"),
        (["--replica-url", URL], "--replica-url without --max-lag"),
        (["--max-lag", "1", "--replica-url", f"ann:{SECRET}@db/shop"], "the URL is not valid"),
    ],
)
def test_limits_that_are_not_valid_are_usage_errors(command: tuple[str, ...], options: list[str], message: str) -> None:
    result = parloader(*command, "--url", URL, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert SECRET not in result.output


@pytest.mark.parametrize("value", ["200", "auto", "0ms", "1s", ""])
def test_a_chunk_time_is_a_time(value: str) -> None:
    result = parloader("clean", "--url", URL, "--yes", "--chunk-time", value)
    assert result.exit_code == 2
    assert f"{value!r} is not valid: a time such as 200ms" in result.stderr


@pytest.mark.parametrize("command", WITH_URL, ids=words)
@pytest.mark.parametrize("url", [f"postgresql://ann:{SECRET}@db/shop", f"mysql://ann:{SECRET}@db", f"ann:{SECRET}@db/shop"])
def test_a_bad_url_is_a_usage_error(command: tuple[str, ...], url: str) -> None:
    result = parloader(*command, "--url", url)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: the URL ")
    assert "mysql://USER:PASSWORD@HOST" in result.stderr
    assert SECRET not in result.output


@pytest.mark.parametrize("command", ["seed", "clean"])
def test_an_empty_url_is_not_the_private_server(command: str) -> None:
    """--url "$NOT_SET" must not load, or clean, another database than the one that was meant."""
    result = parloader(command, "--url", "")
    assert result.exit_code == 2
    assert "the URL is not valid" in result.stderr


@pytest.mark.parametrize("url", [f"mysql://ann:{SECRET}@db:port/shop", f"mysql://ann:pass@word:{SECRET}@db/shop", f"ann:{SECRET}@db/shop"])
def test_a_traceback_shows_no_password(url: str) -> None:
    result = parloader("plan", "--url", url, "-v")
    assert "Traceback" in result.stderr
    assert SECRET not in result.output


@pytest.mark.parametrize("command", ["seed", "plan"])
def test_a_parameter_without_a_value_is_a_usage_error(command: str) -> None:
    result = parloader(command, "--url", URL, "--set", "start")
    assert result.exit_code == 2
    assert "'start' is not NAME=VALUE" in result.stderr
    assert "start=2020-01-01" in result.stderr


# Where settings come from
def test_defaults(plan: Operation) -> None:
    parloader("plan", "--url", URL)
    config = plan.config
    assert isinstance(config, SeedConfig)
    assert (config.rows, config.batch.text, config.procs, config.parameters) == (None, "10000", usable_cores(), {})
    assert str(config.target) == "shop at db.example:3306 as ann"


@pytest.mark.parametrize(
    ("rows", "batch", "workers"),
    [
        (1000, FixedBatch(10_000), 0),
        (20_000, FixedBatch(20_000), 1),
        (1001, FixedBatch(1000), 2),
        (2500, AUTO, 3),
        (0, AUTO, 0),
        (None, AUTO, 4),
    ],
)
def test_workers_that_start_before_the_plan_is_known(rows: int | None, batch: Batch, workers: int) -> None:
    assert SeedConfig(target=Target(user="ann", database="shop"), rows=rows, procs=4, batch=batch).most_workers == workers


def test_options(plan: Operation) -> None:
    sizes = ["--rows", "0", "--batch", "7", "--procs", "3"]
    parloader("plan", "--url", URL, *sizes, "--set", "start=2020-01-01", "--set", " span = 5d ")
    config = plan.config
    assert (config.rows, config.batch.text, config.procs) == (0, "7", 3)
    assert config.parameters == {"start": "2020-01-01", "span": "5d"}


@pytest.mark.parametrize(
    ("arguments", "environment", "file", "rows"),
    [
        (["--rows", "1"], "2", "rows = 3", 1),
        ([], "2", "rows = 3", 2),
        ([], None, "rows = 3", 3),
        ([], None, "batch = 3", None),
    ],
)
def test_flags_override_the_environment_and_the_environment_overrides_the_file(
    plan: Operation, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: str | None, file: str, rows: int | None
) -> None:
    Path("parloader.toml").write_text(file)
    if environment is not None:
        monkeypatch.setenv("PARLOADER_ROWS", environment)
    parloader("plan", "--url", URL, *arguments)
    assert plan.config.rows == rows


def test_everything_from_the_environment(plan: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": URL, "ROWS": "11", "BATCH": "12", "PROCS": "13"}.items():
        monkeypatch.setenv(f"PARLOADER_{name}", value)
    parloader("plan")
    assert (plan.config.target.database, plan.config.rows, plan.config.batch.text, plan.config.procs) == ("shop", 11, "12", 13)


def test_everything_from_the_file(plan: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = Operation()
    monkeypatch.setattr("parloader.operations.seed.seed", seed)
    Path("parloader.toml").write_text(f'url = "{URL}"\nrows = 11\nbatch = 12\nprocs = 13\nretry_seconds = 1.5\n')
    parloader("plan")
    parloader("seed")
    for config in (plan.config, seed.config):
        assert (config.target.database, config.rows, config.batch.text, config.procs) == ("shop", 11, "12", 13)
    assert seed.config.retry_seconds == 1.5


@pytest.mark.parametrize("load", ['"a=1,b=2.5"', '["a=1", "b=2.5"]'])
def test_limits_from_the_file(monkeypatch: pytest.MonkeyPatch, load: str) -> None:
    seed, clean = Operation(), Operation()
    monkeypatch.setattr("parloader.operations.seed.seed", seed)
    monkeypatch.setattr("parloader.operations.clean.clean", clean)
    monkeypatch.setattr("parloader.cli.texts.report.clean", str)
    Path("parloader.toml").write_text(f'max_rate = 100\nmax_lag = 5\nmax_load = {load}\nreplica_url = "{URL}"\nchunk_time = "50ms"\n')
    parloader("seed", "--url", URL)
    parloader("clean", "--url", URL, "--yes")
    for config in (seed.config, clean.config):
        assert (config.limits.max_rows_per_second, config.limits.max_lag_seconds) == (100, 5)
        assert config.limits.max_load == {"a": 1, "b": 2.5}
        assert [str(replica) for replica in config.limits.replicas] == ["shop at db.example:3306 as ann"]
    assert clean.config.chunk == AutoBatch(0.05)


def test_limits_from_options_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seed = Operation()
    monkeypatch.setattr("parloader.operations.seed.seed", seed)
    for name, value in {"MAX_RATE": "7", "MAX_LOAD": "a=1,b=2", "MAX_LAG": "0.5", "REPLICA_URL": f"{URL} {URL}2"}.items():
        monkeypatch.setenv(f"PARLOADER_{name}", value)
    parloader("seed", "--url", URL, "--max-load", "c=3", "--max-load", "d=4,e=5")
    limits = seed.config.limits
    assert (limits.max_rows_per_second, limits.max_lag_seconds, limits.max_load) == (7, 0.5, {"c": 3, "d": 4, "e": 5})
    assert [replica.database for replica in limits.replicas] == ["shop", "shop2"]


def test_without_limits_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    seed = Operation()
    monkeypatch.setattr("parloader.operations.seed.seed", seed)
    parloader("seed", "--url", URL)
    assert seed.config.limits == Limits()


def test_plan_parameters_from_the_file(plan: Operation) -> None:
    Path("parloader.toml").write_text('[set]\nstart = 2020-01-01\nspan = "5d"\nscheduled_share = 0.25\n')
    parloader("plan", "--url", URL)
    assert plan.config.parameters == {"start": "2020-01-01", "span": "5d", "scheduled_share": "0.25"}


@pytest.mark.parametrize("command", WITH_URL, ids=words)
def test_every_command_uses_the_url_of_the_file(command: tuple[str, ...]) -> None:
    Path("parloader.toml").write_text('url = "postgresql://db/shop"')
    result = parloader(*command)
    assert result.exit_code == 2
    assert "the URL is for postgresql" in result.stderr


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("row = 5", ["parloader.toml", "'row'", f"Valid: {', '.join(sorted((*SETTINGS, INFERENCE)))}"]),
        ("rows = \nprocs = 2", ["parloader.toml", "cannot be read", "line 1"]),
        (
            "procs = 2\nrow = 5\n[seed]\nx = 1",
            ["parloader.toml, line 2: unknown setting 'row'. Did you mean rows?", "parloader.toml, line 3: seed has a value of"],
        ),
        ("url = true\nprocs = [1]", ["parloader.toml, line 1: url has", "parloader.toml, line 2: procs has"]),
        ("rows = " + "[" * 5000, ["parloader.toml cannot be read: brackets are nested too deeply"]),
        ("max_load = [[1]]", ["parloader.toml, line 1: max_load has a value of a wrong type"]),
        ('set = "start=2020-01-01"', ["parloader.toml", "[set]"]),
        ("procs = 0", ["procs", "0"]),
        ('rows = "many"', ["rows", "many"]),
    ],
)
def test_a_file_that_is_not_valid_is_a_usage_error(content: str, messages: list[str]) -> None:
    Path("parloader.toml").write_text(content)
    result = parloader("plan", "--url", URL)
    assert result.exit_code == 2
    assert all(message in result.stderr for message in messages), result.stderr


def test_a_file_that_is_no_text_is_a_usage_error() -> None:
    file = Path("parloader.toml")
    file.write_bytes(b"\xff\xfe")
    assert "parloader.toml cannot be read: it is not UTF-8" in parloader("plan", "--url", URL).stderr
    file.unlink()
    file.mkdir()
    assert "parloader.toml cannot be read: it is a folder" in parloader("plan", "--url", URL).stderr
    file.rmdir()
    os.mkfifo(file)
    result = parloader("plan", "--url", URL)
    assert (result.exit_code, result.stderr) == (
        2,
        "error: parloader.toml cannot be read: it is not a regular file. Correct it, or move it away\n",
    )


def test_a_file_with_a_byte_order_mark(plan: Operation) -> None:
    Path("parloader.toml").write_text("\ufeffrows = 3", encoding="utf-8")
    parloader("plan", "--url", URL)
    assert plan.config.rows == 3


# How a command ends
@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        *[(e, 1) for e in (errors.WorkerDied, errors.WriteFailed, errors.DiskFull, errors.ServerStartError, errors.VerifyFailed)],
        (errors.UsageError, 2),
        *[(e, 3) for e in (errors.SchemaMismatch, errors.AnotherRun, errors.SessionLawError, errors.ServerNotSupported)],
        *[(e, 3) for e in (errors.PrivilegeMissing, errors.ForeignRows, errors.EditedRows, errors.RemoteHost, errors.Forbidden)],
        (errors.ConnectError, 4),
        (errors.Interrupted, 130),
    ],
)
def test_an_error_is_a_message_and_an_exit_code(plan: Operation, error: type[ParloaderError], exit_code: int) -> None:
    plan.fails_with = error("something is wrong", "Do this")
    result = parloader("plan", "--url", URL)
    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, "", "error: something is wrong. Do this\n")


def test_verbose_shows_where_an_error_comes_from(plan: Operation) -> None:
    plan.fails_with = errors.WriteFailed("something is wrong")
    result = parloader("plan", "--url", URL, "-v")
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("error: something is wrong\n")


def test_ctrl_c(plan: Operation) -> None:
    plan.fails_with = KeyboardInterrupt()
    result = parloader("plan", "--url", URL)
    assert (result.exit_code, result.stderr) == (130, "error: interrupted\n")


def test_stdout_has_nothing_but_the_json(plan: Operation) -> None:
    result = parloader("plan", "--url", URL, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == plan.as_json()
