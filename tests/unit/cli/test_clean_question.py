"""clean asks before it deletes."""

from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from parloader.cli.commands import cli
from parloader.config import CleanConfig
from parloader.operations.clean_result import CleanResult

URL = "mysql://ann@127.0.0.1/shop"


def clean_result(*, dry_run: bool, rows: int = 5) -> CleanResult:
    return CleanResult(dry_run=dry_run, runs=(1,) if rows else (), tables=(("t", rows),) if rows else ())


@dataclass
class Cleaning:
    rows: int = 5
    deleted: int = 0

    def preview(self, _: CleanConfig, *__: object) -> CleanResult:
        return clean_result(dry_run=True, rows=self.rows)

    def clean(self, _: CleanConfig, *__: object) -> CleanResult:
        self.deleted += self.rows
        return clean_result(dry_run=False, rows=self.rows)


@pytest.fixture
def cleaning(monkeypatch: pytest.MonkeyPatch) -> Cleaning:
    cleaning = Cleaning()
    monkeypatch.setattr("parloader.operations.clean.preview_clean", cleaning.preview)
    monkeypatch.setattr("parloader.operations.clean.clean", cleaning.clean)
    return cleaning


@pytest.mark.parametrize(
    ("options", "answer", "exit_code", "deleted"),
    [
        ([], "y\n", 0, 5),
        ([], "n\n", 130, 0),
        ([], "\n", 130, 0),
        ([], "", 130, 0),
        (["--yes"], None, 0, 5),
        (["--dry-run"], None, 0, 0),
        (["--dry-run", "--yes"], None, 0, 0),
    ],
)
def test_clean_asks_first(
    cleaning: Cleaning, monkeypatch: pytest.MonkeyPatch, options: list[str], answer: str | None, exit_code: int, deleted: int
) -> None:
    monkeypatch.setattr("parloader.cli.decorators.on_terminal", lambda: True)
    result = CliRunner().invoke(cli, ["clean", "--url", URL, *options], input=answer)
    assert (result.exit_code, cleaning.deleted) == (exit_code, deleted)
    assert ("Delete 5 rows from shop at 127.0.0.1:3306 as ann?" in result.stderr) is (not options)


def test_an_answer_that_ends_the_question_is_followed_by_a_line_of_its_own(cleaning: Cleaning, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parloader.cli.decorators.on_terminal", lambda: True)
    result = CliRunner().invoke(cli, ["clean", "--url", URL], input="")
    assert result.stderr.splitlines()[-1].startswith("error: nothing was deleted")


@pytest.mark.parametrize("answer", ["", "\n", "perhaps\n", "y\n", "n\n"])
def test_without_a_terminal_the_question_is_a_usage_error(cleaning: Cleaning, answer: str) -> None:
    result = CliRunner().invoke(cli, ["clean", "--url", URL], input=answer)
    assert (result.exit_code, cleaning.deleted, result.stdout) == (2, 0, "")
    assert result.stderr == (
        "error: clean asks before it deletes 5 rows from shop at 127.0.0.1:3306 as ann, and there is no terminal to ask on. "
        f"To answer yes without being asked: parloader clean --url {URL} --yes\n"
    )


def test_clean_does_not_ask_if_there_is_nothing_to_delete(cleaning: Cleaning) -> None:
    cleaning.rows = 0
    result = CliRunner().invoke(cli, ["clean", "--url", URL])
    assert result.exit_code == 0
    assert "nothing to delete" in result.stdout


OPTIONS = ("--run", "2", "--edited-too", "--accept-unseen-references", "--run", "3", "--with-trigger-rows")

WITH_OPTIONS = f"parloader clean --url {URL} --run 2 --run 3 --accept-unseen-references --edited-too --with-trigger-rows --yes\n"


@pytest.mark.parametrize(("terminal", "exit_code"), [(False, 2), (True, 130)])
def test_the_suggested_command_has_the_options_that_were_given(
    cleaning: Cleaning, monkeypatch: pytest.MonkeyPatch, terminal: bool, exit_code: int
) -> None:
    monkeypatch.setattr("parloader.cli.decorators.on_terminal", lambda: terminal)
    result = CliRunner().invoke(cli, ["clean", "--url", URL, *OPTIONS], input="n\n")
    assert (result.exit_code, cleaning.deleted) == (exit_code, 0)
    assert result.stderr.endswith(f"being asked: {WITH_OPTIONS}")
