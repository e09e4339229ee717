"""The session variables that every connection sets, their values, and why. See session_variables.py."""

from dataclasses import dataclass
from typing import TypeAlias

from parloader.database.dialects import BOTH, MARIADB, MYSQL, ServerKind

Version: TypeAlias = tuple[int, ...]

SQL_MODE = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_AUTO_VALUE_ON_ZERO", "NO_ENGINE_SUBSTITUTION")

# It decides what a LIKE in a CHECK means, so it stays as the server has it
KEPT_MODE = "NO_BACKSLASH_ESCAPES"

MODES = ",".join(SQL_MODE)

# How long a statement on an entire table (ALTER TABLE, to reserve keys) waits for other sessions: while it waits, they queue behind it
TABLE_LOCK_TIMEOUT_SECONDS = 10

# How long a statement waits for locked rows. Then the transaction is retried, for --retry-seconds in all (the server's default is 50 s a wait)
ROW_LOCK_TIMEOUT_SECONDS = 5

# How long the server waits for the rest of a packet, and for the client to read an answer (MySQL's defaults are 30 and 60 s)
PACKET_TIMEOUT_SECONDS = 60

# The variables' largest value, and their default: no limit
NO_LIMIT = 2**64 - 1


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A variable that every session sets, and whose value it reads back."""

    name: str
    value: str
    """as SQL"""
    reason: str
    """what could happen without it"""
    servers: tuple[ServerKind, ...] = BOTH
    since: tuple[Version, ...] = ()
    """the first release that has it, of each series that got it in a patch release; (): all supported releases have it"""
    until: Version | None = None
    """the first release that no longer has it"""


SETTINGS = (
    # Which rows are valid
    Setting(
        name="foreign_key_checks",
        value="1",
        reason="If it is 0, rows without a parent row are accepted. clean sets it to 0 for the DELETE of rows that reference themselves, and reset "
        "while it restores rows; then to 1 again.",
    ),
    Setting(name="unique_checks", value="1", reason="If it is 0, InnoDB may accept duplicates in secondary unique indexes."),
    Setting(name="check_constraint_checks", value="1", reason="If it is 0, CHECK constraints are not enforced.", servers=MARIADB),
    Setting(
        name="sql_mode",
        value=f"IF(FIND_IN_SET('{KEPT_MODE}', @@SESSION.sql_mode), '{MODES},{KEPT_MODE}', '{MODES}')",
        reason="Without the strict modes, values that do not fit are changed; other modes change the meaning of ||, quotes, spaces and subtraction. "
        f"{KEPT_MODE} is kept, because the server's own CHECK clauses depend on it.",
    ),
    Setting(
        name="sql_quote_show_create",
        value="1",
        reason="If it is 0, CHECK clauses are listed without quotes around names, and JSON columns of MariaDB are recognized by json_valid(`name`).",
    ),
    Setting(name="sql_notes", value="1", reason="If it is 0, LOAD DATA does not count the notes on values that it rounds or cuts."),
    Setting(
        name="note_verbosity",
        value="'basic'",
        reason="If it is empty, LOAD DATA does not count the notes on values that it rounds or cuts.",
        servers=MARIADB,
        since=((10, 6, 16), (10, 11, 6), (11, 0, 4), (11, 1, 3)),
    ),
    Setting(name="default_regex_flags", value="''", reason="Flags change which texts a REGEXP in a CHECK accepts.", servers=MARIADB),
    Setting(
        name="explicit_defaults_for_timestamp",
        value="1",
        reason="If it is 0, NULL in a NOT NULL TIMESTAMP column becomes the current time.",
        servers=MYSQL,
    ),
    # How values are read and computed
    Setting(name="time_zone", value="'+00:00'", reason="TIMESTAMP values are written and read in this time zone."),
    Setting(name="character_set_client", value="utf8mb4", reason="It is the character set of the statements that parloader sends."),
    Setting(name="character_set_connection", value="utf8mb4", reason="It is the character set of literals and of numbers as text."),
    Setting(name="character_set_results", value="utf8mb4", reason="It is the character set of the results that parloader reads."),
    Setting(
        name="collation_connection",
        value="utf8mb4_general_ci",
        reason="It compares texts that belong to no column, such as numbers as text.",
        servers=MARIADB,
    ),
    Setting(
        name="collation_connection",
        value="utf8mb4_0900_ai_ci",
        reason="It compares texts that belong to no column, such as numbers as text.",
        servers=MYSQL,
    ),
    Setting(
        name="div_precision_increment",
        value="4",
        reason="It is the number of digits that a division in a generated column or a CHECK gets.",
    ),
    Setting(name="default_week_format", value="0", reason="It changes what WEEK() returns in a generated column or a CHECK."),
    Setting(name="lc_time_names", value="'en_US'", reason="It changes the names of days and months in a generated column or a CHECK."),
    Setting(
        name="group_concat_max_len",
        value="1048576",
        reason="A lower value cuts the texts that a trigger joins. To compare rows, verify and clean set a higher one.",
    ),
    Setting(
        name="old_mode",
        value="''",
        reason="Old behaviours hide warnings of LOAD DATA and change what casts return.",
        servers=MARIADB,
        until=(10, 6, 1),
    ),
    Setting(
        name="old_mode",
        value="'UTF8_IS_UTF8MB3'",
        reason="Old behaviours other than this default hide warnings of LOAD DATA and change what casts return.",
        servers=MARIADB,
        since=((10, 6, 1),),
    ),
    # Which rows a statement sees
    Setting(name="sql_select_limit", value=str(NO_LIMIT), reason="A lower value silently cuts the result of every SELECT."),
    Setting(
        name="sql_big_selects", value="1", reason="If it is 0, the server refuses SELECTs that it estimates to be large (max_join_size)."
    ),
    Setting(name="sql_safe_updates", value="0", reason="If it is 1, the server refuses UPDATE and DELETE statements that use no key."),
    Setting(name="sql_auto_is_null", value="0", reason="If it is 1, a comparison with NULL finds the last inserted row."),
    Setting(
        name="in_predicate_conversion_threshold",
        value="0",
        reason="MariaDB turns IN lists of this length into joins. With 2, SHOW VARIABLES WHERE variable_name IN ('a', 'b') returned nothing (10.11.18).",
        servers=MARIADB,
    ),
    Setting(name="max_sort_length", value="1024", reason="A lower value sorts texts by their first bytes only."),
    Setting(
        name="system_versioning_asof",
        value="DEFAULT",
        reason="Another value makes SELECT return old versions of the rows of system versioned tables.",
        servers=MARIADB,
        since=((10, 3, 4),),
    ),
    Setting(name="query_cache_type", value="0", reason="Rows are read from the table, never from the query cache.", servers=MARIADB),
    Setting(
        name="use_secondary_engine", value="'OFF'", reason="Rows are read from InnoDB, never from a copy in another engine.", servers=MYSQL
    ),
    Setting(name="wsrep_dirty_reads", value="0", reason="If it is 1, a Galera node without quorum returns outdated rows.", servers=MARIADB),
    Setting(
        name="show_gipk_in_create_table_and_information_schema",
        value="1",
        reason="If it is 0, the server hides generated invisible primary keys.",
        servers=MYSQL,
        since=((8, 0, 30),),
    ),
    Setting(
        name="information_schema_stats_expiry",
        value="0",
        reason="Otherwise AUTO_INCREMENT counters and table sizes are up to a day old.",
        servers=MYSQL,
    ),
    # Whether a statement commits
    Setting(
        name="autocommit",
        value="1",
        reason="It decides whether a statement commits. Connections of workers set it to 0 and commit themselves.",
    ),
    Setting(
        name="completion_type", value="'NO_CHAIN'", reason="CHAIN starts a transaction after each COMMIT, RELEASE ends the connection."
    ),
    *(
        setting
        for isolation, read_only, servers, since, until in (
            ("transaction_isolation", "transaction_read_only", MYSQL, (), None),
            ("transaction_isolation", "transaction_read_only", MARIADB, ((11, 1, 1),), None),
            ("tx_isolation", "tx_read_only", MARIADB, (), (11, 1, 1)),
        )
        for setting in (
            Setting(
                name=isolation,
                value="'REPEATABLE-READ'",
                reason="It decides which rows a transaction sees and locks. No transaction of parloader uses another level, and this one works with "
                "every binlog_format.",
                servers=servers,
                since=since,
                until=until,
            ),
            Setting(name=read_only, value="0", reason="If it is 1, transactions cannot write.", servers=servers, since=since, until=until),
        )
    ),
    Setting(
        name="innodb_snapshot_isolation",
        value="0",
        reason="If it is 1, locking reads fail if the row has changed since the transaction began; parloader's read the current row, as on MySQL.",
        servers=MARIADB,
        since=((10, 6, 18), (10, 11, 8), (11, 0, 6), (11, 1, 5), (11, 2, 4), (11, 4, 2)),
    ),
    Setting(
        name="innodb_table_locks", value="1", reason="LOCK TABLES, before an empty example schema is dropped, must exclude other sessions."
    ),
    # What DDL does
    Setting(
        name="sql_if_exists",
        value="0",
        reason="If it is 1, dropping a table that does not exist succeeds.",
        servers=MARIADB,
        since=((10, 6, 0),),
    ),
    Setting(
        name="alter_algorithm",
        value="'DEFAULT'",
        reason="With some algorithms the server refuses ALTER TABLE statements that parloader needs. MariaDB 11.5 and newer ignore it.",
        servers=MARIADB,
        since=((10, 3, 7),),
    ),
    Setting(
        name="old_alter_table",
        value="0",
        reason="If it is 1, ALTER TABLE copies the table, which takes hours instead of milliseconds.",
        servers=MYSQL,
    ),
    Setting(name="wsrep_osu_method", value="'TOI'", reason="With RSU, a Galera node creates tables for itself only.", servers=MARIADB),
    Setting(
        name="wsrep_sync_wait",
        value="7",
        reason="Each transaction on a Galera node first waits until the node has applied what any node had committed before. The bits stand for reads, "
        "UPDATE and DELETE, and INSERT.",
        servers=MARIADB,
    ),
    Setting(
        name="wsrep_trx_fragment_size", value="0", reason="A batch is sent to the other Galera nodes as one transaction.", servers=MARIADB
    ),
    # How long anything may take
    Setting(
        name="lock_wait_timeout",
        value=str(TABLE_LOCK_TIMEOUT_SECONDS),
        reason="It is how long an ALTER TABLE waits while others queue behind it.",
    ),
    Setting(
        name="innodb_lock_wait_timeout",
        value=str(ROW_LOCK_TIMEOUT_SECONDS),
        reason="It is how long a statement waits for locked rows before the transaction is retried, for --retry-seconds in all.",
    ),
    Setting(
        name="wait_timeout",
        value="28800",
        reason="It ends idle connections. Connections that release their locks if the client disappears set it to 60.",
    ),
    Setting(name="net_read_timeout", value=str(PACKET_TIMEOUT_SECONDS), reason="A low value ends the connection during a large batch."),
    Setting(name="net_write_timeout", value=str(PACKET_TIMEOUT_SECONDS), reason="A low value ends the connection during a large result."),
    Setting(name="max_statement_time", value="0", reason="A low value ends long statements.", servers=MARIADB),
    Setting(name="max_execution_time", value="0", reason="A low value ends long SELECTs.", servers=MYSQL),
    *(
        Setting(name=name, value="0", reason="It ends connections that wait inside a transaction.", servers=MARIADB, since=((10, 3, 0),))
        for name in ("idle_transaction_timeout", "idle_readonly_transaction_timeout", "idle_write_transaction_timeout")
    ),
    Setting(
        name="range_optimizer_max_mem_size",
        value="8388608",
        reason="With a lower value, a DELETE by ranges of keys reads and locks the entire table.",
        servers=MYSQL,
    ),
    Setting(
        name="optimizer_max_sel_arg_weight",
        value="32000",
        reason="With a lower value, a DELETE by ranges of keys reads and locks the entire table.",
        servers=MARIADB,
        since=((10, 5, 9),),
    ),
    Setting(
        name="optimizer_max_sel_args",
        value="16000",
        reason="With a lower value, a DELETE by ranges of keys reads and locks the entire table.",
        servers=MARIADB,
        since=((10, 6, 15), (10, 11, 5), (11, 0, 3), (11, 1, 2)),
    ),
    Setting(name="sort_buffer_size", value=str(2 * 2**20), reason="With a low value, SELECTs that sort long texts fail."),
    Setting(
        name="tmp_disk_table_size",
        value=str(NO_LIMIT),
        reason="A low value makes SELECTs fail that need a temporary table, such as those that group rows.",
        servers=MARIADB,
        since=((10, 2, 7),),
    ),
    Setting(
        name="max_session_mem_used",
        value=str(2**63 - 1),
        reason="A low value makes the server refuse statements, large ones first.",
        servers=MARIADB,
    ),
    Setting(
        name="max_tmp_session_space_usage",
        value=str(2**40),
        reason="A low value makes statements fail that need temporary files.",
        servers=MARIADB,
        since=((11, 5, 0),),
    ),
)
