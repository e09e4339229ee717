"""What a private server contains and does, as a snapshot needs to know it; and how its data is made small for one."""

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.pristine.mark import PREFIX
from parloader.database.private_server.snapshots import Content

SYSTEM_DATABASES = ("mysql", "sys", "performance_schema", "information_schema")

# MariaDB changes innodb_log_file_size while it runs since then (MariaDB 10.9.1 release notes)
RESIZABLE_LOG = (10, 9, 1)

PROCESSES = {ServerKind.MARIADB: "information_schema.processlist", ServerKind.MYSQL: "performance_schema.processlist"}


def databases(connection: Connection) -> tuple[Content, ...]:
    """The databases, without those of the server and of reset, and how much is in them."""
    if connection.dialect.kind is ServerKind.MYSQL:
        sql.execute(connection, "SET SESSION information_schema_stats_expiry = 0")
    statement = """SELECT s.schema_name, COUNT(t.table_name), COALESCE(SUM(t.table_rows), 0) FROM information_schema.schemata s
        LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name AND t.table_type <> 'VIEW'
        WHERE s.schema_name NOT IN %s GROUP BY s.schema_name ORDER BY s.schema_name"""
    found = sql.rows(connection, statement, SYSTEM_DATABASES)
    return tuple(Content(name=name, tables=int(tables), rows=int(rows)) for name, tables, rows in found if not name.startswith(PREFIX))


def at_work(connection: Connection) -> tuple[str, ...]:
    """The other connections that run a statement, each with its account and database, for a message. Idle ones are left out."""
    statement = f"""SELECT id, user, COALESCE(db, ''), command FROM {PROCESSES[connection.dialect.kind]}
        WHERE id <> CONNECTION_ID() AND command NOT IN ('Sleep', 'Daemon') AND user NOT IN ('system user', 'event_scheduler')"""
    return tuple(
        f"connection {number} ({user}{f' in {db}' if db else ''}: {command})"
        for number, user, db, command in sql.rows(connection, statement)
    )


def shrink_redo_log(connection: Connection) -> None:
    """Has MariaDB make its redo log small, which a snapshot contains. MySQL starts without one after a clean shutdown."""
    if connection.dialect.kind is ServerKind.MARIADB and connection.dialect.version >= RESIZABLE_LOG:
        sql.execute(connection, "SET GLOBAL innodb_log_file_size = @@GLOBAL.innodb_log_buffer_size")  # the smallest that it takes
