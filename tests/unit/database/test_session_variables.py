"""The tables of session variables, without a server."""

from collections import Counter

import pytest

from parloader.database.dialects import Dialect, MariaDB, MySQL, ServerKind
from parloader.database.session_settings import SETTINGS
from parloader.database.session_variables import ENTRIES, REQUIREMENTS, settings
from parloader.database.session_variables_left_alone import LEFT_ALONE


@pytest.mark.parametrize("kind", list(ServerKind))
def test_each_variable_is_in_one_table(kind: ServerKind) -> None:
    entries = {s.name for s in SETTINGS if kind in s.servers}
    names = Counter([*entries, *(r.name for r in REQUIREMENTS if kind in r.servers)])
    for group in LEFT_ALONE:
        names.update(
            (*group.both.split(), *(group.mariadb if kind is ServerKind.MARIADB else f"{group.mysql} {group.mysql_before}").split())
        )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "dialect", [MariaDB(version=(10, 2, 1)), MariaDB(version=(11, 8, 9)), MySQL(version=(8, 0, 16)), MySQL(version=(9, 7, 4))]
)
def test_a_server_has_one_value_for_each_variable(dialect: Dialect) -> None:
    names = Counter(setting.name for setting in settings(dialect))
    assert set(names.values()) == {1}
    assert {
        "sql_mode",
        "autocommit",
        "foreign_key_checks",
        "sql_select_limit",
        "old_mode" if dialect.kind is ServerKind.MARIADB else "sql_notes",
    } <= set(names)


@pytest.mark.parametrize(
    ("version", "name", "has_it"),
    [
        ((11, 1, 0), "tx_isolation", True),
        ((11, 1, 1), "tx_isolation", False),
        ((11, 1, 1), "transaction_isolation", True),
        ((10, 6, 17), "innodb_snapshot_isolation", False),
        ((10, 6, 18), "innodb_snapshot_isolation", True),
        ((10, 11, 7), "innodb_snapshot_isolation", False),
        ((11, 3, 2), "innodb_snapshot_isolation", False),
        ((11, 5, 2), "innodb_snapshot_isolation", True),
        ((10, 3, 3), "system_versioning_asof", False),
        ((10, 4, 0), "system_versioning_asof", True),
    ],
)
def test_which_versions_have_a_variable(version: tuple[int, ...], name: str, has_it: bool) -> None:
    """Some came with a patch release of each series."""
    assert (name in {setting.name for setting in settings(MariaDB(version=version))}) == has_it


def test_every_reason_is_a_sentence() -> None:
    assert all(entry.reason.endswith(".") and entry.reason[0].isupper() for entry in ENTRIES)
    assert all(group.reason.endswith(".") for group in LEFT_ALONE)
