"""Commands in messages connect to the database of the command at hand."""

import shlex

import click
import pytest

from parloader.cli.commands import cli
from parloader.cli.suggested_commands import connection_arguments, with_arguments


def arguments(*given: str) -> str:
    """The connection arguments of a status command."""
    with cli.make_context("parloader", ["status", *given]) as group:
        _, command, rest = cli.resolve_command(group, ["status", *given])
        assert command
        return connection_arguments(command.make_context("status", rest, parent=group))


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
    assert shlex.split(arguments(*given)) == list(given)


@pytest.mark.parametrize("url", ["mysql://ann:s3cret@db/shop", "mysql://ann:@db/shop", "mysql://ann:s3cret", "ann:s3cret@db/shop"])
def test_a_url_with_a_password_is_left_out(url: str) -> None:
    assert arguments("--url", url) == ""


def test_variables_and_settings_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_URL", "mysql://ann@db/shop")
    assert arguments("--ssl-mode", "REQUIRED") == "--ssl-mode REQUIRED"


def test_every_command_of_a_message_that_connects_gets_them() -> None:
    url = "--url mysql://ann@db/shop"
    text = "Stop it (parloader server stop); parloader status shows the runs. To delete them: parloader clean --run 1. Or: parloader schema upgrade"
    assert with_arguments(text, url) == (
        f"Stop it (parloader server stop); parloader status {url} shows the runs. To delete them: parloader clean {url} --run 1. "
        f"Or: parloader schema upgrade {url}"
    )
    assert with_arguments(text, "") == text


def test_no_command_that_connects_is_forgotten() -> None:
    groups = [(f"{name} ", command) for name, command in cli.commands.items() if isinstance(command, click.Group)]
    commands = [*cli.commands.items(), *((f"{prefix}{name}", each) for prefix, group in groups for name, each in group.commands.items())]
    for name, command in commands:
        connects = any(option.name == "url" for option in command.params)
        assert (with_arguments(f"parloader {name}", "x") == f"parloader {name} x") is connects, name
