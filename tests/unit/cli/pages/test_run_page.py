"""The page about a command, from a recorder that was told of a run. tests/acceptance/test_report.py has those of real runs."""

from pathlib import Path

import pytest
from support.bench_results import measured, result
from support.pages import Page, read_page
from support.servers import SERVER_INFO

from parloader.cli.output import Output
from parloader.cli.pages.page import write_page
from parloader.errors import Interrupted, ParloaderError
from parloader.plans.row_ranges import IndexRange
from parloader.workers.events import BatchDone, Retried, Started
from parloader.workers.progress import Progress
from parloader.workers.recorder import MAX_LISTED, Recorder

run_page = pytest.importorskip("parloader.cli.pages.run_page")

HOSTILE = "<script>alert('1')</script> & \"co\" \N{PILE OF POO}"


def recorded(workers: int = 2, batches: int = 6, retries: int = 0) -> Recorder:
    recorder = Recorder(Progress())
    recorder.connected(SERVER_INFO, f"shop at db.example:3306 as {HOSTILE}")
    with recorder.bar(f"seed {HOSTILE}", 100 * workers * batches):
        recorder.begin_step(range(workers))
        for worker in range(workers):
            recorder.observe(Started(worker=worker, clock_seconds=0, cpu_seconds=0.1))
            for number in range(batches):
                rows = IndexRange(100 * number, 100 * number + 100)
                done = BatchDone(
                    worker=worker, table="t", batch=rows, generate_seconds=0.01, write_seconds=0.02, cpu_seconds=0.2,
                    peak_rss_bytes=80 * 2**20, clock_seconds=0,
                )  # fmt: skip
                recorder.observe(done)
        for _ in range(retries):
            recorder.observe(Retried(worker=0, table="t", batch=IndexRange(0, 100), reason=HOSTILE))
    recorder.note(HOSTILE)
    recorder.end()
    return recorder


def page(file: Path, recorder: Recorder, result: object = None, error: ParloaderError | None = None) -> Page:
    write_page(file, run_page.run_page(recorder, result, error, run_page.Asked("parloader bench", (), "db"), Output(1, False)))
    return read_page(file)


def test_texts_are_escaped(tmp_path: Path) -> None:
    read = page(tmp_path / "run.html", recorded(retries=2), error=ParloaderError(HOSTILE, "Try again"))
    assert (read.outcome_kind, read.outcome) == ("failed", f"{HOSTILE}. Try again")
    assert read.column("Notes", "note") == [HOSTILE]
    assert HOSTILE in read.facts["target"]
    assert sum(HOSTILE in title for title in read.titles) == read.marks_of("retry") == 2


@pytest.mark.parametrize("workers", [8, 64])
def test_each_worker_has_a_row_and_many_have_a_band(tmp_path: Path, workers: int) -> None:
    read = page(tmp_path / "run.html", recorded(workers))
    assert read.column("Workers", "worker") == [str(number) for number in range(workers)]
    assert read.numbers("Workers", "rows") == [600] * workers
    text = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert (">median worker<" in text) is (workers > 8)
    assert (">worker 7<" in text) is (workers == 8)
    assert len(text.encode()) < 1_500_000


def test_a_command_that_ended_before_anything_happened(tmp_path: Path) -> None:
    recorder = Recorder(Progress())
    recorder.end()
    read = page(tmp_path / "run.html", recorder, error=Interrupted("interrupted"))
    assert (read.outcome_kind, read.outcome) == ("stopped", "interrupted")
    assert (read.labels, read.tables, read.facts["target"]) == ([], {}, "db")


def test_more_marks_than_are_listed(tmp_path: Path) -> None:
    read = page(tmp_path / "run.html", recorded(retries=MAX_LISTED + 30))
    assert read.marks_of("retry") == len(read.column("Retries, crashes and failures", "what")) == MAX_LISTED
    assert read.facts["retries"] == f"{MAX_LISTED + 30}"
    assert "30 more are not listed." in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_charts(tmp_path: Path) -> None:
    recorder = recorded(workers=3)
    read = page(tmp_path / "run.html", recorder)
    ends = [float(cell.split(" to ")[1]) for cell in read.column("The figures of these charts", "seconds")]
    assert len(ends) <= 24
    assert ends == sorted(ends)
    assert any(label.startswith("Rows per second over time: 1,800 rows") for label in read.labels)


def test_bench_has_a_point_for_each_combination_and_measurement_of_the_limit(tmp_path: Path) -> None:
    measured_results = result(measured(100, 200, 300), measured(250, 260, 270, procs=2))
    read = page(tmp_path / "bench.html", recorded(), measured_results)
    assert read.marks_of("point") == len(read.column("Figures of the combinations", "writer")) == 4
    assert read.facts["server limit"] == "500 rows/s"
    assert any("2 processes, batch 10: 260 rows/s (250 to 270), 52% of the server limit" in title for title in read.titles)
    assert read.outcome.startswith("parloader seed --table orders --procs 2 --batch 10 --writer insert")
