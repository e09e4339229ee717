"""A run that fails while it begins, after another command has taken the database over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.servers import Database, everything

from parloader.config import SeedConfig
from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import AnotherRun
from parloader.ledger import store
from parloader.ledger.control import Holder
from parloader.runs import begin as runs_begin
from parloader.runs.begin import begin
from parloader.runs.preparation import prepare
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress


class Overtaken(DatabaseLease):
    """A lease that another command takes over as soon as the ledger exists."""

    held = False

    def fence(self, connection: Connection) -> int:
        token = super().fence(connection)
        Holder(doing="seed").write(connection, 1)
        return token

    def is_held(self, connection: Connection) -> bool:
        return self.held and super().is_held(connection)


@pytest.mark.parametrize("held", [True, False])
def test_only_the_holder_of_the_lease_undoes_what_it_has_begun(database: Database, held: bool) -> None:
    before = everything(database)
    config = SeedConfig(target=database.target, rows=100)
    lease = Overtaken(database.target, "seed", 1, Progress())
    lease.held = held
    with lease, database.connection() as connection:
        prepared = prepare(connection, config)
        with pytest.raises(AnotherRun, match="taken over"):
            begin(connection, database.target, prepared, Progress(), lease, token=None, first_counters={})
        assert store.runs(connection) == ()
        assert (everything(database) == before) == held


def test_a_run_that_is_committed_is_not_undone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C comes after the COMMIT that begins the run, and before the command knows of it."""
    transaction = sql.transaction

    @contextmanager
    def interrupted(connection: Connection) -> Iterator[None]:
        with transaction(connection):
            yield
        if store.runs(connection):
            raise KeyboardInterrupt

    monkeypatch.setattr(sql, "transaction", interrupted)
    lease = DatabaseLease(database.target, "seed", 1, Progress())
    with lease, database.connection() as connection:
        prepared = prepare(connection, SeedConfig(target=database.target, rows=100))
        with pytest.raises(KeyboardInterrupt):
            begin(connection, database.target, prepared, Progress(), lease, token=None, first_counters={})
        assert len(store.runs(connection)) == 1
    monkeypatch.undo()
    database.parloader("seed", "--rows", "100", "--procs", "1")
    database.parloader("verify", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM script_execution") == 100


def test_the_sample_of_a_table_with_document_ids_has_no_large_gap(database: Database) -> None:
    """MySQL refuses a document ID that is 65,535 above the one before, so the last rows cannot be tried beside the first ones."""
    database.execute(
        "CREATE TABLE doc (FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, body TEXT NOT NULL, FULLTEXT (body))"
    )
    lease = DatabaseLease(database.target, "seed", 1, Progress())
    with lease, database.connection() as connection:
        prepared = prepare(connection, SeedConfig(target=database.target, tables=("doc",), rows=200_000))
        run, _, _ = begin(connection, database.target, prepared, Progress(), lease, token=None, first_counters={})
    assert run.rows["doc"].new_rows == 200_000
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.rows("SHOW TABLES") == (("doc",),)


def test_rows_that_others_insert_while_a_run_begins_keep_their_keys(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the keys are reserved that were free a moment ago, and between that and the sample."""
    database.execute("CREATE TABLE note (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(40) NOT NULL) ENGINE=InnoDB")
    for name in ("_reserve_keys", "_write_parents"):
        monkeypatch.setattr(runs_begin, name, after_an_insert(database, getattr(runs_begin, name)))
    config = SeedConfig(target=database.target, tables=("note",), rows=100)
    with DatabaseLease(database.target, "seed", 1, Progress()) as lease, database.connection() as connection:
        begin(connection, database.target, prepare(connection, config), Progress(), lease, token=None, first_counters={})
    monkeypatch.undo()
    by_hand = database.rows("SELECT id FROM note")
    database.parloader("seed", "--table", "note", "--rows", "100")
    assert database.value("SELECT COUNT(*) FROM note WHERE text <> 'by hand'") == 100
    database.parloader("clean", "--yes")
    assert database.rows("SELECT id FROM note") == by_hand


def after_an_insert(database: Database, step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, before which somebody inserts a row."""

    def insert_first(*arguments: Any) -> Any:
        database.execute("INSERT INTO note (text) VALUES ('by hand')")
        return step(*arguments)

    return insert_first
