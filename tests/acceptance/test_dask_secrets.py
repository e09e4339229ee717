"""No password in what a Dask cluster shows or keeps: the memory of its scheduler, which includes keys, arguments, events and variables; and logs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dask import DaskCluster, dask_cluster, occurrences
from support.loads import Plan, halted, started
from support.servers import Database, TestServer, tcp_address

from parloader.database import sql
from parloader.database.target import Target

MARK = re.compile(rb"[Z]x9[Q]7")
"""The password. Its pattern, which the scheduler gets to search for it, does not match itself."""

PASSWORD = "a:Zx9Q7@%/ü"

pytestmark = pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc here")


@pytest.fixture
def secret(database: Database) -> Database:
    """The database as an account that needs the password."""
    with database.server.connection() as admin:
        sql.execute(admin, "DROP USER IF EXISTS 'secret'@'%%'")
        sql.execute(admin, "CREATE USER 'secret'@'%%' IDENTIFIED BY %s", PASSWORD)
        sql.execute(admin, f"GRANT ALL ON {database.target.database}.* TO 'secret'@'%%'")
        host, port = tcp_address(database.target, admin)
    target = Target(user="secret", password=PASSWORD, host=host, port=port, database=database.target.database)
    return Database(TestServer(database.server.kind, database.server.admin), target, database.folder)


@pytest.fixture
def cluster(secret: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Its worker knows the password itself, but uses it only if it shall."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.add_workers("a", environment={"PARLOADER_URL": secret.url})
        yield cluster


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_nothing_in_the_cluster_shows_it(secret: Database, cluster: DaskCluster) -> None:
    for credentials in ("encrypted", "worker", "unencrypted"):
        load = started(secret, Plan(procs=1, more=(*cluster.options, "--credentials", credentials, "-v")))
        with halted(load):
            assert all(cluster.client.run(occurrences, MARK).values()), "the search would find it"
            assert cluster.client.run_on_scheduler(occurrences, MARK) == 0
        ended = load.ends(0)
        assert cluster.client.run_on_scheduler(occurrences, MARK) == 0
        shown = cluster.logs() + ended.stdout + ended.stderr
        assert not MARK.search(shown.encode())
        secret.parloader("clean", "--yes", "--procs", "1", "--accept-unseen-references")
