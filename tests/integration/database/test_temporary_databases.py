import pymysql
import pytest
from support.servers import Database

from parloader.database import sql, temporary_databases
from parloader.database.session import connect, connected
from parloader.database.target import Target
from parloader.errors import PrivilegeMissing


def names(target: Target, run: str) -> set[str]:
    with connected(target) as connection:
        return {name for (name,) in sql.rows(connection, "SHOW DATABASES") if run in name}


def test_databases_of_a_run_are_kept_until_it_has_ended(database: Database) -> None:
    run = connect(database.target)
    prefix = temporary_databases.begin_run(run)
    derived = f"test_{prefix}_gw0_gw0"  # as pytest-django names it
    temporary_databases.create(run, f"{prefix}_gw0")
    database.execute(f"CREATE DATABASE {derived}")
    with database.connection() as other:
        assert temporary_databases.begin_run(other) != prefix
        assert temporary_databases.drop_abandoned(other) == []
        assert names(database.target, prefix) == {f"{prefix}_gw0", derived}
        run.close()
        abandoned: list[str] = []
        while not abandoned:  # the server notices the end of the connection a little later
            abandoned = temporary_databases.drop_abandoned(other)
    assert names(database.target, prefix) == set()


def test_an_open_transaction_does_not_hold_up_the_drop(database: Database) -> None:
    with database.connection() as connection:
        name = f"{temporary_databases.begin_run(connection)}_main"
        temporary_databases.create(connection, name)
        sql.execute(connection, f"CREATE TABLE {name}.t (a INT)")
        user = connect(Target(**{**vars(database.target), "database": name}), autocommit=False)
        sql.rows(user, "SELECT * FROM t")
        temporary_databases.drop(connection, name)
        with pytest.raises(pymysql.Error):
            sql.rows(user, "SELECT 1")
        assert names(database.target, name) == set()


def test_an_account_that_may_not_create_it(database: Database) -> None:
    database.execute(
        "DROP USER IF EXISTS tester", "CREATE USER tester IDENTIFIED BY 'p'", f"GRANT ALL ON {database.target.database}.* TO tester"
    )
    tester = Target(**{**vars(database.target), "user": "tester", "password": "p"})
    with connected(tester) as connection, pytest.raises(PrivilegeMissing) as refused:
        temporary_databases.create(connection, "parloader_test_00000000_main")
    database.execute(refused.value.next_step.partition(": ")[2].replace("%", "%%"))
    with connected(tester) as connection:
        temporary_databases.create(connection, "parloader_test_00000000_main")
        temporary_databases.drop(connection, "parloader_test_00000000_main")
    database.execute("DROP USER tester")
