"""InnoDB does not purge what is deleted while a snapshot from before is open."""

from dataclasses import replace

from support.servers import Database, until

from parloader.database.purge import purge_postponed

SNAPSHOTS = """SELECT trx_mysql_thread_id FROM information_schema.innodb_trx
    WHERE trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = '{}') ORDER BY 1"""


def snapshots(database: Database) -> tuple[int, ...]:
    """The connections to the database that have a transaction open.

    The server renews its list only if nobody has read it for 0.1 s (InnoDB, trx0i_s: CACHE_MIN_IDLE_TIME).
    """
    with database.server.connection() as admin, admin.cursor() as cursor:
        cursor.execute("DO SLEEP(0.11)")
        cursor.execute(SNAPSHOTS.format(database.target.database))
        return tuple(int(number) for (number,) in cursor.fetchall())


def test_a_snapshot_is_open_while_the_block_runs(database: Database) -> None:
    with purge_postponed(database.target):
        until(lambda: len(snapshots(database)) == 1, "the transaction")
    until(lambda: not snapshots(database), "the end of the transaction")


def test_a_connection_that_is_lost_ends_only_the_snapshot(database: Database) -> None:
    with purge_postponed(database.target):
        until(lambda: snapshots(database), "the transaction")
        with database.server.connection() as admin, admin.cursor() as cursor:
            cursor.execute(f"KILL {snapshots(database)[0]:d}")
        until(lambda: not snapshots(database), "the end of the transaction")
        assert database.value("SELECT 1") == 1


def test_a_server_that_cannot_be_reached_is_no_error(database: Database) -> None:
    for target in (
        replace(database.target, host="127.0.0.1", port=1, unix_socket=None),
        replace(database.target, user="nobody", password="wrong"),
    ):
        with purge_postponed(target):
            assert not snapshots(database)
