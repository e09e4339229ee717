"""What a session on a node of a cluster is like, and which clusters are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.cluster import Cluster, database_on, through
from support.servers import Database

from parloader.builtin.tables import TABLES, create_tables, drop_empty_in_cluster
from parloader.database import sql

pytestmark = pytest.mark.cluster


def test_a_session_reads_what_another_node_has_committed(database: Database) -> None:
    with through(database, 1).connection() as one, through(database, 2).connection() as two:
        assert one.in_cluster
        sql.execute(one, "CREATE TABLE t (id INT PRIMARY KEY)")
        for number in range(200):
            sql.execute(one, "INSERT INTO t VALUES (%s)", number)
            assert sql.value(two, "SELECT COUNT(*) FROM t") == number + 1


@pytest.mark.parametrize("setting", ["wsrep_dirty_reads", "wsrep_OSU_method = RSU", "wsrep_trx_fragment_size = 100"])
def test_global_settings_of_a_node_change_nothing(database: Database, cluster: Cluster, setting: str) -> None:
    name, _, value = setting.partition(" = ")
    node = cluster.node(1)
    before = node.rows(f"SELECT @@GLOBAL.{name}")[0][0]
    node.rows(f"SET GLOBAL {name} = {value or 1}")
    try:
        through(database, 1).parloader("seed", "--rows", "2000")
        through(database, 2).parloader("verify")
        through(database, 3).parloader("clean", "--yes")
        assert through(database, 2).rows("SHOW TABLES") == ()
    finally:
        node.rows(f"SET GLOBAL {name} = {before!r}")


def test_a_node_that_would_commit_a_part_of_a_batch_is_refused(database: Database, cluster: Cluster) -> None:
    cluster.node(1).rows("SET GLOBAL wsrep_load_data_splitting = 1")
    try:
        refused = through(database, 1).parloader("seed", "--rows", "10", "--writer", "load-data", check=3)
        assert "wsrep_load_data_splitting" in refused.stderr
        assert database.rows("SHOW TABLES") == ()
    finally:
        cluster.node(1).rows("SET GLOBAL wsrep_load_data_splitting = 0")


def test_deferred_indexes_are_refused(database: Database) -> None:
    database.execute("CREATE TABLE t (id INT UNSIGNED NOT NULL PRIMARY KEY, a INT NOT NULL, KEY a (a)) ENGINE=InnoDB")
    command = ("--table", "t", "--rows", "10", "--defer-indexes")
    assert "stops all writes on every node" in through(database, 1).parloader("seed", *command, check=3).stderr
    assert "seed would be refused: --defer-indexes" in through(database, 1).parloader("plan", *command).stdout
    assert database.rows("SHOW TABLES") == (("t",),)
    database.execute("DROP TABLE t")


def test_tables_with_a_row_of_an_application_are_not_dropped(database: Database) -> None:
    with through(database, 1).connection() as connection:
        create_tables(connection)
    through(database, 2).execute("INSERT INTO robot_account SET username = 'of the application', created_at = NOW()")
    with through(database, 1).connection() as connection:
        assert not drop_empty_in_cluster(connection, TABLES[::-1])
    assert through(database, 3).value("SELECT username FROM robot_account") == "of the application"
    database.execute("DELETE FROM robot_account")
    with through(database, 2).connection() as connection:
        assert drop_empty_in_cluster(connection, TABLES[::-1])
    assert through(database, 3).rows("SHOW TABLES") == ()


def test_a_node_of_another_cluster_is_refused(cluster: Cluster, two_nodes: Cluster, tmp_path: Path) -> None:
    ours, theirs = database_on(cluster, tmp_path), database_on(two_nodes, tmp_path)
    two_nodes.nodes[0].rows(f"CREATE DATABASE IF NOT EXISTS {ours.target.database}")
    both = replace(ours, target=replace(ours.target, others=(*ours.target.others, *theirs.target.nodes)))
    for command in (["seed"], ["status"], ["verify"], ["clean", "--yes"], ["plan"]):
        done = both.parloader(*command, check=3)
        assert "are not nodes of the same Galera cluster. Name one server in --url" in done.stderr
    assert ours.rows("SHOW TABLES") == ()
