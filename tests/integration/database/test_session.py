"""Every session has the required settings, on real servers, whatever the server's global variables are."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from support.faults import ordinary_account, settings
from support.hostile_values import hostile_values
from support.servers import Database, on_mariadb_11_8_too

from parloader.database import session, session_variables, sql
from parloader.database.dialects import BOTH, MARIADB, Dialect, ServerKind
from parloader.database.driver import Connection, DriverError
from parloader.database.session import connect, server_info
from parloader.database.session_settings import NO_LIMIT, SETTINGS, SQL_MODE, Setting
from parloader.database.session_variables import ENTRIES, Entry
from parloader.database.session_variables_left_alone import known_names
from parloader.errors import SessionLawError

MARIADB_NAMES = sorted(hostile_values(ServerKind.MARIADB).keys() & {s.name for s in SETTINGS if ServerKind.MARIADB in s.servers})

MYSQL_NAMES = sorted(hostile_values(ServerKind.MYSQL).keys() & {s.name for s in SETTINGS if ServerKind.MYSQL in s.servers})

NAMES = sorted({*MARIADB_NAMES, *MYSQL_NAMES})

# These have no value that an ordinary server could have and that would do harm, or none that every version accepts
NOT_HOSTILE = {
    "information_schema_stats_expiry",
    "max_tmp_session_space_usage",
    "query_cache_type",  # can only be set globally if the server was started with it
    "transaction_isolation",
    "transaction_read_only",
    "use_secondary_engine",
    "wsrep_trx_fragment_size",  # can only be set on a node of a cluster
}


# The error number of the warning that a variable has no effect any more (MariaDB errmsg-utf8.txt, ER_VARIABLE_IGNORED)
VARIABLE_IGNORED = 4200


@pytest.fixture
def kind(database: Database) -> Iterator[ServerKind]:
    with database.connection() as connection:
        yield server_info(connection).kind


def value_in_session(database: Database, name: str, *, autocommit: bool = True) -> object:
    with closing(connect(database.target, autocommit=autocommit)) as connection:
        return sql.value(connection, f"SELECT @@SESSION.{name}")


def hostile(kind: ServerKind) -> dict[str, object]:
    """The hostile values of the variables that every session sets."""
    return {name: hostile_values(kind)[name] for name in (MARIADB_NAMES if kind is ServerKind.MARIADB else MYSQL_NAMES)}


def test_there_is_a_hostile_value_for_every_setting() -> None:
    assert {s.name for s in SETTINGS} - set(NAMES) == NOT_HOSTILE - set(NAMES)


@on_mariadb_11_8_too("server")
def test_a_session_does_not_take_a_global_value(database: Database, kind: ServerKind) -> None:
    for name, value in hostile(kind).items():
        usual = value_in_session(database, name)
        with database.server.connection() as admin:
            sql.execute(admin, f"SET GLOBAL {name} = %s", value)
            try:
                ignored = any(code == VARIABLE_IGNORED and name in text for _, code, text in sql.rows(admin, "SHOW WARNINGS"))
                assert (sql.value(admin, f"SELECT @@GLOBAL.{name}") == usual) == ignored, name
                assert value_in_session(database, name) == usual, name
            finally:
                sql.execute(admin, f"SET GLOBAL {name} = DEFAULT")


def test_an_ordinary_account_does_not_take_what_init_connect_sets(database: Database, kind: ServerKind) -> None:
    usual = {name: value_in_session(database, name) for name in hostile(kind)}
    harm = ", ".join(f"SESSION {name} = {value!r}" for name, value in hostile(kind).items() if name != "max_session_mem_used")
    with ordinary_account(database) as ordinary, settings(database.server, init_connect=f"SET {harm}"):
        assert {name: value_in_session(ordinary, name) for name in hostile(kind)} == usual


@pytest.mark.parametrize(
    ("init_connect", "kinds", "name"),
    [
        ("SET insert_id = 7", BOTH, "insert_id"),
        ("SET sql_log_bin = 0", BOTH, "sql_log_bin"),
        ("SET skip_replication = 1", MARIADB, "skip_replication"),
    ],
)
def test_a_session_with_a_value_that_it_may_not_change_is_refused(
    database: Database, kind: ServerKind, init_connect: str, kinds: tuple[ServerKind, ...], name: str
) -> None:
    if kind not in kinds:
        pytest.skip(f"{kind} has no variable {name}")
    privilege = "BINLOG ADMIN, BINLOG REPLAY" if kind is ServerKind.MARIADB else "SYSTEM_VARIABLES_ADMIN"
    with ordinary_account(database) as ordinary, settings(database.server, init_connect=init_connect) as admin:
        sql.execute(admin, f"GRANT {privilege} ON *.* TO {ordinary.target.user}@'%%'")
        with pytest.raises(SessionLawError) as caught:
            connect(ordinary.target)
        assert caught.value.message.startswith(f"the session variable {name} must be ")
        result = ordinary.parloader("status", check=3)
        assert result.stderr.count("\n") == 1


def test_a_transaction_that_init_connect_begins_is_rolled_back(database: Database) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB")
    with ordinary_account(database) as ordinary, settings(database.server, init_connect="BEGIN"):
        with closing(connect(ordinary.target)) as connection:
            sql.execute(connection, "INSERT INTO t VALUES (2)")
        assert database.rows("SELECT id FROM t") == ((2,),)


def test_a_variable_that_the_server_lacks_and_one_that_the_account_may_not_set(
    database: Database, kind: ServerKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions and builds differ from the table. What does not exist can do no harm; what may not be set must be right already."""
    with database.connection() as connection:
        restricted = "binlog_row_image" if kind is ServerKind.MARIADB else "sql_generate_invisible_primary_key"
        value = sql.value(connection, f"SELECT @@{restricted}")
    more = (
        Setting(name="no_such_variable", value="1", reason=""),
        Setting(name=restricted, value=f"'{value}'" if kind is ServerKind.MARIADB else str(value), reason=""),
    )
    monkeypatch.setattr(session_variables, "SETTINGS", (*SETTINGS, *more))
    monkeypatch.setattr(session, "_deviations", {})
    session._statements.cache_clear()
    try:
        with ordinary_account(database) as ordinary:
            assert value_in_session(ordinary, "sql_select_limit") == NO_LIMIT
            (deviations,) = (found for (_, user), found in session._deviations.items() if user == ordinary.target.user.encode())
            assert deviations == session.Deviations(frozenset({"no_such_variable"}), frozenset({restricted}))
            hostile_value = "MINIMAL" if kind is ServerKind.MARIADB else 1
            with settings(database.server, **{restricted: hostile_value}), pytest.raises(SessionLawError, match=restricted):
                connect(ordinary.target)
    finally:
        session._statements.cache_clear()


@on_mariadb_11_8_too("server")
def test_the_server_at_hand_has_exactly_the_variables_that_the_table_has_for_its_version(database: Database, kind: ServerKind) -> None:
    with database.connection() as connection:
        expected: tuple[Entry, ...] = (*session_variables.settings(connection.dialect), *session_variables.requirements(connection.dialect))
        available = {entry.name for entry in expected}
        for entry in ENTRIES:
            if kind in entry.servers and not has_other_name(connection.dialect, entry.name):
                assert has_variable(connection, entry.name) == (entry.name in available), entry.name
    assert not session._deviations


def has_other_name(dialect: Dialect, name: str) -> bool:
    """Whether it is another name of a variable that is set: tx_isolation since MariaDB 11.1.1. The test above sets it globally, too."""
    return name.startswith("tx_") and dialect.kind is ServerKind.MARIADB and dialect.version >= (11, 1, 1)


@on_mariadb_11_8_too("server")
def test_every_session_variable_of_the_server_is_in_the_table(database: Database, kind: ServerKind) -> None:
    with database.connection() as connection:
        names = [name.lower() for name, _ in sql.rows(connection, "SHOW SESSION VARIABLES")]
        of_sessions = {name for name in names if has_variable(connection, name, "SESSION.")}
    assert len(of_sessions) > 100
    assert not of_sessions - known_names(kind)


def has_variable(connection: Connection, name: str, scope: str = "") -> bool:
    try:
        sql.value(connection, f"SELECT @@{scope}{name}")
    except DriverError:
        return False
    return True


@pytest.mark.parametrize("globally", [0, 1])
@pytest.mark.parametrize("autocommit", [False, True])
def test_autocommit_is_as_requested(database: Database, autocommit: bool, globally: int) -> None:
    with settings(database.server, autocommit=globally):
        assert value_in_session(database, "autocommit", autocommit=autocommit) == int(autocommit)


def test_a_server_that_returns_no_row_of_a_select(database: Database) -> None:
    with settings(database.server, sql_select_limit=0):
        assert value_in_session(database, "sql_select_limit") == NO_LIMIT


def test_every_session_has_the_strict_modes(database: Database) -> None:
    with settings(database.server, sql_mode="NO_BACKSLASH_ESCAPES,ANSI_QUOTES"), database.connection() as connection:
        assert set(sql.value(connection, "SELECT @@sql_mode").split(",")) == {*SQL_MODE, "NO_BACKSLASH_ESCAPES"}


def test_a_server_that_keeps_another_value_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a proxy that changes a session's variables would: here the statement that sets them does nothing."""
    execute = sql.execute

    def set_nothing(connection: Connection, statement: str, *values: object) -> int:
        return execute(connection, "SET @nothing = 1" if statement.startswith("SET SESSION") else statement, *values)

    monkeypatch.setattr(sql, "execute", set_nothing)
    with pytest.raises(SessionLawError, match="required session settings could not be enforced"):
        connect(database.target)


def test_a_connection_costs_four_statements(database: Database) -> None:
    """SET NAMES by the driver, then the server's version, what is set, and what is read back; and the SHOW statement itself."""
    with database.connection() as connection:
        asked = sql.row(connection, "SHOW SESSION STATUS LIKE 'Questions'")[1]
    assert int(asked) == 5
