"""The error numbers that parloader can meet, by what they mean for it. What follows from each group is in error_codes.py.

Both servers' whole lists were read: MySQL 9.7's performance_schema.events_errors_summary_global_by_error, MariaDB 10.11's mysqld_error.h and
11.8's errmsg.sys. Left out is what only a server's own programmer, another storage engine, XA, replication threads or statements that parloader
never sends can cause; such an error ends the command with the server's message. From 4000 on, a number means different things on the two servers:
none of the other meanings can be caused by parloader. Numbers below 1000 are of the system, those from 2000 to 2999 of the client library.
"""

from dataclasses import dataclass

from parloader.database.dialects import BOTH, MARIADB, MYSQL, ServerKind

CLIENT = ()


@dataclass(frozen=True)
class Known:
    """An error number, its symbol in the servers' sources, and a part of its message."""

    number: int
    symbol: str
    message: str
    servers: tuple[ServerKind, ...] = BOTH


# The transaction was rolled back, or must be: another session was in the way
LOCKED = (
    Known(1020, "ER_CHECKREAD", "Record has changed since last read"),  # MariaDB: innodb_snapshot_isolation
    Known(1205, "ER_LOCK_WAIT_TIMEOUT", "Lock wait timeout exceeded"),  # Galera also reports so that a node is not in sync
    Known(1213, "ER_LOCK_DEADLOCK", "Deadlock found when trying to get lock"),  # Galera also reports a failed certification so
    Known(1412, "ER_TABLE_DEF_CHANGED", "Table definition has changed, please retry transaction"),
    Known(1614, "ER_XA_RBDEADLOCK", "Transaction branch was rolled back: deadlock"),
    Known(1689, "ER_LOCK_ABORTED", "Wait on a lock was aborted due to a pending exclusive lock"),
    Known(1964, "ER_PRIOR_COMMIT_FAILED", "Commit failed due to failure of an earlier commit", MARIADB),
    Known(3058, "ER_USER_LOCK_DEADLOCK", "Deadlock found when trying to get user-level lock"),
    Known(3101, "ER_TRANSACTION_ROLLBACK_DURING_COMMIT", "Plugin instructed the server to rollback the current transaction", MYSQL),
    Known(3572, "ER_LOCK_NOWAIT", "Statement aborted because lock(s) could not be acquired immediately", MYSQL),
)

QUERY_KILLED = (
    Known(1028, "ER_FILSORT_ABORT", "Sort aborted", MARIADB),
    Known(1317, "ER_QUERY_INTERRUPTED", "Query execution was interrupted"),
    Known(1969, "ER_STATEMENT_TIMEOUT", "max_statement_time exceeded", MARIADB),
    Known(3024, "ER_QUERY_TIMEOUT", "maximum statement execution time exceeded", MYSQL),
)

# The server lacks memory or a similar resource, perhaps only now
EXHAUSTED = (
    Known(1037, "ER_OUTOFMEMORY", "Out of memory; restart server and try again"),
    Known(1041, "ER_OUT_OF_RESOURCES", "Out of memory"),
    Known(1206, "ER_LOCK_TABLE_FULL", "The total number of locks exceeds the lock table size"),
    Known(1637, "ER_TOO_MANY_CONCURRENT_TRXS", "Too many active concurrent transactions"),
    Known(3015, "ER_ENGINE_OUT_OF_MEMORY", "Out of memory in storage engine"),
    Known(3019, "ER_INNODB_UNDO_LOG_FULL", "Undo Log error"),
    Known(3985, "ER_MDL_OUT_OF_RESOURCES", "Not enough resources to complete lock request", MYSQL),
)

# Raised at COMMIT or ROLLBACK: it is not known whether the transaction was committed
UNKNOWN_OUTCOME = (
    Known(1180, "ER_ERROR_DURING_COMMIT", "during COMMIT"),  # Galera: no quorum, a node that left the cluster
    Known(1181, "ER_ERROR_DURING_ROLLBACK", "during ROLLBACK"),
)

# There are too many connections now, or they use too much memory
CONNECTION_LIMIT = (
    Known(1040, "ER_CON_COUNT_ERROR", "Too many connections"),
    Known(1135, "ER_CANT_CREATE_THREAD", "Can't create a new thread"),
    Known(1203, "ER_TOO_MANY_USER_CONNECTIONS", "already has more than 'max_user_connections' active connections"),
    Known(1226, "ER_USER_LIMIT_REACHED", "has exceeded the"),  # a limit of the account, also of its connections at a time
    Known(4081, "ER_DA_GLOBAL_CONN_LIMIT", "Global connection memory limit", MYSQL),
)

ABORTED = (
    Known(1152, "ER_ABORTING_CONNECTION", "Aborted connection"),
    Known(1184, "ER_NEW_ABORTING_CONNECTION", "Aborted connection"),  # also if init_connect fails
)

CONNECTION_LOST = (
    Known(0, "", "the socket is already closed", CLIENT),  # PyMySQL
    Known(1042, "ER_BAD_HOST_ERROR", "Can't get hostname for your address"),
    Known(1053, "ER_SERVER_SHUTDOWN", "Server shutdown in progress"),
    Known(1077, "ER_NORMAL_SHUTDOWN", "Normal shutdown", MARIADB),
    Known(1079, "ER_SHUTDOWN_COMPLETE", "Shutdown complete"),
    Known(1080, "ER_FORCING_CLOSE", "Forcing close of thread"),
    Known(1154, "ER_NET_READ_ERROR_FROM_PIPE", "Got a read error from the connection pipe"),
    Known(1155, "ER_NET_FCNTL_ERROR", "Got an error from fcntl()"),
    Known(1156, "ER_NET_PACKETS_OUT_OF_ORDER", "Got packets out of order"),
    Known(1157, "ER_NET_UNCOMPRESS_ERROR", "Couldn't uncompress communication packet"),
    Known(1158, "ER_NET_READ_ERROR", "Got an error reading communication packets"),
    Known(1159, "ER_NET_READ_INTERRUPTED", "Got timeout reading communication packets"),
    Known(1160, "ER_NET_ERROR_ON_WRITE", "Got an error writing communication packets"),
    Known(1161, "ER_NET_WRITE_INTERRUPTED", "Got timeout writing communication packets"),
    Known(1927, "ER_CONNECTION_KILLED", "Connection was killed", MARIADB),
    Known(2002, "CR_CONNECTION_ERROR", "cannot connect through a Unix socket", CLIENT),
    Known(2003, "CR_CONN_HOST_ERROR", "cannot connect over TCP", CLIENT),
    Known(2006, "CR_SERVER_GONE_ERROR", "server has gone away", CLIENT),
    Known(2013, "CR_SERVER_LOST", "lost connection during a query", CLIENT),
    Known(2027, "CR_MALFORMED_PACKET", "malformed packet", CLIENT),
    Known(2055, "CR_SERVER_LOST_EXTENDED", "lost connection, with the system's error", CLIENT),
    Known(3032, "ER_SERVER_OFFLINE_MODE", "The server is currently in offline mode"),
    Known(3168, "ER_SERVER_ISNT_AVAILABLE", "Server isn't available", MYSQL),
    Known(3169, "ER_SESSION_WAS_KILLED", "Session was killed", MYSQL),
    Known(4031, "ER_CLIENT_INTERACTION_TIMEOUT", "The client was disconnected by the server because of inactivity", MYSQL),
)

# A node of a cluster that cannot take transactions now: it has no quorum, is joining or leaving, or waits for other nodes
NODE_NOT_READY = (
    Known(1047, "ER_UNKNOWN_COM_ERROR", "Unknown command"),  # Galera: WSREP has not yet prepared node for application use
    Known(3100, "ER_RUN_HOOK_ERROR", "Error on observer while running replication hook", MYSQL),
    Known(3781, "ER_GR_HOLD_WAIT_TIMEOUT", "Timeout exceeded for held statement", MYSQL),
    Known(3782, "ER_GR_HOLD_KILLED", "Held statement was aborted", MYSQL),
    Known(3783, "ER_GR_HOLD_MEMBER_STATUS_ERROR", "Held statement was aborted due to member error", MYSQL),
    Known(3796, "ER_GRP_TRX_CONSISTENCY_NOT_ALLOWED", "group_replication_consistency is not allowed", MYSQL),
    Known(3797, "ER_GRP_TRX_CONSISTENCY_BEFORE", "waiting for conflicting transactions to finish", MYSQL),
    Known(3798, "ER_GRP_TRX_CONSISTENCY_AFTER_ON_TRX_BEGIN", "waiting for transactions with consistency AFTER", MYSQL),
    Known(3799, "ER_GRP_TRX_CONSISTENCY_BEGIN_NOT_ALLOWED", "not allowed on this member state", MYSQL),
)

# A primary that has become a replica: after a failover the connection may lead to the new one
READ_ONLY = (
    Known(1290, "ER_OPTION_PREVENTS_STATEMENT", "option so it cannot execute this statement"),  # --read-only
    Known(1836, "ER_READ_ONLY_MODE", "Running in read-only mode"),
)

READ_ONLY_FOR_GOOD = (
    Known(1036, "ER_OPEN_AS_READONLY", "is read only"),
    Known(1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", "Cannot execute statement in a READ ONLY transaction"),
    Known(1874, "ER_INNODB_READ_ONLY", "InnoDB is in read only mode"),
    Known(3989, "ER_SCHEMA_READ_ONLY", "Schema '%s' is in read only mode", MYSQL),
)

# LOCK TABLES in the session, which parloader itself runs only to drop tables
TABLES_LOCKED = (
    Known(1099, "ER_TABLE_NOT_LOCKED_FOR_WRITE", "was locked with a READ lock and can't be updated"),
    Known(1100, "ER_TABLE_NOT_LOCKED", "was not locked with LOCK TABLES"),
)

DUPLICATE_KEY = (Known(1062, "ER_DUP_ENTRY", "Duplicate entry"),)

DUPLICATE_ROW = (
    *DUPLICATE_KEY,
    Known(1022, "ER_DUP_KEY", "Can't write; duplicate key in table"),
    Known(1169, "ER_DUP_UNIQUE", "Can't write, because of unique constraint"),
    Known(1586, "ER_DUP_ENTRY_WITH_KEY_NAME", "Duplicate entry"),
)

FOREIGN_KEY = (
    Known(1216, "ER_NO_REFERENCED_ROW", "Cannot add or update a child row"),
    Known(1217, "ER_ROW_IS_REFERENCED", "Cannot delete or update a parent row"),
    Known(1451, "ER_ROW_IS_REFERENCED_2", "Cannot delete or update a parent row"),
    Known(1452, "ER_NO_REFERENCED_ROW_2", "Cannot add or update a child row"),
    Known(1761, "ER_FOREIGN_DUPLICATE_KEY_WITH_CHILD_INFO", "would lead to a duplicate entry"),
    Known(1762, "ER_FOREIGN_DUPLICATE_KEY_WITHOUT_CHILD_INFO", "would lead to a duplicate entry"),
)

# Of a row, or for DROP TABLE of a table
REFERENCED = (
    Known(1217, "ER_ROW_IS_REFERENCED", "Cannot delete or update a parent row"),
    Known(1451, "ER_ROW_IS_REFERENCED_2", "Cannot delete or update a parent row"),
    Known(3730, "ER_FK_CANNOT_DROP_PARENT", "referenced by a foreign key constraint", MYSQL),
)

# The storage engine's number, which some versions report as their own
DOCUMENT_ID_REJECTED = (Known(182, "HA_FTS_INVALID_DOCID", "Invalid InnoDB FTS Doc ID", ()),)

ROW_REJECTED = (
    Known(1048, "ER_BAD_NULL_ERROR", "cannot be null"),
    Known(1118, "ER_TOO_BIG_ROWSIZE", "Row size too large"),
    Known(1263, "ER_WARN_NULL_TO_NOTNULL", "NULL supplied to NOT NULL column"),
    Known(1264, "ER_WARN_DATA_OUT_OF_RANGE", "Out of range value for column"),
    Known(1265, "WARN_DATA_TRUNCATED", "Data truncated for column"),
    Known(1292, "ER_TRUNCATED_WRONG_VALUE", "Truncated incorrect"),
    Known(1364, "ER_NO_DEFAULT_FOR_FIELD", "doesn't have a default value"),
    Known(1365, "ER_DIVISION_BY_ZERO", "Division by 0"),
    Known(1366, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", "Incorrect"),
    Known(1406, "ER_DATA_TOO_LONG", "Data too long for column"),
    Known(1416, "ER_CANT_CREATE_GEOMETRY_OBJECT", "Cannot get geometry object"),
    Known(1442, "ER_CANT_UPDATE_USED_TABLE_IN_SF_OR_TRG", "in stored function/trigger because it is already used"),
    Known(1526, "ER_NO_PARTITION_FOR_GIVEN_VALUE", "Table has no partition for value"),
    Known(1644, "ER_SIGNAL_EXCEPTION", "Unhandled user-defined exception condition"),
    Known(1690, "ER_DATA_OUT_OF_RANGE", "value is out of range in"),
    Known(1748, "ER_ROW_DOES_NOT_MATCH_GIVEN_PARTITION_SET", "Found a row not matching the given partition set"),
    Known(3140, "ER_INVALID_JSON_TEXT", "Invalid JSON text", MYSQL),
    Known(3819, "ER_CHECK_CONSTRAINT_VIOLATED", "Check constraint '%s' is violated", MYSQL),
    Known(4025, "ER_CONSTRAINT_FAILED", "failed for", MARIADB),
)

NO_PRIVILEGE = (
    Known(1044, "ER_DBACCESS_DENIED_ERROR", "Access denied for user"),  # on the database
    Known(1142, "ER_TABLEACCESS_DENIED_ERROR", "command denied to user"),
    Known(1143, "ER_COLUMNACCESS_DENIED_ERROR", "command denied to user"),
    Known(1227, "ER_SPECIFIC_ACCESS_DENIED_ERROR", "Access denied; you need (at least one of)"),  # global or dynamic, such as SUPER
    Known(1370, "ER_PROCACCESS_DENIED_ERROR", "command denied to user"),
    Known(1410, "ER_CANT_CREATE_USER_WITH_GRANT", "You are not allowed to create a user with GRANT"),
    Known(3879, "ER_DB_ACCESS_DENIED", "Access denied for AuthId", MYSQL),
)

DISK_FULL = (
    Known(3, "EE_WRITE", "error writing a file", CLIENT),
    Known(28, "ENOSPC", "no space left on device", CLIENT),
    Known(1021, "ER_DISK_FULL", "Disk full", MARIADB),
    Known(1026, "ER_ERROR_ON_WRITE", "Error writing file"),
    Known(1114, "ER_RECORD_FILE_FULL", "is full"),
    Known(1811, "ER_IO_WRITE_ERROR", "IO Write error"),
    Known(1878, "ER_TEMP_FILE_WRITE_FAILURE", "Temporary file write failure"),
    Known(3675, "ER_DISK_FULL_NOWAIT", "disk is full", MYSQL),
)

# The storage engine's own error number is in the message
ENGINE_ERROR = (
    Known(1030, "ER_GET_ERRNO", "from storage engine"),
    Known(1296, "ER_GET_ERRMSG", "Got error"),
)

DAMAGED = (
    Known(1015, "ER_CANT_LOCK", "Can't lock file"),
    Known(1016, "ER_CANT_OPEN_FILE", "Can't open file"),
    Known(1024, "ER_ERROR_ON_READ", "Error reading file"),
    Known(1033, "ER_NOT_FORM_FILE", "Incorrect information in file"),
    Known(1034, "ER_NOT_KEYFILE", "is corrupt; try to repair it"),
    Known(1194, "ER_CRASHED_ON_USAGE", "is marked as crashed"),
    Known(1195, "ER_CRASHED_ON_REPAIR", "is marked as crashed"),
    Known(1712, "ER_INDEX_CORRUPT", "is corrupted"),
    Known(1812, "ER_TABLESPACE_MISSING", "Tablespace is missing for table"),
    Known(1814, "ER_TABLESPACE_DISCARDED", "Tablespace has been discarded"),
    Known(1817, "ER_INNODB_INDEX_CORRUPT", "Index corrupt"),
    Known(1877, "ER_TABLE_CORRUPT", "is missing, corrupt or contains bad data"),
    Known(1932, "ER_NO_SUCH_TABLE_IN_ENGINE", "doesn't exist in engine", MARIADB),
    Known(3185, "ER_CANNOT_FIND_KEY_IN_KEYRING", "Can't find master key from keyring", MYSQL),
)

UNKNOWN_OBJECT = (
    Known(1049, "ER_BAD_DB_ERROR", "Unknown database"),
    Known(1054, "ER_BAD_FIELD_ERROR", "Unknown column"),
    Known(1109, "ER_UNKNOWN_TABLE", "Unknown table"),
    Known(1146, "ER_NO_SUCH_TABLE", "doesn't exist"),
)

UNKNOWN_VARIABLE = (Known(1193, "ER_UNKNOWN_SYSTEM_VARIABLE", "Unknown system variable"),)

# The statement or the transaction is larger than a limit of the server
TOO_LARGE = (
    Known(1153, "ER_NET_PACKET_TOO_LARGE", "Got a packet bigger than 'max_allowed_packet' bytes"),
    Known(1197, "ER_TRANS_CACHE_FULL", "required more than 'max_binlog_cache_size' bytes of storage"),
    Known(1436, "ER_STACK_OVERRUN_NEED_MORE", "Thread stack overrun"),
    Known(3170, "ER_CAPACITY_EXCEEDED", "Memory capacity of", MYSQL),  # parser_max_mem_size
    Known(3231, "ER_WRITE_SET_EXCEEDS_LIMIT", "The size of writeset data for the current transaction exceeds a limit", MYSQL),
    Known(4082, "ER_DA_CONN_LIMIT", "Connection memory limit", MYSQL),
)

LOCAL_INFILE_OFF = (
    Known(1148, "ER_NOT_ALLOWED_COMMAND", "The used command is not allowed"),
    Known(3948, "ER_CLIENT_LOCAL_FILES_DISABLED", "Loading local data is disabled", MYSQL),
    Known(4166, "ER_LOAD_INFILE_CAPABILITY_DISABLED", "The used command is not allowed", MARIADB),
)

WRONG_LOGIN = (
    Known(1045, "ER_ACCESS_DENIED_ERROR", "Access denied for user"),
    Known(1396, "ER_CANNOT_USER", "Operation"),
    Known(1698, "ER_ACCESS_DENIED_NO_PASSWORD_ERROR", "Access denied for user"),
    Known(1873, "ER_ACCESS_DENIED_CHANGE_USER_ERROR", "Access denied trying to change to user"),
)

PASSWORD_EXPIRED = (
    Known(1820, "ER_MUST_CHANGE_PASSWORD", "You must"),
    Known(1862, "ER_MUST_CHANGE_PASSWORD_LOGIN", "Your password has expired"),
)

ACCOUNT_LOCKED = (
    Known(3118, "ER_ACCOUNT_HAS_BEEN_LOCKED", "Account is locked", MYSQL),
    Known(3955, "ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK", "Account is blocked", MYSQL),
    Known(4150, "ER_USER_IS_BLOCKED", "User is blocked because of too many credential errors", MARIADB),
    Known(4151, "ER_ACCOUNT_HAS_BEEN_LOCKED", "Access denied, this account is locked", MARIADB),
)

AUTHENTICATION_PLUGIN = (
    Known(1251, "ER_NOT_SUPPORTED_AUTH_MODE", "Client does not support authentication protocol"),
    Known(1524, "ER_PLUGIN_IS_NOT_LOADED", "is not loaded"),
    Known(2059, "CR_AUTH_PLUGIN_CANNOT_LOAD", "the client cannot load the authentication plugin", CLIENT),
    Known(2061, "CR_AUTH_PLUGIN_ERR", "the authentication plugin failed", CLIENT),
)

HOST_BLOCKED = Known(1129, "ER_HOST_IS_BLOCKED", "is blocked because of many connection errors")

HOST_REFUSED = Known(1130, "ER_HOST_NOT_PRIVILEGED", "is not allowed to connect")

NO_TLS = (Known(2026, "CR_SSL_CONNECTION_ERROR", "the server does not support TLS", CLIENT),)
