"""Where there are colours, and where there are none."""

import io
import sys
from pathlib import Path

import pytest
from support.terminal import in_terminal

from parloader.cli.terminal.colours import takes_colours

RED, RESET = b"\x1b[31m\x1b[1m", b"\x1b[0m"


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("variables", "in_a_terminal", "in_a_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_the_variables(variables: dict[str, str], in_a_terminal: bool, in_a_pipe: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (takes_colours(Stream(True)), takes_colours(Stream(False))) == (in_a_terminal, in_a_pipe)


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=["plain", "no", "dumb"]
)
def test_an_error_in_a_terminal(variables: dict[str, str], coloured: bool, tmp_path: Path) -> None:
    with in_terminal([sys.executable, "-m", "parloader", "sed"], tmp_path, environment=variables) as terminal:
        terminal.read_all()
    assert "".join(terminal.lines).startswith("error: parloader: no such command 'sed'")
    assert terminal.output.startswith(RED + b"error:" + RESET + b" ") is coloured
    assert (b"\x1b" in terminal.output) is coloured
