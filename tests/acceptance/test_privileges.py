"""docs/privileges.md: each command works with exactly the privileges of its row, and not if one of them is missing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import DROP_LEDGER, Database, create_example, everything

from parloader.database import sql
from parloader.ledger import store

ROOT = Path(__file__).parents[2]

PAGE = (ROOT / "docs/privileges.md").read_text(encoding="utf-8")

SHOP = (ROOT / "docs/examples/shop.sql").read_text(encoding="utf-8")

ROWS = re.findall(r"^\| (`.*?) \| (.*?) \|$", PAGE, re.MULTILINE)

ORDERS = ("--table", "orders", "--rows", "200", "--procs", "1")

EXAMPLE = ("--rows", "200", "--procs", "1")

Prepare = Callable[[Database], None]


def empty(_: Database) -> None:
    pass


def drop_all(database: Database) -> None:
    for (table,) in database.rows("SHOW TABLES"):
        database.execute("SET foreign_key_checks = 0", f"DROP TABLE {table}")


def shop(database: Database) -> None:
    database.execute(*filter(str.strip, SHOP.split(";")))


def loaded(database: Database) -> None:
    shop(database)
    database.parloader("seed", *ORDERS)


def indexed_shop(database: Database) -> None:
    shop(database)
    database.execute("CREATE INDEX orders_by_time ON orders (created_at)")


def example(database: Database) -> None:
    database.parloader("seed", *EXAMPLE)


def before_v97(database: Database) -> None:
    create_example(database)
    database.execute(DROP_LEDGER, "DROP TABLE script_execution", BEFORE_V97)


def forbidden(database: Database) -> None:
    database.parloader("guard", "--forbid")


BEFORE_V97 = """CREATE TABLE script_execution (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, script_reference_id BIGINT UNSIGNED NOT NULL, script_version_id BIGINT UNSIGNED NOT NULL,
    schedule_id BIGINT UNSIGNED NOT NULL, planned DATETIME NOT NULL, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (script_reference_id) REFERENCES script_reference (id), FOREIGN KEY (script_version_id) REFERENCES script_version (id),
    FOREIGN KEY (schedule_id) REFERENCES task_schedule (id)) ENGINE=InnoDB"""

BENCH = ("bench", "--rows", "200", "--rounds", "1", "--procs", "1", "--batch", "100", "--writer", "insert")

# What each row of the page is about: the databases in which its commands are run
TRIALS: dict[str, list[tuple[Prepare, tuple[str, ...]]]] = {
    "`plan`, `export`, `status`, `verify`, `schema check`": [
        (loaded, ("plan", *ORDERS)),
        (loaded, ("export", *ORDERS, "--to", "files")),
        (loaded, ("status",)),
        (loaded, ("verify", "--procs", "1")),
        (example, ("schema", "check")),
    ],
    "`clean --dry-run`": [(loaded, ("clean", "--dry-run"))],
    "`seed`": [(shop, ("seed", *ORDERS))],
    "`seed --defer-indexes`": [(indexed_shop, ("seed", *ORDERS, "--defer-indexes"))],
    "`seed` of the [built-in example](example.md), which creates its tables": [(empty, ("seed", *EXAMPLE))],
    "`clean`": [(loaded, ("clean", "--yes", "--procs", "1"))],
    "`clean` of tables that `seed` created": [(example, ("clean", "--yes", "--procs", "1"))],
    "`bench`": [(example, BENCH)],
    "`pause`": [(loaded, ("pause",))],
    "`resume`": [(loaded, ("resume",))],
    "`schema upgrade`": [(before_v97, ("schema", "upgrade"))],
    "`guard --forbid`": [(empty, ("guard", "--forbid"))],
    "`guard --allow`": [(forbidden, ("guard", "--allow", "--yes"))],
    "`guard`": [(empty, ("guard",))],
}

GLOBAL = {"PROCESS"}
"""Privileges that no database has."""

PRIVILEGES = {row: ["SHOW VIEW"] if privileges == "any one" else privileges.split(", ") for row, privileges in ROWS}


@pytest.fixture
def limited(database: Database) -> Iterator[Callable[[list[str]], Database]]:
    """The database as an account sees it that has these privileges on it and no others."""
    account = "'limited'@'%%'"

    def granted(privileges: list[str]) -> Database:
        with database.connection() as admin:
            sql.execute(admin, f"DROP USER IF EXISTS {account}")
            sql.execute(admin, f"CREATE USER {account} IDENTIFIED BY 'secret'")
            on_database = [privilege for privilege in privileges if privilege not in GLOBAL]
            sql.execute(admin, f"GRANT {', '.join(on_database)} ON {database.target.database}.* TO {account}")
            for privilege in GLOBAL.intersection(privileges):
                sql.execute(admin, f"GRANT {privilege} ON *.* TO {account}")
        return replace(database, target=replace(database.target, user="limited", password="secret"))

    yield granted
    with database.connection() as admin:
        sql.execute(admin, f"DROP USER IF EXISTS {account}")


def test_every_row_of_the_page_is_tried() -> None:
    assert PRIVILEGES.keys() == TRIALS.keys()


@pytest.mark.parametrize("row", TRIALS)
def test_the_privileges_suffice(
    row: str, database: Database, limited: Callable[[list[str]], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.folder)
    prepared: Prepare | None = None
    for prepare, arguments in TRIALS[row]:
        if prepare is not prepared:
            drop_all(database)
            prepare(database)
            prepared = prepare
        limited(PRIVILEGES[row]).parloader(*arguments)


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row, privileges in PRIVILEGES.items() if len(privileges) > 1])
def test_each_privilege_is_needed(row: str, database: Database, limited: Callable[[list[str]], Database]) -> None:
    ((prepare, arguments),) = TRIALS[row]
    for missing in PRIVILEGES[row]:
        if (missing, database.server.kind) == ("REFERENCES", "mariadb"):
            continue  # MariaDB does not ask for it
        drop_all(database)
        prepare(database)
        others = [privilege for privilege in PRIVILEGES[row] if privilege != missing]
        done = limited(others).parloader(*arguments, check=None)
        assert done.exit_code == 3, f"without {missing}: {done.stderr}"


GRANT = re.compile(r"GRANT .* ON .* TO '.*'@'[^'\s]*'")


@pytest.mark.parametrize("tables", [shop, empty], ids=["shop", "built-in example"])
def test_each_refusal_names_the_grant_that_solves_it(tables: Prepare, database: Database, limited: Callable[[list[str]], Database]) -> None:
    tables(database)
    before, account = everything(database), limited(["DELETE"])
    arguments = ("seed", *ORDERS) if tables is shop else ("seed", *EXAMPLE)
    grants = []
    while (done := account.parloader(*arguments, check=None)).exit_code:
        assert done.exit_code == 3
        assert everything(database) == before
        (statement,) = GRANT.findall(done.stderr)
        assert statement not in grants
        grants.append(statement)
        database.execute(statement.replace("%", "%%"))
    assert len(grants) <= 3, grants  # it names all that it can know at once


PARTIAL = {
    "one table": ("SELECT ON {}.orders",),
    "some columns of the table": ("SELECT (id, status) ON {}.orders", "SELECT ON {}.customer"),
    "some columns of a parent": ("SELECT ON {}.orders", "SELECT (city) ON {}.customer"),
    "no SELECT on the table": ("INSERT (status) ON {}.orders", "SELECT ON {}.customer"),
    "another table": ("SELECT ON {}.product",),
    "foreign keys only": ("REFERENCES ON {}.*",),
}


@pytest.mark.parametrize("grants", PARTIAL.values(), ids=PARTIAL)
def test_an_account_that_sees_a_part_of_the_schema(
    grants: tuple[str, ...], database: Database, limited: Callable[[list[str]], Database]
) -> None:
    shop(database)
    account = limited(["LOCK TABLES"])
    ledger = [f"SELECT, CREATE ON {{}}.{name}" for name in store.TABLES]
    for privilege in (*grants, *ledger):
        database.execute(f"GRANT {privilege.format(database.target.database)} TO 'limited'@'%%'")
    said = account.parloader("plan", *ORDERS, check=3).stderr
    assert "the account limited@% lacks SELECT on " in said
    assert f"GRANT SELECT ON `{database.target.database}`.* TO 'limited'@'%'" in said
    assert account.parloader("seed", *ORDERS, check=3).stderr.count("GRANT SELECT ON") == 1


def test_privileges_of_a_role_count(database: Database, limited: Callable[[list[str]], Database]) -> None:
    shop(database)
    account = limited(["LOCK TABLES"])
    with database.connection() as admin:
        sql.execute(admin, "CREATE ROLE loader")
        try:
            sql.execute(admin, f"GRANT SELECT, INSERT, UPDATE, CREATE, ALTER ON {database.target.database}.* TO loader")
            sql.execute(admin, "GRANT loader TO 'limited'@'%%'")
            every = (
                "SET DEFAULT ROLE loader FOR 'limited'@'%%'"
                if database.server.kind == "mariadb"
                else "SET DEFAULT ROLE loader TO 'limited'@'%%'"
            )
            sql.execute(admin, every)
            account.parloader("seed", *ORDERS)
            sql.execute(admin, f"REVOKE UPDATE ON {database.target.database}.* FROM loader")
            assert "GRANT UPDATE ON" in account.parloader("seed", *ORDERS, "--new-run", check=3).stderr
        finally:
            sql.execute(admin, "DROP ROLE loader")


def test_clean_names_what_it_lacks_before_it_deletes_anything(database: Database, limited: Callable[[list[str]], Database]) -> None:
    loaded(database)
    before = everything(database)
    refused = limited(["SELECT", "INSERT", "UPDATE", "PROCESS"]).parloader("clean", "--yes", "--procs", "1", check=3).stderr
    assert "the account limited@% lacks DELETE on parloader_batch, customer, orders and DROP on parloader_batch and ALTER on " in refused
    assert f"GRANT DELETE, DROP, ALTER ON `{database.target.database}`.* TO 'limited'@'%'" in refused
    assert everything(database) == before


def test_clean_with_privileges_on_tables_only(database: Database, limited: Callable[[list[str]], Database]) -> None:
    loaded(database)
    account = limited(["SELECT", "PROCESS"])
    for table in (*store.TABLES, "orders", "customer"):
        database.execute(f"GRANT INSERT, UPDATE, DELETE, DROP, ALTER ON {table} TO 'limited'@'%%'")
    account.parloader("clean", "--yes", "--procs", "1")
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")
