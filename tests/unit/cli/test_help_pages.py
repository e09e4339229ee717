"""Help pages: every option is on the page of its command, or on one that this page names."""

import re

import click
import pytest
from click.testing import CliRunner, Result

from parloader import __version__
from parloader.cli.commands import cli
from parloader.cli.help_pages import Command, Group, Program, every_command, topics

PAGES = [(path, command) for path, command in every_command(cli) if path]

LEAVES = [(path, command) for path, command in PAGES if not isinstance(command, click.Group)]


def parloader(*arguments: str, columns: int = 80) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="parloader", terminal_width=columns)


def words(path: object) -> str:
    return " ".join(path) if isinstance(path, tuple) else ""


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def plain(text: object) -> str:
    """Without line breaks, which depend on the width."""
    return re.sub(r"\s+", "", str(text))


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(("path", "command"), LEAVES, ids=words)
def test_every_option_is_described(path: tuple[str, ...], command: click.Command, columns: int) -> None:
    page = parloader("help", *path, columns=columns).stdout
    others = [topic for topic in topics() if f"parloader help {topic}" in re.sub(r"\s+", " ", page)]
    texts = plain(page + "".join(parloader("help", topic, columns=columns).stdout for topic in others))
    for option in options(command):
        assert option.opts[-1] in page, f"the page of {words(path)} does not name {option.opts[-1]}"
        assert plain(option.help) in texts, f"no page describes {option.opts[-1]} of {words(path)}"


@pytest.mark.parametrize("columns", [70, 80, 200])
def test_pages_are_as_wide_as_the_terminal_up_to_100_columns(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for path, _ in [((), cli), *PAGES, *(((topic,), cli) for topic in topics())]:
        cli.main(["help", *path], prog_name="parloader", standalone_mode=False)
        lines = capsys.readouterr().out.splitlines()
        wide = max(map(len, lines))
        assert wide <= min(columns, 100), (path, lines)
        assert wide > columns - 40 or columns > 100, (path, lines)


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=words)
def test_what_all_commands_share_is_no_third_of_a_page(path: tuple[str, ...], command: click.Command) -> None:
    page = parloader("help", *path).stdout
    shared = re.search(r"\nConnection:\n(?:.*\n)*?\nOutput:\n", page)
    assert shared is None or shared[0].count("\n") < 23


@pytest.mark.parametrize(("path", "command"), [((), cli), *PAGES], ids=words)
def test_a_command_and_help_show_the_same_page(path: tuple[str, ...], command: click.Command) -> None:
    shown = [parloader(*path, "-h"), parloader(*path, "--help"), parloader("help", *path)]
    assert {(page.exit_code, page.stdout) for page in shown} == {(0, shown[0].stdout)}
    assert shown[0].stdout.startswith(f"Usage: {' '.join(('parloader', *path))} ")
    assert isinstance(command, Command | Group | Program), f"{words(path)} needs cls=Command, or its options are not in sections"


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=words)
def test_each_page_says_where_the_exit_codes_are(path: tuple[str, ...], command: click.Command) -> None:
    assert "Exit codes: parloader help exit-codes\n" in parloader("help", *path).stdout
    assert parloader("help", "exit-codes").stdout.startswith("0 done; 1 failed")


@pytest.mark.parametrize("topic", topics())
def test_the_first_page_names_the_topics(topic: str) -> None:
    assert topic in parloader("help").stdout.partition("Topics: ")[2]
    page = parloader("help", topic)
    assert page.exit_code == 0
    assert page.stdout.count("\n") > 1


def test_the_settings_page_has_each_variable_and_setting() -> None:
    from parloader.cli.settings_file import SETTINGS

    page = parloader("help", "settings").stdout
    variables = {str(option.envvar) for _, command in LEAVES for option in options(command) if option.envvar}
    assert [name for name in {*variables, *SETTINGS} if not re.search(rf"\b{name}\b", page)] == []


def test_without_a_command() -> None:
    result = parloader()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == parloader("--help").stdout


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("help", "sed"), "parloader has no command or topic 'sed'. Did you mean seed? Valid: "),
        (("help", "conection"), "Did you mean connection? "),
        (("help", "server", "statsu"), "parloader server has no command 'statsu'. Did you mean status? Valid: start, stop, status, url"),
        (
            ("help", "seed", "orders"),
            "parloader seed has no commands, so there is no page 'orders' of it. Its own page: parloader help seed",
        ),
        (("help", ""), "parloader has no command or topic ''"),
        (("help", "a\nb\x1b[31m"), r"parloader has no command or topic 'a\nb\x1b[31m'"),
        (("sed",), "no such command 'sed'. Did you mean seed? "),
        (("server", "statsu"), "Did you mean status? "),
    ],
)
def test_a_command_that_does_not_exist(typed: tuple[str, ...], says: str) -> None:
    result = parloader(*typed)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says in result.stderr


def test_version() -> None:
    assert parloader("--version").stdout == parloader("-V").stdout == f"parloader {__version__}\n"
