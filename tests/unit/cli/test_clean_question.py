"""clean asks before it deletes."""

from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from parloader.cli.commands import cli
from parloader.config import CleanConfig
from parloader.operations.clean_result import CleanResult

URL = "mysql://ann@db.example/shop"


def clean_result(*, dry_run: bool, rows: int = 5) -> CleanResult:
    return CleanResult(dry_run=dry_run, runs=(1,) if rows else (), tables=(("t", rows),) if rows else ())


@dataclass
class Cleaning:
    rows: int = 5
    deleted: int = 0

    def preview(self, _: CleanConfig, __: object) -> CleanResult:
        return clean_result(dry_run=True, rows=self.rows)

    def clean(self, _: CleanConfig, __: object) -> CleanResult:
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
def test_clean_asks_first(cleaning: Cleaning, options: list[str], answer: str | None, exit_code: int, deleted: int) -> None:
    result = CliRunner().invoke(cli, ["clean", "--url", URL, *options], input=answer)
    assert (result.exit_code, cleaning.deleted) == (exit_code, deleted)
    assert ("Delete 5 rows from shop at db.example:3306 as ann?" in result.stderr) is (not options)


def test_clean_does_not_ask_if_there_is_nothing_to_delete(cleaning: Cleaning) -> None:
    cleaning.rows = 0
    result = CliRunner().invoke(cli, ["clean", "--url", URL])
    assert result.exit_code == 0
    assert "nothing to delete" in result.stdout
