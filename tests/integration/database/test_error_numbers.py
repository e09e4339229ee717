"""Every number of error_numbers.py is in the servers' own lists of errors."""

import struct
from pathlib import Path

import pytest
from support.servers import Database

from parloader.database import error_numbers, sql
from parloader.database.dialects import ServerKind
from parloader.database.error_numbers import Known


def known(kind: ServerKind) -> dict[int, Known]:
    groups = [group for group in vars(error_numbers).values() if isinstance(group, tuple)]
    single = [entry for entry in vars(error_numbers).values() if isinstance(entry, Known)]
    entries = [*single, *(entry for group in groups for entry in group if isinstance(entry, Known))]
    return {entry.number: entry for entry in entries if kind in entry.servers}


def test_mysql_has_each_of_them_under_this_name(database: Database) -> None:
    if database.server.kind != "mysql":
        pytest.skip("MariaDB has no table of its errors")
    statement = "SELECT error_number, error_name FROM performance_schema.events_errors_summary_global_by_error WHERE error_number > 0"
    names = {row[0]: row[1] for row in database.rows(statement)}
    entries = known(ServerKind.MYSQL)
    assert len(entries) > 90
    assert {number: names.get(number) for number in entries} == {number: entry.symbol for number, entry in entries.items()}


def test_mariadb_has_each_of_them_with_this_message(database: Database) -> None:
    if database.server.kind != "mariadb":
        pytest.skip("MySQL has a table of its errors")
    with database.connection() as connection:
        share = Path(sql.value(connection, "SELECT @@basedir")) / "share"
    files = [file for name in ("mysql", "mariadb") if (file := share / name / "english/errmsg.sys").exists()]
    if not files:
        pytest.skip("the server's files are not on this machine")
    messages = mariadb_messages(files[0].read_bytes())
    entries = known(ServerKind.MARIADB)
    assert len(entries) > 70
    for number, entry in entries.items():
        assert entry.message.lower() in messages[number].lower(), entry


def mariadb_messages(file: bytes) -> dict[int, str]:
    """Number → message. Sections of 1000 numbers each begin at 1000; the file has their counts, the messages' lengths and the messages."""
    count, sections = struct.unpack("<HH", file[12:16])
    counts = struct.unpack(f"<{sections}H", file[32 : 32 + 2 * sections])
    lengths_start = 32 + 2 * sections
    lengths = struct.unpack(f"<{count}H", file[lengths_start : lengths_start + 2 * count])
    numbers = [1000 * section + n for section, of_section in enumerate(counts, start=1) for n in range(of_section)]
    messages, start = {}, lengths_start + 2 * count
    for number, length in zip(numbers, lengths, strict=True):
        messages[number] = file[start : start + length].rstrip(b"\0").decode()
        start += length
    return messages
