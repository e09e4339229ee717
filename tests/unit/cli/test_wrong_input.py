"""Every option of every command with values that are wrong for its type. A new option is covered as soon as a command has it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.offline_commands import URL, parloader

from parloader.cli.commands import cli
from parloader.cli.file_types import FileName, FolderName, OutputFile
from parloader.cli.help_pages import every_command
from parloader.cli.options.number_types import RowCount, RunNumber, Seconds, WholeNumber
from parloader.cli.settings_file import SETTINGS

HUGE = "9" * 5000

NOTHING = ("", " ", "\t")

# A NUL byte cannot come from a shell, but from parloader.toml and from a program that calls this one
NO_TEXT = ("\udcff", "a\0b")

NO_NUMBERS = (*NOTHING, *NO_TEXT, "x", "-1", HUGE, "nan", "inf", "1 2", "0x1", "a\nb", "\x1b[31mred", "é" * 3000, "5%")

NO_CHOICE = (*NOTHING, *NO_TEXT, "x", "a\nb", HUGE)


def wrong_values(option: click.Option, folder: Path) -> tuple[str, ...]:
    """Values that are wrong whatever the database holds."""
    kind = option.type
    if isinstance(kind, WholeNumber | RowCount | RunNumber):
        beyond = [kind.maximum + 1] if isinstance(kind, WholeNumber | RowCount) and kind.maximum is not None else []
        below = [kind.minimum - 1] if isinstance(kind, WholeNumber | RowCount) else [0]
        return (*NO_NUMBERS, "1.5", *map(str, (*beyond, *below)))
    if isinstance(kind, Seconds):
        return NO_NUMBERS
    if isinstance(kind, click.Choice):
        return NO_CHOICE
    if isinstance(kind, OutputFile):
        return (*NOTHING, "a\0b", str(folder), str(folder / "missing/file.html"), "x" * 5000, *("no_suffix" for _ in kind.suffixes[:1]))
    if isinstance(kind, FolderName):
        return (*NOTHING, *NO_TEXT)
    if isinstance(kind, FileName) or option.name == "plan":
        return (*NOTHING, "a\0b")
    assert not isinstance(kind, click.Path), f"{option.opts}: FileName, OutputFile and FolderName give better messages than click.Path"
    assert option.callback or not isinstance(kind, click.types.StringParamType) or option.name in FREE_TEXTS, (
        f"{option.opts} takes any text: give it a type, or a callback that checks it"
    )
    return (*NOTHING, *NO_TEXT)


# They are checked later, and their values below: a URL by its reader, an address by Dask
FREE_TEXTS = ("url", "replica_urls", "scheduler")


def cases() -> Iterator[tuple[tuple[str, ...], click.Option]]:
    for path, command in every_command(cli):
        for option in command.params:
            if isinstance(option, click.Option):
                yield path, option


ALL = list(cases())

CASES = [(path, option) for path, option in ALL if not option.is_flag]

FIRST = {tuple(option.opts): (path, option) for path, option in reversed(CASES)}
"""Each spelling once: most options are the same in several commands."""


def command_line(path: tuple[str, ...], option: click.Option, value: str) -> list[str]:
    names = {parameter.name for parameter in dict(every_command(cli))[path].params}
    url = ["--url", URL] if "url" in names and option.name != "url" else []
    others = ["--max-lag", "1"] if option.name == "replica_urls" else []
    return [*path, *url, *others, *needed(path, option), option.opts[-1], value]


def needed(path: tuple[str, ...], option: click.Option) -> list[str]:
    """What the command requires besides."""
    words = []
    for parameter in dict(every_command(cli))[path].params:
        if parameter.required and parameter is not option:
            words += ["x"] if isinstance(parameter, click.Argument) else [parameter.opts[-1], "x"]
    return words


def check(path: tuple[str, ...], option: click.Option, value: str) -> None:
    result = parloader(*command_line(path, option, value))
    shown = f"{' '.join(path)} {option.opts[-1]} {value[:40]!r}: {result.stderr[:500]}"
    assert result.exit_code == 2, shown
    assert len(result.stderr) < 1500, shown
    # which option or thing is wrong, and not only that it is
    what = option.opts[-1].lstrip("-").replace("-", "[- ]").removesuffix("[- ]url")
    assert re.search(what, result.stderr, re.IGNORECASE) or option.name in ("url", "replica_urls"), shown
    assert len(result.stderr.split()) > 6, shown


def identify(case: object) -> str | None:
    return " ".join(case) if isinstance(case, tuple) else case.opts[-1] if isinstance(case, click.Option) else None


@pytest.mark.parametrize(("path", "option"), FIRST.values(), ids=identify)
def test_wrong_values(path: tuple[str, ...], option: click.Option, tmp_path: Path) -> None:
    for value in wrong_values(option, tmp_path):
        check(path, option, value)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "option"), CASES, ids=identify)
def test_wrong_values_in_every_command(path: tuple[str, ...], option: click.Option, tmp_path: Path) -> None:
    for value in wrong_values(option, tmp_path):
        check(path, option, value)


ARGUMENTS = [
    (path, command) for path, command in every_command(cli) if any(isinstance(parameter, click.Argument) for parameter in command.params)
]


@pytest.mark.parametrize(("path", "command"), ARGUMENTS, ids=identify)
def test_wrong_values_of_arguments(path: tuple[str, ...], command: click.Command) -> None:
    for value in (*NOTHING, *NO_TEXT, "a/b", "..", ".", "a\nb", "\x1b[31mred", "-x", HUGE, "é" * 300):
        result = parloader(*path, value)
        shown = f"{' '.join(path)} {value[:40]!r}: {result.stderr[:500]}"
        assert result.exit_code == 2, shown
        assert len(result.stderr) < 1500, shown
        assert len(result.stderr.split()) > 6, shown


@pytest.mark.parametrize(("path", "command"), list(every_command(cli)), ids=identify)
def test_without_what_a_command_needs(path: tuple[str, ...], command: click.Command) -> None:
    if any(parameter.required for parameter in command.params):
        result = parloader(*path)
        assert result.exit_code == 2
        assert re.fullmatch(f"error: parloader {' '.join(path)}: .+ is missing. parloader .* --help shows what is valid\n", result.stderr)


VARIABLES = {str(option.envvar): (path, option) for path, option in reversed(CASES) if option.envvar}


@pytest.mark.parametrize("name", VARIABLES)
def test_wrong_values_of_variables(name: str, tmp_path: Path) -> None:
    """Empty variables count as not set. Others are checked like options, and the message names the variable."""
    path, option = VARIABLES[name]
    if option.multiple and not isinstance(option.type, FileName):
        return  # blanks and commas separate several
    for value in wrong_values(option, tmp_path):
        if not value or "\0" in value:
            continue
        words = command_line(path, option, value)[:-2]
        result = parloader(*words, environment={name: value})
        shown = f"{name}={value[:40]!r}: {result.stderr[:500]}"
        assert result.exit_code == 2, shown
        if isinstance(option.type, WholeNumber | RowCount | Seconds | click.Choice):
            assert result.stderr.startswith(f"error: {name}: "), shown


OF_SETTINGS = {option.opts[-1].lstrip("-").replace("-", "_"): (path, option) for path, option in reversed(ALL)}


@pytest.mark.parametrize("name", SETTINGS)
def test_wrong_values_of_settings(name: str) -> None:
    path, option = OF_SETTINGS[name]
    for value in ('""', '" "', '"a\\u0000b"', "[[1]]", "{ x = [1] }"):
        Path("parloader.toml").write_text(f"{name} = {value}\n", encoding="utf-8")
        result = parloader(*command_line(path, option, "")[:-2])
        assert result.exit_code == 2, result.stderr
        assert "parloader.toml" in result.stderr or name in result.stderr or "URL" in result.stderr, result.stderr


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Before anything is done; root may write everything."""
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    (tmp_path / "locked").mkdir(mode=0o500)
    for path, option in FIRST.values():
        if isinstance(option.type, OutputFile):
            check(path, option, str(tmp_path / "locked" / f"file{(*option.type.suffixes, '.html')[0]}"))


@pytest.mark.parametrize(
    "words",
    [
        ("seed", "orders"),
        ("seed", "--table"),
        ("seed", "--rows=5", "--rows"),
        ("seed", "-x"),
        ("seed", "-qv=1"),
        ("seed", "--json=yes"),
        ("seed", "--no-json"),
        ("seed", "--tabel", "orders"),
        ("seed", "-"),
        ("",),
        ("seed ",),
        ("SEED",),
        ("--table", "orders"),
        ("server", "begin"),
        ("server", "start", "now"),
        ("schema", ""),
        ("help", "seed", "--table"),
        ("help", "\udcff"),
        ("completion",),
        ("completion", ""),
        ("completion", "csh"),
        ("completion", "bash", "zsh"),
        ("seed", "--url", URL, "--table", "a", "--plan", "b"),
        ("seed", "--url", URL, "--table", "a", "--all"),
        ("seed", "--url", URL, "--all", "--plan", "b"),
        ("seed", "--url", URL, "--table", "a", "--set", "span=1d"),
        ("seed", "--url", URL, "--rows", "a=1", "--rows", "a=2"),
        ("seed", "--url", URL, "--rows", "a=1", "--parents", "a=2"),
        ("seed", "--url", URL, "--replica-url", URL),
        ("seed", "--url", URL, "--scheduler", "tcp://h:1", "--executor", "local"),
        ("seed", "--url", URL, "--scheduler", "tcp://h:1", "--scheduler-file", "x"),
        ("seed", "--url", URL, "--resources", "DB=1"),
        ("seed", "--ssl-mode", "required"),
        ("seed", "--ask-password"),
        ("guard", "--url", URL, "--forbid", "--allow"),
        ("plan", "--url", URL, "--write", "x", "--html", "./x"),
        ("bench", "--url", URL, "--plot", "x.png", "--report", "x.png"),
        ("bench", "--url", URL, "--table", "a", "--plan", "b"),
        ("bench", "--url", URL, "--table", "a", "--set", "span=1d"),
        ("reset", "--url", URL, "--mark", "--forget"),
    ],
    ids=repr,
)
def test_wrong_command_lines(words: tuple[str, ...]) -> None:
    result = parloader(*words)
    assert result.exit_code == 2, result.stderr
