"""Every session has the required settings, on real servers, whatever the server's global variables are."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.faults import ordinary_account, settings
from support.servers import Database

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.session import NO_LIMIT, SQL_MODE, connect, server_info
from parloader.errors import SessionLawError

# variable → (a harmful global value, the value that a session has nevertheless)
BOTH = {
    "foreign_key_checks": (0, 1),
    "unique_checks": (0, 1),
    "time_zone": ("+05:00", "+00:00"),
    "sql_select_limit": (250, NO_LIMIT),
    "autocommit": (0, 1),
    "completion_type": ("RELEASE", "NO_CHAIN"),
    "sql_big_selects": (0, 1),
}

OWN = {
    ServerKind.MARIADB: {"check_constraint_checks": (0, 1), "max_statement_time": (5, 0)},
    ServerKind.MYSQL: {"max_execution_time": (5000, 0)},
}

NAMES = sorted({*BOTH, *(name for own in OWN.values() for name in own)})


@pytest.fixture
def kind(database: Database) -> Iterator[ServerKind]:
    with database.connection() as connection:
        yield server_info(connection).kind


def value_in_session(database: Database, name: str, *, autocommit: bool = True) -> object:
    with closing(connect(database.target, autocommit=autocommit)) as connection:
        return sql.value(connection, f"SELECT @@SESSION.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_session_does_not_take_a_global_value(database: Database, kind: ServerKind, name: str) -> None:
    known = {**BOTH, **OWN[kind]}
    if name not in known:
        pytest.skip(f"{kind} has no variable {name}")
    harmful, wanted = known[name]
    with settings(database.server, **{name: harmful}):
        assert value_in_session(database, name) == wanted


def test_an_ordinary_account_does_not_take_what_init_connect_sets(database: Database, kind: ServerKind) -> None:
    known = {**BOTH, **OWN[kind]}
    harm = ", ".join(f"SESSION {name} = {value!r}" for name, (value, _) in known.items())
    with ordinary_account(database) as ordinary, settings(database.server, init_connect=f"SET {harm}"):
        assert {name: value_in_session(ordinary, name) for name in known} == {name: wanted for name, (_, wanted) in known.items()}


@pytest.mark.parametrize("globally", [0, 1])
@pytest.mark.parametrize("autocommit", [False, True])
def test_autocommit_is_as_requested(database: Database, autocommit: bool, globally: int) -> None:
    with settings(database.server, autocommit=globally):
        assert value_in_session(database, "autocommit", autocommit=autocommit) == int(autocommit)


def test_a_server_that_returns_no_row_of_a_select(database: Database) -> None:
    with settings(database.server, sql_select_limit=0):
        assert value_in_session(database, "sql_select_limit") == NO_LIMIT


def test_every_session_has_the_strict_modes(database: Database) -> None:
    with settings(database.server, sql_mode=""), database.connection() as connection:
        assert set(SQL_MODE) <= set(sql.value(connection, "SELECT @@sql_mode").split(","))
        assert sql.value(connection, "SELECT @@character_set_client") == "utf8mb4"


def test_a_server_that_keeps_another_value_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a proxy that changes a session's variables would: here the statement that sets them does nothing."""
    execute = sql.execute

    def set_nothing(connection: Connection, statement: str, *values: object) -> int:
        return execute(connection, "SET @nothing = 1" if statement.startswith("SET SESSION") else statement, *values)

    monkeypatch.setattr(sql, "execute", set_nothing)
    with pytest.raises(SessionLawError, match="required session settings could not be enforced"):
        connect(database.target)


def test_a_connection_costs_five_statements(database: Database) -> None:
    """SET NAMES by the driver, then the server's version, SET NAMES, what is set, and what is read back; and the SHOW statement itself."""
    with database.connection() as connection:
        asked = sql.row(connection, "SHOW SESSION STATUS LIKE 'Questions'")[1]
    assert int(asked) == 6
