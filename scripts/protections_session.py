"""What makes each session mean the same, whatever the server's global variables are. See protections_model.Protection."""

from protections_model import Protection

SETTINGS = "parloader/database/session_settings.py"

SESSION = "parloader/database/session.py"

TESTS = "tests/integration/database/test_session.py"

# The first release that no longer has the variable: older than every server, so no session sets it
NEVER = "until=(0,)"


def _variable(name: str, what: str, *, server: str = "mariadb", test: str = "") -> Protection:
    return Protection(
        name=f"session-{name.replace('_', '-')}",
        what=f"each session sets `{name}`: {what}",
        file=SETTINGS,
        old=f'name="{name}",',
        new=f'{NEVER}, name="{name}",',
        tests=(test or f"{TESTS}::test_a_session_does_not_take_a_global_value[{server}]",),
    )


def _requirement(name: str, condition: str, test: str) -> Protection:
    return Protection(
        name=f"session-{name.replace('_', '-')}",
        what=f"a session with a harmful `{name}`, which it may not set, is refused",
        file="parloader/database/session_variables.py",
        old=f'condition="{condition}",',
        new='condition="TRUE",',
        tests=(f"{TESTS}::test_a_session_with_a_value_that_it_may_not_change_is_refused[mariadb-{test}]",),
    )


SESSIONS = (
    _variable("foreign_key_checks", "rows without a parent row are refused"),
    _variable("unique_checks", "duplicates are refused"),
    _variable("check_constraint_checks", "CHECK constraints hold"),
    _variable("explicit_defaults_for_timestamp", "NULL stays NULL", server="mysql"),
    _variable("sql_notes", "LOAD DATA counts every value that it changes"),
    _variable("time_zone", "a TIMESTAMP is written and read in UTC"),
    _variable("div_precision_increment", "a division has the expected digits"),
    _variable("group_concat_max_len", "no text that a trigger joins is cut"),
    _variable("sql_select_limit", "no result is cut"),
    _variable("sql_big_selects", "large SELECTs are accepted"),
    _variable("sql_auto_is_null", "a comparison with NULL finds no row"),
    _variable("system_versioning_asof", "SELECT returns the current rows"),
    _variable("autocommit", "parloader decides what is committed", test=f"{TESTS}::test_autocommit_is_as_requested[mariadb-False-1]"),
    _variable("completion_type", "a COMMIT ends the transaction and nothing else"),
    Protection(
        name="session-isolation",
        what="each session sets the isolation of its transactions",
        file=SETTINGS,
        old="                until=until,\n",
        new=f"                {NEVER},\n",
        tests=(f"{TESTS}::test_a_session_does_not_take_a_global_value[mariadb]",),
    ),
    _variable("innodb_snapshot_isolation", "locking reads read the current row"),
    _variable("innodb_table_locks", "LOCK TABLES excludes other sessions"),
    _variable("wsrep_osu_method", "tables are created on all nodes of a cluster"),
    _variable("wsrep_sync_wait", "a session reads what other nodes have committed"),
    _variable("lock_wait_timeout", "an ALTER TABLE waits for a limited time while others queue behind it"),
    _variable("max_statement_time", "no statement is ended by a time limit"),
    _variable("max_execution_time", "no SELECT is ended by a time limit", server="mysql"),
    _variable("range_optimizer_max_mem_size", "a DELETE locks only its own rows", server="mysql"),
    Protection(
        name="strict-sql-mode",
        what="each session has a strict `sql_mode`",
        file=SETTINGS,
        old='SQL_MODE = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", ',
        new="SQL_MODE = (",
        tests=("tests/integration/planner/test_values.py::test_every_type_is_filled[mariadb]",),
    ),
    Protection(
        name="settings-read-back",
        what="the settings of a session are read back",
        file=SESSION,
        old="        _verify(setting, value)\n",
        new="        pass\n",
        tests=(f"{TESTS}::test_a_server_that_keeps_another_value_is_refused[mariadb]",),
    ),
    Protection(
        name="settings-compared",
        what="a session with another value is refused",
        file=SESSION,
        old="    if not is_right:\n",
        new="    if False:\n",
        tests=("tests/unit/database/test_session.py",),
    ),
    _requirement("insert_id", "@@SESSION.insert_id = 0", "SET insert_id = 7-kinds0-insert_id"),
    _requirement("sql_log_bin", "@@SESSION.sql_log_bin", "SET sql_log_bin = 0-kinds1-sql_log_bin"),
    _requirement("skip_replication", "NOT @@SESSION.skip_replication", "SET skip_replication = 1-kinds2-skip_replication"),
    Protection(
        name="unknown-variables",
        what="a variable that the account may not set must have the right value already",
        file=SESSION,
        old="    settings = tuple(replace(s, value=adjusted.get(s.name, s.value)) for s in known)\n",
        new="    settings = tuple(replace(s, value=adjusted.get(s.name, s.value)) for s in known if s.name not in deviations.refused)\n",
        tests=(f"{TESTS}::test_a_variable_that_the_server_lacks_and_one_that_the_account_may_not_set[mariadb]",),
    ),
    Protection(
        name="init-connect-transaction",
        what="a transaction that init_connect begins is rolled back",
        file=SESSION,
        old="    if connection.in_transaction:",
        new="    if False:",
        tests=(f"{TESTS}::test_a_transaction_that_init_connect_begins_is_rolled_back[mariadb]",),
    ),
    Protection(
        name="every-variable",
        what="every session variable of the server is set, required, or left alone for a reason",
        file="parloader/database/session_variables_left_alone.py",
        old="max_error_count ",
        new="",
        tests=(f"{TESTS}::test_every_session_variable_of_the_server_is_in_the_table[mariadb]",),
    ),
)
