"""The clean command in messages deletes no more than the command that failed."""

import pytest
from click.testing import CliRunner

from parloader.cli.commands import cli
from parloader.config import CleanConfig
from parloader.operations.clean_result import CleanResult
from parloader.rows.clean_command import CleanCommand


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (CleanCommand(), "parloader clean"),
        (CleanCommand(runs=(2, 5)), "parloader clean --run 2 --run 5"),
        (
            CleanCommand(runs=(2,), accept_unseen_references=True, edited_too=True, with_trigger_rows=True, yes=True),
            "parloader clean --run 2 --accept-unseen-references --edited-too --with-trigger-rows --yes",
        ),
    ],
)
def test_its_text_has_every_option_in_a_stable_order(command: CleanCommand, text: str) -> None:
    assert str(command) == text


def test_clean_given_its_text_deletes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[CleanConfig] = []

    def clean(config: CleanConfig, *_: object) -> CleanResult:
        given.append(config)
        return CleanResult(dry_run=False, runs=(), tables=())

    monkeypatch.setattr("parloader.operations.clean.clean", clean)
    for command in (
        CleanCommand(),
        CleanCommand(runs=(2, 5), edited_too=True),
        CleanCommand(with_trigger_rows=True),
        CleanCommand(accept_unseen_references=True),
    ):
        arguments = str(command).split()[1:]
        result = CliRunner().invoke(cli, [*arguments, "--yes", "--url", "mysql://ann@127.0.0.1/shop"])
        assert result.exit_code == 0
        assert given.pop().command == command
