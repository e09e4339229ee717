"""Mistakes in plan files, on a server: one line each, the documented exit code, and nothing written."""

import pytest
from hypothesis import HealthCheck, given, settings
from support.plan_kinds import state
from support.plan_mistakes import TABLES, Document, documents, toml
from support.servers import Database

HEAD = """plan = "shop"
[table.customer]
rows = 20
[table.orders]
rows = 6000
[table.orders.column]
"""


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute(*TABLES)
    return database


def seed(database: Database, text: str, *options: str) -> tuple[int, list[str]]:
    """The exit code and the lines on stderr."""
    file = database.folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    result = database.parloader("seed", "--plan", str(file), "--procs", "1", "-q", *options, check=None)
    return result.exit_code, result.stderr.splitlines()


def test_all_mistakes_are_reported_and_nothing_is_written(shop: Database) -> None:
    before = state(shop)
    columns = 'customer_id = { pick = "custmer.id" }\nnet = { choice = ["9.50", "x"] }\nnumbr = { const = 1 }\n'
    code, lines = seed(shop, HEAD + columns)
    file = shop.folder / "plan.toml"
    assert code == 3
    assert [line.split(": ")[1] for line in lines] == [f"{file}, line {n}" for n in (7, 8, 9)]
    code, lines = seed(shop, HEAD + columns.replace("const", "cosnt").replace("choice", "chioce"))
    assert (code, len(lines)) == (2, 2)
    after = state(shop)
    assert after == before


@pytest.mark.parametrize("writer", ["insert", pytest.param("load-data", marks=pytest.mark.slow)])
def test_typed_values_are_stored_and_verified(shop: Database, writer: str) -> None:
    columns = """net = { choice = ["9.50", "19.99"] }
fee = { const = "0.5" }
total = { expr = "net + fee" }
made = { choice = [2024-01-01T10:00:00, 2024-02-01T10:00:00Z] }
sent = { after = "made", least = 60, most = 60 }
day = { cycle = [2024-01-01] }
due = { after = "day", least = 1, most = 1 }
active = { choice = [true, false] }
code = { const = "abc" }
ratio = { const = "1.5" }
status = { const = 5 }
"""
    if writer == "load-data" and not shop.value("SELECT @@local_infile"):
        pytest.skip("the server has local_infile off")
    code, lines = seed(shop, HEAD + columns, "--writer", writer)
    assert (code, lines) == (0, [])
    wrong = (
        "total <> net + fee OR net NOT IN (9.50, 19.99) OR sent <> made + INTERVAL 60 SECOND OR due <> '2024-01-02' OR active NOT IN (0, 1) "
        "OR code <> 'abc' OR ratio <> 1.5 OR status <> '5'"
    )
    assert shop.value(f"SELECT COUNT(*) FROM orders WHERE {wrong}") == 0
    shop.parloader("verify", "--procs", "1")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("ratio = { expr = \"CASE WHEN i = 3210 THEN 1/0 ELSE 1.0 END\" }", "it is infinite or not a number in row 3,210"),
        pytest.param(
            'fee = { const = "1.5" }\nnet = { expr = "fee / (CASE WHEN i = 3210 THEN 0 ELSE 1 END)" }',
            "it cannot be computed in row 3,210: division by zero",
            marks=pytest.mark.slow,
        ),
        ("n = { expr = \"CAST(CASE WHEN i = 3210 THEN 'x' ELSE '1' END AS INT)\" }", "it cannot be computed in row 3,210: conversion from `str`"),
    ],
)  # fmt: skip
def test_a_row_that_only_a_worker_meets(shop: Database, columns: str, problem: str) -> None:
    before = state(shop)
    code, (line,) = seed(shop, HEAD + columns, "--batch", "500")
    assert code == 2
    assert f"plan.toml, line {HEAD.count(chr(10)) + columns.count(chr(10)) + 1}: table orders, column " in line
    assert problem in line
    assert line.endswith("and a corrected plan is another one: run parloader clean --run 1 first")
    assert shop.value("SELECT COUNT(*) FROM orders") in (2500, 3000)
    shop.parloader("clean", "--yes", "--procs", "1")
    after = state(shop)
    assert after == before


def rows_or_lines(database: Database, document: Document) -> None:
    """Seeds the plan; whatever comes of it, nothing stays behind after clean."""
    before = state(database)
    code, lines = seed(database, toml(document), "--batch", "1000")
    assert code in (0, 1, 2, 3)
    assert (code == 0) is (not lines), lines
    assert all(line.startswith("error: ") for line in lines), lines
    if code:
        assert database.value("SELECT COUNT(*) FROM orders") == 0, lines
    else:
        database.parloader("verify", "--procs", "1")
        database.parloader("clean", "--yes", "--procs", "1")
    after = state(database)
    assert after == before


ON_SERVER = settings(deadline=None, suppress_health_check=[*HealthCheck])


def test_any_plan_is_loaded_or_refused(shop: Database) -> None:
    @settings(ON_SERVER, max_examples=2)
    @given(documents())
    def check(document: Document) -> None:
        rows_or_lines(shop, document)

    check()


@pytest.mark.slow
def test_any_of_many_plans_is_loaded_or_refused(shop: Database) -> None:
    @settings(ON_SERVER, max_examples=100)
    @given(documents())
    def check(document: Document) -> None:
        rows_or_lines(shop, document)

    check()
