"""What keeps the transaction of a worker from being committed too late, through another node."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from support.cluster import through
from support.servers import Database, until

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.errors import AnotherRun
from parloader.ledger import cluster_lease, control, recorded_batches, store
from parloader.ledger.control import Holder
from parloader.plans.row_ranges import IndexRange
from parloader.workers.lease import DatabaseLease
from parloader.workers.progress import Progress

pytestmark = pytest.mark.cluster

TIMES = 40


def commit_fails(connection: Connection) -> bool:
    try:
        connection.commit()
    except DriverError as error:
        assert error_codes.is_conflict(error)  # noqa: PT017  another error would be a false success
        error_codes.rollback(connection)
        return True
    return False


def test_no_transaction_of_a_previous_holder_is_committed_after_a_takeover(database: Database) -> None:
    with through(database, 1).connection() as one, through(database, 2).connection() as two:
        store.create(one)
        late = 0
        for number in range(TIMES):
            first, second = Holder(doing="seed"), Holder(doing="clean")
            first.write(one, 1)
            two.begin()
            assert recorded_batches.record(two, 1, "t", IndexRange(number, number + 1), token=first.token, slot=number)
            second.write(one, 1)
            late += not commit_fails(two)
            with pytest.raises(AnotherRun, match="taken over"):
                recorded_batches.record(two, 1, "t", IndexRange(number, number + 1), token=first.token, slot=number)
        assert late == 0
        assert recorded_batches.committed(one, 1, "t", (IndexRange(0, TIMES),)) == ()


def test_no_transaction_of_a_dead_worker_is_committed_after_its_successor_has_read_the_ledger(database: Database) -> None:
    with through(database, 1).connection() as successor, through(database, 2).connection() as worker:
        store.create(successor)
        holder = Holder(doing="seed")
        holder.write(successor, 1)
        for number in range(TIMES):
            worker.begin()
            assert recorded_batches.record(worker, 1, "t", IndexRange(number, number + 1), token=holder.token, slot=number)
            with sql.transaction(successor):
                control.require_current(successor, holder.token, number)
                read = recorded_batches.committed(successor, 1, "t", (IndexRange(number, number + 1),))
            assert read == ()
            assert commit_fails(worker)


def test_one_of_many_gets_the_lease(database: Database) -> None:
    def attempt(number: int) -> bool:
        with through(database, 1 + number).connection() as connection:
            return cluster_lease.take(connection, 1 + number, f"attempt {number}", lambda _: None)

    with ThreadPoolExecutor(3) as threads, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_lease, "EXPIRY_SECONDS", 3600)
        trying = [threads.submit(attempt, number) for number in range(3)]
        until(lambda: any(each.done() for each in trying), "one has the lease")
        (winner,) = (1 + number for number, each in enumerate(trying) if each.done() and each.result())
        with through(database, winner).connection() as connection:
            while not all(each.done() for each in trying):  # the others wait for a sign of life
                assert cluster_lease.renew(connection, winner)
        assert [each.result() for each in trying] == [number + 1 == winner for number in range(3)]


def test_an_abandoned_lease_is_taken_by_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_lease, "EXPIRY_SECONDS", 1)
    notes: list[str] = []
    with through(database, 1).connection() as dead, through(database, 2).connection() as other:
        assert cluster_lease.take(dead, 1, "dead", notes.append)
        assert cluster_lease.take(other, 2, "other", notes.append)
        assert not cluster_lease.renew(dead, 1)
        cluster_lease.release(dead, 1, drop=True)  # not its own any more
        assert cluster_lease.renew(other, 2)
        cluster_lease.release(other, 2, drop=False)
        assert cluster_lease.take(dead, 3, "again", notes.append)
        cluster_lease.release(dead, 3, drop=True)
        assert cluster_lease.read(other) is None
    assert database.rows("SHOW TABLES") == ()


def test_a_holder_that_lost_its_node_gives_its_sign_of_life_where_another_command_waits_for_it(database: Database) -> None:
    """That command has the lock of the only node that is left."""
    both = replace(database.target, others=database.target.others[:1])
    with DatabaseLease(both, "seed", 60, Progress()) as holder, ThreadPoolExecutor(1) as thread:
        with through(database, 1).connection() as connection:
            lock = control.holder_connection_id(connection)
            waiting = thread.submit(lambda: DatabaseLease(through(database, 2).target, "clean", 60, Progress()).__enter__())
            with through(database, 2).connection() as other:
                until(lambda: control.holder_connection_id(other), "the other command has the lock of its node")
            sql.execute(connection, "KILL %s", lock)
        with pytest.raises(AnotherRun, match="another parloader command is running in this database: seed by"):
            waiting.result()
        until(lambda: cluster_lease_node(database) == "2" or holder.failure, "it holds the lease through the other node")
        assert holder.failure is None


def cluster_lease_node(database: Database) -> str:
    """The number of the node through which the lease is held."""
    with through(database, 2).connection() as connection:
        lease = cluster_lease.read(connection)
        assert lease
        return lease.node.rsplit("/", 3)[1]
