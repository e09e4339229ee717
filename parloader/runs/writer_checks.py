"""Whether the server accepts what a writer sends, and whether its workers would wait for each other."""

from parloader.database.compression import FILE_PACKET_BYTES, PACKETS_AT_ONCE
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo, logs_statements
from parloader.errors import ServerNotSupported
from parloader.rows.writer_names import WriterName
from parloader.schema.model import TableSchema

# The server refuses longer packets. Those of a file are sent together if the connection is compressed, and have headers of their own
MIN_PACKET_BYTES = 2 * PACKETS_AT_ONCE * FILE_PACKET_BYTES


def require_writer(connection: Connection, writer: WriterName, server: ServerInfo) -> None:
    """ServerNotSupported if the server does not accept what the writer sends, or its replicas would handle it differently."""
    if writer is not WriterName.LOAD_DATA:
        return
    if logs_statements(connection):
        raise ServerNotSupported(
            "the server's binary log contains statements (binlog_format is STATEMENT), so replicas would run LOAD DATA themselves and skip rows that they reject",
            "Use --writer insert; or an administrator sets binlog_format to ROW or MIXED",
        )
    if not server.local_infile:
        raise ServerNotSupported(
            "the server has local_infile off, which the writer load-data needs",
            "Ask an administrator to turn it on (SET GLOBAL local_infile = 1), or use --writer insert",
        )
    if server.max_allowed_packet_bytes < MIN_PACKET_BYTES:
        raise ServerNotSupported(
            f"the server's max_allowed_packet is {server.max_allowed_packet_bytes:,} bytes; the writer load-data needs {MIN_PACKET_BYTES:,}",
            "Ask an administrator to raise it, or use --writer insert",
        )
    if server.splits_load_data:
        raise ServerNotSupported(
            "the cluster has wsrep_load_data_splitting on, which commits a LOAD DATA in pieces, so a part of a batch could remain",
            "Ask an administrator to turn it off on every node (SET GLOBAL wsrep_load_data_splitting = 0), or use --writer insert",
        )


def serialization_warning(writer: WriterName, server: ServerInfo, table: TableSchema, procs: int) -> str:
    """Why the workers of load-data would wait for each other; empty if they would not.

    Source: MySQL manual "AUTO_INCREMENT Handling in InnoDB" (MariaDB "AUTO_INCREMENT Handling in InnoDB" likewise): LOAD DATA is a
    "bulk insert", which in the modes 0 and 1 holds the AUTO-INC table lock to the end of the statement, even if every key is given.
    """
    auto_increment = any(column.auto_increment for column in table.columns)
    if writer is not WriterName.LOAD_DATA or procs < 2 or server.autoinc_lock_mode == 2 or not auto_increment:
        return ""
    return (
        f"innodb_autoinc_lock_mode is {server.autoinc_lock_mode}: LOAD DATA locks the entire table, so {procs} workers take turns; "
        "--writer insert does not, nor does load-data on a server that was started with innodb_autoinc_lock_mode=2"
    )
