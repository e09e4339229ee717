"""Connections: where to, the session laws, and the facts of the server.

Law 4: every session sets the checks on and reads them back; one that cannot have them is refused.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum

from parloader.errors import ServerNotSupported
from parloader.schema.model import ColumnType, TableSchema, TableType, UniqueKey, quote_identifier

# the first versions that enforce CHECK constraints (MySQL 8.0.16 release notes; MariaDB 10.2.1 release notes)
MYSQL_MINIMUM = (8, 0, 16)

MARIADB_MINIMUM = (10, 2, 1)


class ServerKind(StrEnum):
    MARIADB = "MariaDB"
    MYSQL = "MySQL"


def parse_version(version_text: str) -> tuple[ServerKind, tuple[int, ...]]:
    """From the text of VERSION(), e.g. '10.11.19-MariaDB-0+deb12u1' or '9.7.4'."""
    numbers = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)", version_text)
    if not numbers:
        raise ServerNotSupported(f"the server's version {version_text!r} is not one of MySQL or MariaDB", "Use MySQL or MariaDB")
    return ServerKind.MARIADB if "mariadb" in version_text.lower() else ServerKind.MYSQL, tuple(int(n) for n in numbers.groups())


def require_version(version_text: str) -> ServerKind:
    """The server's kind. ServerNotSupported where it is too old to enforce CHECK constraints."""
    kind, version = parse_version(version_text)
    minimum = MARIADB_MINIMUM if kind is ServerKind.MARIADB else MYSQL_MINIMUM
    if version < minimum:
        raise ServerNotSupported(
            f"{kind} {'.'.join(map(str, version))} does not enforce CHECK constraints", f"Use {kind} {'.'.join(map(str, minimum))} or newer"
        )
    return kind


# Since then it is called so; SHOW SLAVE STATUS is gone in 8.4 (MySQL 8.0.22 and 8.4.0 release notes)
MYSQL_SAYS_REPLICA = (8, 0, 22)


def _replica_status(kind: ServerKind, version: tuple[int, ...]) -> str:
    """The statement that has a row for each source."""
    if kind is ServerKind.MARIADB:
        return "SHOW ALL SLAVES STATUS"
    return "SHOW REPLICA STATUS" if version >= MYSQL_SAYS_REPLICA else "SHOW SLAVE STATUS"


def _mariadb(table: TableSchema) -> TableSchema:
    """What MariaDB writes in its own way.

    JSON is a LONGTEXT with a CHECK. The unique keys of a system versioned table hold the end of a row too, which all current rows share.
    """
    valid = {f"json_valid({quote_identifier(c.name)})": c.name for c in table.columns if c.type_text == "longtext"}
    json = {valid[check.clause] for check in table.checks if check.clause in valid}
    columns = tuple(replace(c, kind=ColumnType.JSON, length=0) if c.name in json else c for c in table.columns)
    checks = tuple(check for check in table.checks if check.clause not in valid)
    if table.table_type is not TableType.SYSTEM_VERSIONED:
        return replace(table, columns=columns, checks=checks)
    written = {c.name for c in columns if not c.generated}
    return replace(table, columns=columns, checks=checks, unique_keys=tuple(_current(key, written) for key in table.unique_keys))


def _current(key: UniqueKey, written: Collection[str]) -> UniqueKey:
    kept = [n for n, column in enumerate(key.columns) if column in written]
    return replace(key, columns=tuple(key.columns[n] for n in kept), prefixes=tuple(key.prefixes[n] for n in kept if key.prefixes))
