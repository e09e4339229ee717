"""One command at a time, and no transaction of a command that lost the lock."""

import getpass
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from support.servers import Database, until

from parloader.database import sql
from parloader.errors import AnotherRun
from parloader.ledger import control, recorded_batches, store
from parloader.ledger.control import Holder
from parloader.plans.row_ranges import IndexRange


def test_the_lock_dies_with_its_connection(database: Database) -> None:
    with database.connection() as one, database.connection() as other:
        assert control.lock(one)
        assert not control.lock(other)
        assert control.has_lock(one)
        assert not control.has_lock(other)
        assert control.at_work(other)
    with database.connection() as other:
        until(lambda: control.lock(other), "the lock is free")


def test_the_running_command_is_named_with_its_start(database: Database) -> None:
    with database.connection() as one, database.connection() as other:
        assert control.lock(one)
        assert "start not recorded yet" in str(control.refusal(other))
        store.create(one)
        Holder(doing="seed").write(one, one.thread_id())
        said = str(control.refusal(other))
        assert f"seed by {getpass.getuser()}@{socket.gethostname()}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d}" in said


def test_a_batch_of_a_previous_holder_is_refused(database: Database) -> None:
    with database.connection() as connection:
        store.create(connection)
        first, second = Holder(doing="seed"), Holder(doing="seed")
        first.write(connection, 1)
        assert recorded_batches.record(connection, 1, "t", IndexRange(0, 10), token=first.token)
        assert not recorded_batches.record(connection, 1, "t", IndexRange(0, 10), token=first.token)
        second.write(connection, 2)
        assert not first.is_current(connection)
        with pytest.raises(AnotherRun, match=r"taken over this database: seed by .*, since 20"):
            recorded_batches.record(connection, 1, "t", IndexRange(10, 20), token=first.token)
        with pytest.raises(AnotherRun, match=r"taken over this database: seed by .*, since 20"):
            control.require_current(connection, first.token)
        assert recorded_batches.record(connection, 1, "t", IndexRange(10, 20), token=second.token)


def test_a_holder_whose_entry_is_gone_is_not_said_to_be_replaced(database: Database) -> None:
    with database.connection() as connection:
        store.create(connection)
        holder = Holder(doing="seed")
        holder.write(connection, 1)
        database.execute("DELETE FROM parloader_control")
        with pytest.raises(AnotherRun, match=r"parloader_control no longer lists this command.*Perhaps the ledger was changed"):
            control.require_current(connection, holder.token)


def a_transaction_waits(database: Database) -> bool:
    time.sleep(0.15)  # the view is refreshed at most every 0.1 s (MySQL manual "The INFORMATION_SCHEMA INNODB_TRX Table")
    return bool(database.rows("SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"))


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "READ COMMITTED"])
@pytest.mark.parametrize("does", ["writes", "deletes"])
def test_a_new_holder_waits_for_open_transactions_of_the_previous_one(database: Database, does: str, isolation: str) -> None:
    """An INSERT … SELECT locks what it reads only under REPEATABLE READ, unless it says so."""
    first, second = Holder(doing="seed"), Holder(doing="seed")
    with database.connection() as worker, database.connection() as other, ThreadPoolExecutor() as thread:
        store.create(other)
        first.write(other, 1)
        sql.execute(worker, f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
        worker.begin()
        if does == "writes":
            assert recorded_batches.record(worker, 1, "t", IndexRange(0, 10), token=first.token)
        else:
            control.require_current(worker, first.token)
        writing = thread.submit(second.write, other, 2)
        until(lambda: a_transaction_waits(database), "it waits")
        worker.commit()
        writing.result()
        assert second.is_current(other)
