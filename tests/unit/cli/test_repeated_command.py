"""The command that repeats the one at hand."""

import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import click
import pytest

from parloader.cli.commands import cli
from parloader.cli.repeated_command import given_options, hides_password, repeated_command


def repeated(arguments: list[str], settings: Mapping[str, object] | None = None) -> tuple[list[str], dict[str, str], bool]:
    """The words of the command, the sources of its options, and whether it lacks a password."""
    command = cli.commands["seed"]
    with click.Context(cli, info_name="parloader") as parent:
        context = command.make_context("seed", list(arguments), parent=parent, default_map=None if settings is None else dict(settings))
        with context.scope(cleanup=False):
            options = given_options(context, arguments)
            words = repeated_command("parloader seed", options)
            return shlex.split(" ".join(words)), {option.flag: option.source for option in options}, hides_password(options)


def test_nothing_given() -> None:
    assert repeated([]) == (["parloader", "seed"], {}, False)


def test_options_of_the_command_line_as_they_were_typed() -> None:
    given = [
        "--table",
        "or ders",
        "--rows",
        "1M",
        "--rows",
        "users=5k",
        "--batch",
        "200ms",
        "--defer-indexes",
        "-q",
        "--max-load",
        "Threads_running=50",
    ]
    words, sources, _ = repeated(given)
    assert sorted(words) == sorted(["parloader", "seed", *given[:-3], "--quiet", *given[-2:]])
    assert {*sources.values()} == {"command line"}


def test_those_of_variables_and_settings_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLOADER_ROWS", "300")
    monkeypatch.setenv("PARLOADER_URL", "mysql://ann:secret@db.example/shop")
    settings = {"tables": ["orders", "users"], "procs": "3", "allow_history": "false"}
    words, sources, hidden = repeated(["--procs", "2"], settings)
    assert words[:2] == ["parloader", "seed"]
    assert " ".join(words).count("--table") == 2
    assert ("--rows", "300") in pairwise(words)
    assert ("--procs", "2") in pairwise(words)
    assert ("--url", "mysql://ann:***@db.example/shop") in pairwise(words)
    assert "--allow-history" not in words
    assert hidden
    assert sources == {"--table": "parloader.toml", "--rows": "PARLOADER_ROWS", "--procs": "command line", "--url": "PARLOADER_URL"}


def test_paths(tmp_path: Path) -> None:
    file = tmp_path / "a page.html"
    words, _, _ = repeated(["--report", str(file)])
    assert words == ["parloader", "seed", "--report", str(file)]
