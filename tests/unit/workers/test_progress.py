"""What is shown of a load, also while nothing changes."""

import io
import time
from dataclasses import replace

import pytest
from tqdm import tqdm

from parloader.workers import progress
from parloader.workers.progress import Screen
from parloader.workers.stats import WorkerStats

STATS = {0: WorkerStats(worker=0, rows=10, retries=2), 1: WorkerStats(worker=1, rows=20, alive=False)}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [100.0]
    monkeypatch.setattr("parloader.workers.progress.time.monotonic", lambda: seconds[0])
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


def test_a_bar_that_says_whether_it_waits_and_whose_rate_sinks_meanwhile(clock: list[float]) -> None:
    screen = io.StringIO()
    with tqdm(desc="seed", total=100, initial=40, unit=" rows", ncols=120, file=screen) as bar:
        meter = progress._TerminalBar(bar, 40)
        bar.start_t = time.time() - 5
        meter.update(STATS, paused=False)
        drawn = screen.getvalue()
        bar.start_t -= 10
        clock[0] += 10
        meter.update(STATS, paused=True)
        waiting = screen.getvalue().removeprefix(drawn)
        clock[0] += 1
        meter.update({**STATS, 0: replace(STATS[0], rows=40)}, paused=False)
    assert "70/100" in drawn
    assert "waiting" not in drawn
    assert "70/100" in waiting
    assert "waiting, workers 1, retries 2" in waiting
    assert "2.00 rows/s" in waiting
    assert "100/100" in screen.getvalue()
