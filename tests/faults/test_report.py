"""The page about a load in which everything happens: a deadlock, a pause, a killed worker, Ctrl-C."""

import signal
from pathlib import Path

from support.faults import deadlock, heavy, kill_workers
from support.loads import Plan, committed, halted, has_committed, proven, started
from support.pages import read_page
from support.servers import Database, slow_on_mysql, until


def test_each_retry_crash_and_wait_has_a_mark(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    load = started(database, Plan(more=("--report", str(file), "--worker-restarts", "3")))
    with halted(load, heavy()) as halt:
        deadlock(halt.holder)
    with database.server.connection(database.target.database) as watcher:
        before = committed(watcher)
        until(lambda: committed(watcher) > before, "it continues")
    kill_workers(load)
    with database.server.connection(database.target.database) as watcher:
        before = committed(watcher)
        until(lambda: committed(watcher) >= before + 2 * load.plan.batch, "the replacement works as well")
    database.parloader("pause")
    database.parloader("resume")
    ended = load.ends(0)
    page = read_page(file)
    assert (page.outcome_kind, page.outcome.splitlines()[0][:18]) == ("ok", "loaded 10,000 rows")
    assert sum(page.numbers("Workers", "retries")) == page.marks_of("retry") == ended.retries >= load.plan.procs
    assert len(page.column("Workers", "worker")) == load.plan.procs
    assert sum(page.numbers("Workers", "restarts")) == page.marks_of("crash") == 1
    assert page.marks_of("wait") == ended.stderr.count("waiting: paused by")
    kinds = page.column("Retries, crashes and failures", "what")
    assert (kinds.count("retry"), kinds.count("crash"), len(kinds)) == (ended.retries, 1, ended.retries + 1)
    assert any("Deadlock found" in title for title in page.titles)
    assert any("was killed by SIGKILL" in title for title in page.titles)
    # a worker that died may have committed rows that it did not report
    assert load.plan.rows - 2 * load.plan.batch <= sum(page.numbers("Workers", "rows")) <= load.plan.rows
    assert page.command.startswith("parloader seed --rows 10000 --procs 2 --batch 100 --writer insert")
    proven(load)


@slow_on_mysql("server")
def test_an_interrupted_load_has_its_page(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    load = started(database, Plan(more=("--report", str(file))))
    assert has_committed(load, 500)
    load.process.send_signal(signal.SIGINT)
    load.ends(130)
    page = read_page(file)
    assert page.outcome_kind == "stopped"
    assert page.outcome.startswith("interrupted: run 1 has ")
    done = sum(page.numbers("Workers", "rows"))
    assert f"run 1 has {done:,} of 10,000 rows" in page.outcome
    assert page.numbers("Steps", "done") == [done]
    proven(load)
