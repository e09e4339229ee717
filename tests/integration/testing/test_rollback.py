from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session
from support.servers import Database

from parloader.database.application_settings import sqlalchemy_url
from parloader.errors import ParloaderError, Refused, UsageError
from parloader.testing.database import Database as GivenDatabase
from parloader.testing.rollback import rolled_back, session_on


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)")
    engine = create_engine(sqlalchemy_url(database.target))
    yield engine
    engine.dispose()


def delete(connection: Connection | Session) -> None:
    connection.execute(text("DELETE FROM t"))


def test_what_is_written_is_rolled_back(engine: Engine, database: Database) -> None:
    with rolled_back(engine) as connection:
        delete(connection)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.execute(text("INSERT INTO t VALUES (3)"))
            session.commit()
            delete(session)
            session.rollback()
        assert connection.scalar(text("SELECT COUNT(*) FROM t")) == 1
    assert database.value("SELECT COUNT(*) FROM t") == 2


def test_after_a_rollback_it_is_still_rolled_back(engine: Engine, database: Database) -> None:
    with rolled_back(engine) as connection:
        delete(connection)
        connection.rollback()
        delete(connection)
    assert database.value("SELECT COUNT(*) FROM t") == 2


def test_commit_is_refused(engine: Engine, database: Database) -> None:
    with rolled_back(engine) as connection:
        delete(connection)
        with pytest.raises(UsageError, match="parloader_session"):
            connection.commit()
    with rolled_back(engine) as connection:  # the pool gives it the same connection
        assert connection.scalar(text("SELECT COUNT(*) FROM t")) == 2
    assert database.value("SELECT COUNT(*) FROM t") == 2


def test_a_commit_by_the_server_is_noticed(engine: Engine, database: Database) -> None:
    def test() -> None:
        with rolled_back(engine) as connection:
            delete(connection)
            connection.execute(text("CREATE TABLE u (a INT)"))

    with pytest.raises(ParloaderError, match="parloader_reset"):
        test()
    assert database.value("SELECT COUNT(*) FROM t") == 0


def test_an_error_in_the_block_is_passed_on(engine: Engine, database: Database) -> None:
    def test() -> None:
        with rolled_back(engine) as connection:
            delete(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        test()
    assert database.value("SELECT COUNT(*) FROM t") == 2


def test_a_statement_that_commits_in_a_session_is_one_error(engine: Engine, database: Database) -> None:
    def test() -> None:
        with rolled_back(engine) as connection, session_on(connection) as session:
            session.execute(text("TRUNCATE t"))
            with pytest.raises(ParloaderError, match="TRUNCATE commit"):
                session.commit()

    with pytest.raises(ParloaderError, match="parloader_reset") as raised:
        test()
    assert raised.value.__context__ is None
    assert database.value("SELECT COUNT(*) FROM t") == 0


def test_after_a_query_a_load_is_refused_until_the_transaction_ends(engine: Engine, database: Database) -> None:
    given = GivenDatabase(database.target)
    with given.rolled_back() as connection, session_on(connection) as session:
        given.require_no_transaction()
        session.connection()  # sets a savepoint
        given.require_no_transaction()
        session.execute(text("SELECT * FROM t"))
        with pytest.raises(Refused, match="Call seeded before the first query"):
            given.require_no_transaction()
        session.close()
        connection.rollback()
        given.require_no_transaction()
        connection.execute(text("SELECT * FROM t"))
        with pytest.raises(Refused, match="before the first query"):
            given.require_no_transaction()
    given.require_no_transaction()
    given.close()
