"""Which dialect a version text selects, and what depends on the version."""

import pytest

from parloader.database.dialects import MariaDB, MySQL, ServerKind, parse_version, require_version
from parloader.errors import ServerNotSupported


@pytest.mark.parametrize(
    ("text", "kind", "version"),
    [
        ("10.11.19-MariaDB-0+deb12u1", ServerKind.MARIADB, (10, 11, 19)),
        ("11.4.2-MariaDB-ubu2404-log", ServerKind.MARIADB, (11, 4, 2)),
        ("5.5.5-10.2.44-MariaDB-log", ServerKind.MARIADB, (10, 2, 44)),
        ("12.0.1-mariadb", ServerKind.MARIADB, (12, 0, 1)),
        ("9.7.4", ServerKind.MYSQL, (9, 7, 4)),
        ("8.0.36-0ubuntu0.22.04.1", ServerKind.MYSQL, (8, 0, 36)),
        ("8.0.35-27 Percona", ServerKind.MYSQL, (8, 0, 35)),
        ("5.7.44-log", ServerKind.MYSQL, (5, 7, 44)),
    ],
)
def test_kind_and_version(text: str, kind: ServerKind, version: tuple[int, ...]) -> None:
    assert parse_version(text) == (kind, version)


@pytest.mark.parametrize("text", ["", "PostgreSQL 16", "8.4", "MariaDB"])
def test_an_unknown_version_text_is_refused(text: str) -> None:
    with pytest.raises(ServerNotSupported, match="version"):
        parse_version(text)


def test_the_version_text_selects_the_dialect() -> None:
    assert require_version("11.4.2-MariaDB") == MariaDB(version=(11, 4, 2))
    assert require_version("8.0.35-27 Percona") == MySQL(version=(8, 0, 35))


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("10.11.19-MariaDB", "SHOW ALL SLAVES STATUS"),
        ("8.0.21", "SHOW SLAVE STATUS"),
        ("8.0.22", "SHOW REPLICA STATUS"),
        ("9.7.4", "SHOW REPLICA STATUS"),
    ],
)
def test_the_statement_for_the_replica_status(text: str, statement: str) -> None:
    assert require_version(text).replica_status == statement


@pytest.mark.parametrize(
    ("text", "extra", "mariadb", "mysql"),
    [
        (None, "", None, None),
        ("NULL", "", None, "NULL"),
        ("7", "", "7", "7"),
        ("'it''s'", "", "it's", "'it''s'"),
        (r"_utf8mb4\'abc\'", "DEFAULT_GENERATED", r"_utf8mb4\'abc\'", "abc"),
        ("uuid()", "DEFAULT_GENERATED", "uuid()", "uuid()"),
    ],
)
def test_defaults_as_information_schema_lists_them(text: str | None, extra: str, mariadb: str | None, mysql: str | None) -> None:
    assert MariaDB(version=MariaDB.min_version).default_value(text, extra) == mariadb
    assert MySQL(version=MySQL.min_version).default_value(text, extra) == mysql
