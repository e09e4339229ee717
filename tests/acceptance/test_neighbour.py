"""On a server that others use: seed and clean go no faster than they may, and wait while the server is busy or somebody says pause."""

import json
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psutil
import pytest
from support.servers import Command, Database, loaded, running, slow_on_mysql, until, worker_processes

from parloader.config import CleanConfig
from parloader.database import sql
from parloader.operations.clean import clean
from parloader.workers.batching import AutoBatch
from parloader.workers.progress import Progress, ProgressBar
from parloader.workers.stats import Stats

ROWS = 4000

# so slow that it does not end before the test has seen it, and quick enough to end in the test
SLOW = ("--max-rate", "1000")

SEED = ("seed", "--rows", str(ROWS), "--procs", "2", "--batch", "200")


def held(database: Database, command: Command, *, workers: int = 2) -> int:
    """The rows that are loaded when two seconds have passed, by the server's clock, without one more or less. Unheld it would end sooner."""
    seen = [(-1, 0)]

    def settled() -> bool:
        now = int(str(database.value("SELECT UNIX_TIMESTAMP()")))
        if loaded(database) != seen[-1][0]:
            seen.append((loaded(database), now))
        return now - seen[-1][1] > 2

    until(settled, "nothing is written or deleted")
    assert command.process.poll() is None, command.said
    assert len(worker_processes(psutil.Process(command.process.pid).children(recursive=True))) == workers
    return seen[-1][0]


def verified(database: Database) -> None:
    assert database.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM script_execution") == ((ROWS, ROWS),)
    database.parloader("verify")


@contextmanager
def others(database: Database, count: int) -> Iterator[None]:
    """So many other sessions on the server."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(database.server.connection())
        yield


def connected(database: Database) -> int:
    return int(str(database.rows("SHOW GLOBAL STATUS LIKE 'Threads_connected'")[0][1]))


# --max-rate
@pytest.mark.parametrize("writer", ["insert", "load-data"])
def test_no_faster_than_it_may(database: Database, writer: str) -> None:
    """3,000 rows at 1,500 a second, by two workers: the last batch begins after the ones before have had their time."""
    done = database.parloader(
        "seed", "--rows", "3000", "--procs", "2", "--batch", "500", "--writer", writer, "--max-rate", "1500", "--json"
    )
    workers = json.loads(done.stdout)["workers"]
    assert [worker["batches"] for worker in workers] == [3, 3]
    for worker in workers:
        assert worker["seconds"] >= (1500 - 500) / 750
    database.parloader("verify")


@slow_on_mysql("server")
def test_batches_are_cut_where_one_would_take_more_than_a_second(database: Database) -> None:
    database.parloader("seed", "--rows", "900", "--procs", "2", "--batch", "450", "--max-rate", "600")
    assert database.value("SELECT MAX(row_count) FROM parloader_batch WHERE table_name = 'script_execution'") == 300


def test_clean_no_faster_than_it_may(database: Database) -> None:
    database.parloader("seed", "--rows", "2000")
    with running(database, "clean", "--yes", "--procs", "2", "--max-rate", "1000") as clean:
        until(lambda: 0 < loaded(database) < 2000, "a part is deleted")
        assert loaded(database) % 500 == 0
        assert clean.ended() == 0
    assert database.rows("SHOW TABLES") == ()


# pause and resume
@slow_on_mysql("server")
def test_a_seed_is_paused_and_goes_on(database: Database) -> None:
    with running(database, *SEED, *SLOW) as seed:
        until(lambda: loaded(database) > 0, "some batches are committed")
        said = database.parloader("pause").stdout
        assert re.search(r"paused by .+@.+, since 20.+ UTC: seed by .+, process \d+, since 20.+ UTC waits", said)
        seed.says("waiting: paused by ")
        assert held(database, seed) < ROWS
        status = json.loads(database.parloader("status", "--json").stdout)
        assert f"process {seed.process.pid}" in status["at_work"]["by"]
        assert status["paused"]["since"].endswith("Z")
        shown = database.parloader("status").stdout
        assert "running: seed by " in shown
        assert "paused by " in shown
        assert database.parloader("resume").stdout == "resumed\n"
        assert seed.ended() == 0, seed.said
        assert seed.said.count("waiting: ") == seed.said.count("resumed") == 1
    verified(database)
    status = json.loads(database.parloader("status", "--json").stdout)
    assert (status["at_work"], status["paused"]) == (None, None)
    assert database.parloader("resume").stdout == "nothing was paused\n"


@slow_on_mysql("server")
def test_a_clean_is_paused_and_goes_on(database: Database) -> None:
    database.parloader(*SEED)
    with running(database, "clean", "--yes", "--procs", "2", *SLOW) as clean:
        until(lambda: loaded(database) < ROWS, "some rows are deleted")
        assert "clean by " in database.parloader("pause").stdout
        clean.says("waiting: paused by ")
        left = held(database, clean, workers=0)  # so few rows are deleted by the command itself
        assert 0 < left < ROWS
        assert database.value("SELECT COUNT(*) FROM script_execution") == left
        database.parloader("resume")
        assert clean.ended() == 0, clean.said
    assert database.rows("SHOW TABLES") == ()


@pytest.mark.parametrize(
    ("arguments", "number"), [(("seed", "--rows", "10", "--new-run"), signal.SIGTERM), (("clean", "--yes"), signal.SIGINT)]
)
@slow_on_mysql("server")
def test_a_pause_from_before_holds_who_comes_and_ctrl_c_ends_the_wait(
    database: Database, arguments: tuple[str, ...], number: signal.Signals
) -> None:
    database.parloader("seed", "--rows", "10")
    assert "nothing is running, and the next command will wait" in database.parloader("pause").stdout
    with running(database, *arguments) as command:
        command.says("run parloader resume to resume it")
        before = database.rows("SELECT run_id FROM parloader_run")
        command.process.send_signal(number)
        assert command.ended() == 130
        assert before == database.rows("SELECT run_id FROM parloader_run") == ((1,),)
        assert loaded(database) == 10


@slow_on_mysql("server")
def test_ctrl_c_while_held(database: Database) -> None:
    with running(database, *SEED, *SLOW) as seed:
        until(lambda: loaded(database) > 0, "some batches are committed")
        database.parloader("pause")
        seed.says("waiting: paused by ")
        family = psutil.Process(seed.process.pid).children(recursive=True)
        seed.process.send_signal(signal.SIGINT)
        assert seed.ended() == 130
        assert f"has {loaded(database):,} of {ROWS:,} rows" in seed.said
        assert not psutil.wait_procs(family, timeout=60)[1]


@pytest.mark.slow
def test_while_it_waits_the_log_says_so_too(database: Database) -> None:
    with running(database, *SEED, *SLOW) as seed:
        until(lambda: loaded(database) > 0, "some batches are committed")
        database.parloader("pause")
        until(lambda: re.search(r"^seed: .* of 4,000 rows .* rows/s, .*, waiting, workers 2", seed.said, re.MULTILINE), "a line says it")


@pytest.mark.parametrize("command", ["pause", "resume"])
@slow_on_mysql("server")
def test_without_a_ledger_there_is_nothing_to_pause(database: Database, command: str) -> None:
    assert "there is no ledger in " in database.parloader(command, check=3).stderr
    assert database.rows("SHOW TABLES") == ()


# --max-load
def test_it_waits_while_there_are_too_many_connections(database: Database) -> None:
    with ExitStack() as stack:
        limit = connected(database) + 25  # those of the load and of the test's own looking fit below 80 % of it
        stack.enter_context(others(database, limit))
        with running(database, *SEED, "--max-load", f"Threads_connected={limit}") as seed:
            seed.says("waiting: Threads_connected is ")
            assert re.search(rf"Threads_connected is \d+, above {limit}\n", seed.said)
            assert database.rows("SHOW TABLES") == ()
            stack.close()
            assert seed.ended() == 0, seed.said
            assert seed.said.count("resumed") == 1
    verified(database)


@contextmanager
def queries(database: Database, count: int) -> Iterator[None]:
    """So many other sessions with a statement that runs: it waits for a lock."""

    def wait() -> None:
        with database.server.connection() as connection:
            sql.value(connection, "SELECT GET_LOCK('others', 60)")

    with ThreadPoolExecutor(count) as threads, database.server.connection() as holder:
        sql.value(holder, "SELECT GET_LOCK('others', 60)")
        for _ in range(count):
            threads.submit(wait)
        yield


@pytest.mark.slow
def test_it_waits_while_too_many_statements_run(database: Database) -> None:
    with ExitStack() as stack, running(database, *SEED, *SLOW, "--max-load", "Threads_connected=5000,Threads_running=20") as seed:
        until(lambda: loaded(database) > 0, "some batches are committed")
        stack.enter_context(queries(database, 25))
        seed.says("waiting: Threads_running is ")
        assert "above 20\n" in seed.said
        assert held(database, seed) < ROWS
        stack.close()
        assert seed.ended() == 0, seed.said
        assert seed.said.count("resumed") == 1
    verified(database)


@pytest.mark.slow
def test_two_reasons_at_once(database: Database) -> None:
    limit = connected(database) + 25
    with ExitStack() as stack, running(database, *SEED, *SLOW, "--max-load", f"Threads_connected={limit}") as seed:
        until(lambda: loaded(database) > 0, "some batches are committed")
        stack.enter_context(others(database, limit))
        seed.says("waiting: Threads_connected is ")
        database.parloader("pause")
        seed.says("waiting: paused by ")
        database.parloader("resume")
        until(lambda: seed.said.count("waiting: Threads_connected is ") == 2, "the other reason is still there")
        assert "resumed" not in seed.said
        assert held(database, seed) < ROWS
        stack.close()
        assert seed.ended() == 0, seed.said
    verified(database)


@pytest.mark.parametrize("command", [("seed", "--rows", "10"), ("clean", "--yes")])
@pytest.mark.parametrize(
    ("name", "message"), [("Thread_running", "has no status variable Thread_running"), ("Ssl_cipher", "is not a number")]
)
def test_a_variable_that_cannot_be_watched(database: Database, command: tuple[str, ...], name: str, message: str) -> None:
    assert message in database.parloader(*command, "--max-load", f"{name}=5", check=2).stderr
    assert database.rows("SHOW TABLES") == ()


def test_a_server_that_is_no_replica_has_no_lag(database: Database) -> None:
    refused = database.parloader("seed", "--rows", "10", "--max-lag", "5", check=3).stderr
    assert "is not a replica" in refused
    assert "--replica-url" in refused
    assert "is not a replica" in database.parloader("seed", "--rows", "10", "--max-lag", "5", "--replica-url", database.url, check=3).stderr
    assert database.rows("SHOW TABLES") == ()


# clean --chunk-time
class Seen(Progress):
    """Keeps the statistics."""

    stats: Stats

    @contextmanager
    def bar(self, what: str, rows: int, done: int = 0) -> Iterator[ProgressBar]:
        seen = self

        class Keep(ProgressBar):
            def update(self, stats: Stats, paused: bool) -> None:
                seen.stats = stats

        yield Keep()


@pytest.mark.parametrize(("chunk_seconds", "fewest", "most"), [(60, 5, 5), pytest.param(0.001, 20, 20_000, marks=pytest.mark.slow)])
def test_a_chunk_of_clean_takes_the_time_that_it_may(database: Database, chunk_seconds: float, fewest: int, most: int) -> None:
    """The first has 1,000 rows. Where there is time the next ones double: 1,000 + 2,000 + 4,000 + 8,000 and 5,000 that are left."""
    database.parloader("seed", "--rows", "20000", "--procs", "2")
    progress = Seen()
    clean(CleanConfig(target=database.target, procs=1, chunk=AutoBatch(chunk_seconds)), progress)
    assert progress.stats[0].rows == 20_000
    assert fewest <= progress.stats[0].batches <= most
