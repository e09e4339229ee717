"""What is shown of a load, also while nothing changes."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.terminal import in_terminal

from parloader.cli.terminal.screen import Screen, TerminalBar
from parloader.cli.terminal.widths import width
from parloader.workers.stats import WorkerStats

STATS = {0: WorkerStats(worker=0, rows=10, retries=2), 1: WorkerStats(worker=1, rows=20, alive=False)}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [100.0]
    monkeypatch.setattr("parloader.cli.terminal.screen.time.monotonic", lambda: seconds[0])
    return seconds


def test_a_line_every_five_seconds_that_says_whether_it_waits(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Screen(1).bar("seed", 100, done=40) as meter:
        for paused in (False, True, True):
            for _ in range(5):
                clock[0] += 1
                meter.update(STATS, paused)
    assert capsys.readouterr().err.splitlines() == [
        "seed: 70 of 100 rows (70%), 6 rows/s, 5 s left, workers 1, retries 2",
        "seed: 70 of 100 rows (70%), 3 rows/s, 10 s left, waiting, workers 1, retries 2",
        "seed: 70 of 100 rows (70%), 2 rows/s, 15 s left, waiting, workers 1, retries 2",
    ]


def test_a_bar_that_says_whether_it_waits_and_whose_rate_sinks_meanwhile(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("parloader.cli.terminal.screen.columns_of", lambda _: 120)
    drawn = []
    with Screen(1).bar("seed", 100, done=40) as meter:
        assert isinstance(meter, TerminalBar)
        for seconds, rows, paused in ((5, 10, False), (10, 10, True), (1, 40, False)):
            clock[0] += seconds
            meter.update({**STATS, 0: replace(STATS[0], rows=rows)}, paused)
            drawn.append(capsys.readouterr().err)
    running, waiting, done = drawn
    assert "| 70 of 100, 6 rows/s, 5 s left, workers 1, retries 2" in running
    assert "| 70 of 100, waiting, 2 rows/s, 15 s left, workers 1, retries 2" in waiting
    assert "100 % |████████████████████████████████████████| 100 of 100, 4 rows/s, in 16 s" in done


PROGRAM = """
from parloader.cli.terminal.screen import Screen
from parloader.workers.stats import WorkerStats

screen = Screen(1)
with screen.bar("script_execution", 1000) as bar:
    bar.update({0: WorkerStats(worker=0, rows=400)}, False)
    bar.draw()
    screen.note("a note")
    bar.update({0: WorkerStats(worker=0, rows=500)}, False)
"""


@pytest.mark.parametrize("columns", [30, 40, 80, 200])
def test_a_bar_in_a_terminal(columns: int, tmp_path: Path) -> None:
    """A note stands above it, and no old line or rest of one remains."""
    with in_terminal([sys.executable, "-c", PROGRAM], tmp_path, columns=columns) as terminal:
        terminal.read_all()
    note, bar = terminal.lines
    assert note == "a note"
    assert "50 %" in bar
    assert "rows/s" in bar
    assert " left" in bar
    assert ("█" in bar) is (columns >= 40)
    assert width(bar) < min(columns, 130)
