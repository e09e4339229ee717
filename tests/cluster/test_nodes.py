"""Nodes that are killed, come back, or lose their quorum during a load; and an application that writes on another node."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pymysql
import pytest
from support.cluster import Cluster, through
from support.loads import CLEAN, Load, Plan, has_committed, launched, proven, sessions, started
from support.servers import Database, until

from parloader.database import error_codes, sql

pytestmark = pytest.mark.cluster

LONG = Plan(rows=30_000, procs=3, batch=250, max_rate=3_000, retry_seconds=120)


def on_every_node(database: Database) -> list[Database]:
    return [through(database, number) for number in (1, 2, 3)]


def connections_of(load: Load, database: Database) -> int:
    with database.connection() as connection:
        return len(sessions(connection, load.database))


def test_workers_are_spread_over_the_nodes(database: Database) -> None:
    load = started(database, LONG)
    until(lambda: all(connections_of(load, node) for node in on_every_node(database)), "a worker is connected to each node")
    load.ends(0)
    proven(load)


def test_a_lost_node_and_its_return(database: Database, cluster: Cluster) -> None:
    """Its workers continue at other nodes; when it is back, it has every row."""
    load = started(database, LONG)
    cluster.kill(2)
    assert has_committed(load, LONG.rows // 2)
    cluster.start_node(2)
    ended = load.ends(0)
    assert ended.retries >= 1
    cluster.wait_until_in_sync(cluster.node(2))
    through(database, 2).parloader("verify", "--procs", "2")
    proven(load)


@pytest.mark.parametrize("writer", ["insert", "load-data"])
def test_nodes_are_lost_one_after_the_other(database: Database, cluster: Cluster, writer: str) -> None:
    """The node of the lease, too. Each batch whose COMMIT got no answer is looked up at another node."""
    load = started(database, replace(LONG, writer=writer, max_rate=1_000))
    for number in (1, 2, 3):
        cluster.kill(number)
        assert has_committed(load, number * LONG.rows // 6)
        cluster.start_node(number)
        cluster.wait_until_in_sync(cluster.node(number))
    assert load.ends(0).retries >= 3
    proven(load)


def test_the_only_node_of_the_url_is_lost_and_the_run_repeated_through_another(database: Database, cluster: Cluster) -> None:
    load = started(through(database, 2), replace(LONG, retry_seconds=1))
    cluster.kill(2)
    load.ends(4)
    other = replace(database, target=database.target.at(database.target.nodes[0]))
    assert "resume: parloader seed" in other.parloader("status").output
    proven(replace(load, database=other))


def test_without_a_quorum_the_load_waits(database: Database, cluster: Cluster) -> None:
    """Two nodes that answer nothing leave the third without a quorum: it refuses every statement with error 1047."""
    load = started(through(database, 1), LONG)
    for number in (2, 3):
        cluster.pause(number)
    until(lambda: cluster.node(1).status("wsrep_ready") == "OFF", "node 1 has no quorum")
    assert load.process.poll() is None
    for number in (2, 3):
        cluster.resume(number)
    assert load.ends(0).retries >= 1
    for node in cluster.nodes:
        cluster.wait_until_in_sync(node)
    proven(load)


def test_without_a_quorum_for_longer_than_retry_seconds(database: Database, cluster: Cluster) -> None:
    load = started(through(database, 1), replace(LONG, retry_seconds=2))
    for number in (2, 3):
        cluster.pause(number)
    load.ends(4, "WSREP has not yet prepared node|error 1180|does not get in step with its Galera cluster")
    for command in ("verify", "status"):
        done = through(database, 1).parloader(command, check=4)
        assert "committed nothing" not in done.stderr
    for number in (2, 3):
        cluster.resume(number)
    for node in cluster.nodes:
        cluster.wait_until_in_sync(node)
    proven(load)


@contextmanager
def application(database: Database, statements: tuple[str, ...]) -> Iterator[list[int]]:
    """Runs the statements over and over until the end of the block; yields a list that grows by each one that succeeded."""
    done: list[int] = []
    over = threading.Event()

    def work() -> None:
        with database.connection() as connection:
            while not over.is_set():
                for statement in statements:
                    try:
                        sql.execute(connection, statement)
                    except pymysql.Error as error:  # the load's transaction was first
                        if not error_codes.is_conflict(error):
                            raise
                    else:
                        done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def test_an_application_writes_on_other_nodes(database: Database) -> None:
    """Into the same table, and into the rows that the load references: certification rolls back one of the two. Its rows are as it wrote them."""
    plan = replace(LONG, more=("--table", "orders"))
    database.execute(
        "CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, seen INT NOT NULL DEFAULT 0)",
        "INSERT INTO customer (name) VALUES ('Ann'), ('Bob'), ('Cid')",
        """CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NOT NULL, note VARCHAR(40) NOT NULL,
            FOREIGN KEY (customer_id) REFERENCES customer (id))""",
    )
    insert = "INSERT INTO orders (customer_id, note) VALUES (1, 'of the application')"
    update = "UPDATE customer SET seen = seen + 1 ORDER BY RAND() LIMIT 1"
    with application(through(database, 2), (insert, update)) as one, application(through(database, 3), (insert, update)) as other:
        load = launched(through(database, 1), plan)
        load.ends(0)
        assert one
        assert other
        through(database, 3).parloader("verify", "--procs", "2", "--ignore-extra")
    own = database.value("SELECT COUNT(*) FROM orders WHERE note = 'of the application'")
    seen = database.value("SELECT SUM(seen) FROM customer")
    assert own + seen == len(one) + len(other)  # type: ignore[operator]
    assert database.value("SELECT COUNT(*) FROM orders") == own + plan.rows  # type: ignore[operator]
    database.parloader("verify", "--procs", "2", "--ignore-extra")
    database.parloader("clean", "--yes", "--procs", "2")
    assert database.rows("SELECT COUNT(*), MIN(note) FROM orders") == ((own, "of the application"),)
    assert database.value("SELECT SUM(seen) FROM customer") == seen
    assert database.rows("SHOW TABLES") == (("customer",), ("orders",))


def test_a_node_is_lost_during_clean(database: Database, cluster: Cluster) -> None:
    database.parloader(*replace(LONG, max_rate=None).command)
    load = launched(database, command=(*CLEAN, "--max-rate", "5000"))
    with through(database, 1).connection() as connection, contextlib.suppress(pymysql.Error):
        until(lambda: sql.value(connection, "SELECT COUNT(*) FROM script_execution") < LONG.rows, "rows are gone")
    cluster.kill(2)
    load.ends(0)
    assert through(database, 1).rows("SHOW TABLES") == ()


def test_keys_that_a_seed_reserved_are_given_back_through_another_node(database: Database) -> None:
    database.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t (v) VALUES (7)")
    counter = "SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 't'"
    before = [node.value(counter) for node in on_every_node(database)]
    database.parloader("seed", "--table", "t", "--rows", "500", "--procs", "3", "--batch", "50")
    cleaned_through = through(database, 2)
    cleaned_through.parloader("clean", "--yes")
    assert {node.value(counter) for node in on_every_node(database)} == {before[0]}  # ALTER TABLE runs on every node
    assert cleaned_through.rows("SELECT v FROM t") == ((7,),)
