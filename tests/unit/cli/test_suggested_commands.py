"""Commands in messages connect to the database of the command at hand, and run where it does."""

import shlex

import click
import pytest

from parloader.cli.commands import cli
from parloader.cli.suggested_commands import RepeatedOptions, repeated_options


def repeated(*given: str, by: str = "status") -> RepeatedOptions:
    """What messages of the command repeat."""
    with cli.make_context("parloader", [by, *given]) as group:
        _, command, rest = cli.resolve_command(group, [by, *given])
        assert command
        return repeated_options(command.make_context(by, rest, parent=group))


@pytest.mark.parametrize(
    "given",
    [
        ("--url", "mysql://ann@db.example:3307/shop"),
        ("--url", "mysql://ann@localhost/shop?unix_socket=/tmp/my server/socket", "--ssl-mode", "REQUIRED"),
        ("--url", "mysql:///", "--ask-password"),
        ("--url", "mysql://ann@a:1,b:2/shop", "--ssl-ca", "/tmp/ca's.pem"),
    ],
)
def test_the_connection_options_are_repeated_as_they_were_given(given: tuple[str, ...]) -> None:
    assert shlex.split(repeated(*given).connection) == list(given)


@pytest.mark.parametrize("url", ["mysql://ann:s3cret@db/shop", "mysql://ann:@db/shop", "mysql://ann:s3cret", "ann:s3cret@db/shop"])
def test_a_url_with_a_password_is_left_out(url: str) -> None:
    assert repeated("--url", url).connection == ""


def test_variables_and_settings_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_URL", "mysql://ann@db/shop")
    assert repeated("--ssl-mode", "REQUIRED").connection == "--ssl-mode REQUIRED"


@pytest.mark.parametrize("command", ["seed", "verify", "clean", "bench"])
@pytest.mark.parametrize(
    "given",
    [
        ("--executor", "dask"),
        ("--scheduler", "tls://db's:8786", "--credentials", "worker"),
        ("--scheduler-file", "/tmp/my file", "--resources", "DB=1", "--resources", "my host=20"),
    ],
)
def test_so_are_the_options_that_say_where_workers_run(command: str, given: tuple[str, ...]) -> None:
    assert shlex.split(repeated(*given, by=command).executor) == list(given)


def test_every_command_of_a_message_that_connects_gets_them() -> None:
    options = RepeatedOptions(connection="--url mysql://ann@db/shop", executor="--scheduler tcp://a:1")
    text = "Stop it (parloader server stop); parloader status shows the runs. To delete them: parloader clean --run 1. Or: parloader schema upgrade"
    assert options.inserted_in(text) == (
        "Stop it (parloader server stop); parloader status --url mysql://ann@db/shop shows the runs. "
        "To delete them: parloader clean --url mysql://ann@db/shop --scheduler tcp://a:1 --run 1. "
        "Or: parloader schema upgrade --url mysql://ann@db/shop"
    )
    assert RepeatedOptions().inserted_in(text) == text


def test_no_command_is_forgotten() -> None:
    groups = [(f"{name} ", command) for name, command in cli.commands.items() if isinstance(command, click.Group)]
    commands = [*cli.commands.items(), *((f"{prefix}{name}", each) for prefix, group in groups for name, each in group.commands.items())]
    for name, command in commands:
        expected = [f"parloader {name}"]
        for option, text in (("url", "connection"), ("executor", "executor")):
            expected += [text] if any(parameter.name == option for parameter in command.params) else []
        assert RepeatedOptions(connection="connection", executor="executor").inserted_in(f"parloader {name}") == " ".join(expected)
