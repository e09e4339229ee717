"""The pytest plugin in projects of its users: that of docs/examples/pytest, and small ones with mistakes."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.documented import code_blocks
from support.pytest_runs import EXAMPLES, Project, prepared_home, project
from support.servers import Database, servers_in, until, until_gone

from parloader.database import sql, temporary_databases

MISTAKES = """
from pathlib import Path

def test_no_schema(seeded):
    seeded("orders", rows=5)

def test_nothing_named(seeded):
    seeded()

def test_no_table(seeded):
    seeded(42, rows=5)

def test_rows_as_text(parloader_database, seeded):
    parloader_database.run_script("CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT)")
    seeded("orders", rows="many")

def test_a_typo_in_the_name(seeded):
    seeded("ordres", rows=5)

def test_another_request(session_seeded):
    session_seeded("orders", rows=5)
    session_seeded("orders", rows=6)

def test_an_argument_that_does_not_exist(seeded):
    seeded("orders", row=5)

def test_no_script(parloader_database):
    parloader_database.run_script(Path("nowhere.sql"))

def test_no_rows(seeded):
    seeded("orders")

def test_after_a_query(parloader_session, seeded):
    from sqlalchemy import text
    parloader_session.execute(text("SELECT * FROM orders"))
    seeded("orders", rows=5)

def test_a_path_as_text(parloader_database):
    parloader_database.run_script("schema.sql")

def test_a_second_time(parloader_database):
    parloader_database.run_script("CREATE TABLE orders (id INT PRIMARY KEY)")

def test_no_sql(parloader_database):
    parloader_database.run_script("CREATE TABEL t (id INT)")
"""

# What each of them fails with
FAILURES = {
    "no_schema": "has no tables. Create them first: parloader_database.run_script(Path(",
    "nothing_named": "UsageError: nothing is named that is to be seeded. Name a table",
    "no_table": "UsageError: the table is 42. Give the name of a table, or a model class",
    "rows_as_text": "UsageError: rows is 'many'. Give a number of rows",
    "a_typo_in_the_name": "there is no table ordres",
    "no_rows": 'UsageError: the argument rows is missing, and without it up to a million rows would be loaded. Say how many: seeded("orders", rows=1000)',
    "after_a_query": "has already used the database: a load may have to wait for its transaction. Call seeded before the first query",
    "a_path_as_text": "near 'schema.sql' at line 1. A text is run as statements. For a file, give its path: Path('schema.sql')",
    "a_second_time": "already exists. If it is the second call, the fixture that calls run_script lacks scope",
    "another_request": "one call, in a fixture that both request. Delete that run (parloader.clean(database, run=1)), or add another one: the same call with new_run=True",
    "an_argument_that_does_not_exist": "TypeError: seeded() got an unexpected keyword argument 'row'. Did you mean 'rows'?",
    "no_script": "UsageError: cannot read nowhere.sql: No such file or directory. Name a file of SQL statements",
    "no_sql": "UsageError: a statement of the script fails: You have an error in your SQL syntax",
}

LEFTOVERS = """
from pathlib import Path

import pymysql
import pytest

kept = []

@pytest.fixture(scope="session", autouse=True)
def shop(parloader_database, session_seeded):
    parloader_database.run_script(Path("shop.sql"))
    session_seeded("orders", rows=20)

def count(database):
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM order_item")
        return cursor.fetchone()[0]

def test_a_row_that_references_seeded_ones(parloader_database, seeded):
    seeded("orders", rows=5)
    with parloader_database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO product VALUES ('a', 1)")
        cursor.execute("INSERT INTO order_item (order_id, product_code, quantity) SELECT MAX(id), 'a', 1 FROM orders")
        connection.commit()

def test_an_open_transaction(parloader_reset, parloader_database):
    with parloader_database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM order_item")
        connection.commit()
    context = parloader_database.connect()
    kept.append(context)
    cursor = context.__enter__().cursor()
    cursor.execute("DELETE FROM product")

def test_the_next_one(parloader_reset, parloader_database):
    assert count(parloader_database) == 1

def test_an_open_transaction_without_a_reset(parloader_database):
    context = parloader_database.connect()
    kept.append(context)
    cursor = context.__enter__().cursor()
    cursor.execute("DELETE FROM order_item")

def test_that_finds_it(parloader_reset):
    pass

def test_a_statement_that_commits(parloader_connection):
    from sqlalchemy import text
    parloader_connection.execute(text("CREATE TABLE t (id INT)"))
"""

LEFT = {
    "ERROR at teardown of test_a_row_that_references_seeded_ones": "Delete those rows in the test, or request parloader_reset",
    "ERROR at teardown of test_an_open_transaction": "which were rolled back. Commit, roll back or close what the test opens",
    "ERROR at setup of test_that_finds_it": "before this test began, connection ",
    "ERROR at teardown of test_a_statement_that_commits": "the test's transaction ended before the test, so what it wrote may remain",
}


def section_of(printed: str, title: str) -> str:
    """What is printed of one failure."""
    return printed.partition(title)[2].partition("\n____")[0].partition("\n====")[0]


@pytest.fixture
def shop(server_kind: str, bootstrapped: Callable[[str], Path], tmp_path: Path) -> Project:
    return project(tmp_path / "shop", prepared_home(tmp_path / "homes", server_kind, bootstrapped), server_kind, "pytest")


def on_mariadb() -> pytest.MarkDecorator:
    """What does not depend on the kind of server."""
    return pytest.mark.parametrize("server_kind", ["mariadb"], indirect=True)


def test_the_example(shop: Project) -> None:
    """Its second run uses the same data directory."""
    counts, printed = shop.pytest()
    assert counts == {"passed": 8}, printed
    shop.until_stopped()
    (data,) = shop.home.glob("*/*-data")
    used = data.stat().st_ino
    counts, printed = shop.pytest()
    assert counts == {"passed": 8}, printed
    shop.until_stopped()
    assert data.stat().st_ino == used
    assert not [folder for folder in data.iterdir() if temporary_databases.RUN.search(folder.name)]


@pytest.mark.slow
def test_each_worker_has_a_database(shop: Project) -> None:
    """docs/pytest.md has such a run as well, which is not slow."""
    shop.write(
        "test_names.py", "def test_name(parloader_database, worker_id):\n    assert parloader_database.name.endswith(f'_{worker_id}')"
    )
    counts, printed = shop.pytest("-n", "2")
    assert counts == {"passed": 9}, printed
    shop.until_stopped()


@on_mariadb()
def test_mistakes_fail_in_a_few_lines(shop: Project) -> None:
    shop.write("test_mistakes.py", MISTAKES)
    counts, printed = shop.pytest("test_mistakes.py")
    assert counts == {"failed": len(FAILURES)}, printed
    for name, failure in FAILURES.items():
        section = section_of(printed, f"_ test_{name} _")
        assert failure in section
        assert len(section.splitlines()) < 25, section
        assert "During handling" not in section


@on_mariadb()
def test_what_a_test_leaves_behind(shop: Project) -> None:
    shop.write("shop.sql", (Path(__file__).parents[2] / "docs/examples/shop.sql").read_text())
    shop.write("test_leftovers.py", LEFTOVERS)
    counts, printed = shop.pytest("test_leftovers.py")
    assert counts == {"passed": 5, "error": 4}, printed
    for title, failure in LEFT.items():
        section = section_of(printed, title)
        assert failure in section, printed
        assert len(section.strip().splitlines()) < 4, section


@on_mariadb()
def test_no_server_outlives_a_killed_run(shop: Project) -> None:
    shop.write("test_waiting.py", "def test_waiting(parloader_database):\n    open('waiting', 'w')\n    import time; time.sleep(600)")
    with shop.start(*shop.pytest_command("test_waiting.py")) as run:
        until((shop.folder / "waiting").exists, "the test waits")
        assert servers_in(shop.home)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    shop.until_stopped()


@pytest.mark.slow
@on_mariadb()
def test_pytest_runs_a_module_of_unittest(shop: Project) -> None:
    page = (EXAMPLES.parent / "pytest.md").read_text(encoding="utf-8")
    for block in code_blocks(page):
        if block.title in ("schema.sql", "test_unittest.py"):
            shop.write(block.title, block.text)
    counts, printed = shop.with_environment(XDG_CACHE_HOME=str(shop.folder / "cache")).pytest("test_unittest.py")
    assert counts == {"passed": 2}
    assert len(printed.splitlines()) == 2, printed  # nothing that goes wrong while the interpreter exits
    until_gone(shop.folder)


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_on_the_server_of_a_url(database: Database, tmp_path: Path) -> None:
    database.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)")
    of_url = project(tmp_path / "project", tmp_path / "none", "mariadb").with_environment(PARLOADER_URL=database.url)
    of_url.write(
        "test_url.py",
        f"""def test_url(parloader_server, parloader_database, session_seeded):
    assert parloader_server.private is None
    assert parloader_database.name.startswith("parloader_test_")
    parloader_database.run_script("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)")
    assert session_seeded("t", rows=10).rows == 10
    assert {database.target.database!r} not in parloader_database.url""",
    )
    counts, printed = of_url.pytest(private=False)
    assert counts == {"passed": 1}, printed
    assert database.value("SELECT COUNT(*) FROM t") == 0
    with database.connection() as connection:
        assert not [name for (name,) in sql.rows(connection, "SHOW DATABASES") if temporary_databases.RUN.search(name)]
    database.parloader("guard", "--forbid")
    counts, printed = of_url.pytest(private=False)
    assert counts == {"error": 1}, printed
    assert "forbids parloader to write there" in printed


@pytest.mark.parametrize(
    ("arguments", "url", "failure"),
    [
        (["--parloader-server=oracle"], "", "argument --parloader-server: invalid choice: 'oracle'"),
        ([], "mysql://root@192.0.2.1/shop", "parloader_allow_remote = 192.0.2.1 in the settings of pytest"),
    ],
)
def test_a_server_that_cannot_be_used(arguments: list[str], url: str, failure: str, tmp_path: Path) -> None:
    wrong = project(tmp_path / "project", tmp_path / "homes", "mariadb").with_environment(PARLOADER_URL=url)
    wrong.write("test_it.py", "def test_it(parloader_database): pass")
    _, printed = wrong.pytest(*arguments, private=False)
    assert failure in printed
    assert "Traceback" not in printed
    assert len(printed.splitlines()) < 9, printed
