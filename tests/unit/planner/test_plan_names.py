"""Mistakes that only the live schema shows: each is a line with the file's line, and all of them are found at once."""

from dataclasses import replace

import pytest
from support.plan_files import problems, rows
from support.small_schemas import flag, foreign, integer, planned, schema, table, text

from parloader.errors import UsageError
from parloader.planner.given.plan_names import checked
from parloader.plans.generators import Pick, When
from parloader.schema.model import ColumnSchema, ColumnType


def column(name: str, kind: ColumnType, type_text: str, **more: object) -> ColumnSchema:
    return replace(ColumnSchema(name=name, kind=kind, type_text=type_text, nullable=True), **more)  # type: ignore[arg-type]


def decimal(name: str) -> ColumnSchema:
    return column(name, ColumnType.DECIMAL, "decimal(10,2)", precision=10, scale=2)


SHOP = schema(
    table("customer", text("email", 60, nullable=True)),
    table(
        "orders",
        integer("customer_id", nullable=True),
        text("status", 10, nullable=True),
        text("note", 200, nullable=True),
        *map(decimal, ("net", "fee", "total")),
        *(column(name, ColumnType.DATETIME, "datetime") for name in ("made", "sent")),
        *(column(name, ColumnType.DATE, "date") for name in ("day", "due")),
        column("ratio", ColumnType.REAL, "double"),
        column("code", ColumnType.BYTES, "varbinary(20)", length=20),
        flag("state", "new", "5", nullable=True),
        integer("n", nullable=True),
        integer("m", nullable=True),
        to=(foreign("customer_id", "customer"),),
    ),
)

HEAD = """plan = "shop"
[table.customer]
rows = 20
[table.orders]
rows = 3000
[table.orders.column]
"""

FIRST = HEAD.count("\n") + 1
"""The line of the first column."""

IN_ORDERS = "table orders, column"


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ('net = { const = "9.505" }', f'{IN_ORDERS} net: "9.505" is not a value of decimal(10,2)'),
        ('net = { const = "999999999.1" }', f'{IN_ORDERS} net: "999999999.1" is not a value of decimal(10,2)'),
        ('n = { choice = ["1", "x"] }', f'{IN_ORDERS} n: "x" is not a value of int'),
        ("n = { const = 99999999999999999999 }", f"{IN_ORDERS} n: 99999999999999999999 is not a value of int"),
        ('ratio = { const = "1e999" }', f'{IN_ORDERS} ratio: "1e999" is not a value of double'),
        ('made = { const = "2024-13-01" }', f'{IN_ORDERS} made: "2024-13-01" is not a value of datetime'),
        ('made = { const = "2024-01-01T00:00:00.5" }', f'{IN_ORDERS} made: "2024-01-01T00:00:00.5" is not a value of datetime'),
        ("state = { const = 6 }", "orders.state is enum, but the plan gives it the value '6'"),
        ('note = { random = "hex", length = 100_000 }', f"{IN_ORDERS} note: `length` is 100000, but the column is varchar(200)"),
        ('status = { unique = "text", length = 8, prefix = "abc" }', f"{IN_ORDERS} status: `length` is 11, but the column is varchar(10)"),
        ('customer_id = { pick = "custmer.id" }', f"{IN_ORDERS} customer_id: `pick` names custmer, which is neither"),
        ('customer_id = { pick = "customer.idd" }', f"{IN_ORDERS} customer_id: `pick` names customer.idd, which does not exist. Did you mean id?"),
        (
            'customer_id = { when = "i > 5", then = { when = "i > 6", then = { pick = "nobody.id" } } }',
            f"{IN_ORDERS} customer_id: `pick` names nobody, which is neither",
        ),
        ('note = { template = "{statsu}" }', f"{IN_ORDERS} note: it reads statsu, but orders has no such column. Did you mean status?"),
        ('note = { when = "status = 1", then = { const = "x" } }\nstatus = { const = "1" }', f"{IN_ORDERS} note: it cannot be computed: cannot compare string"),
        ('sent = { expr = "made + 5" }\nmade = { spread = "2024-01-01", span = "1d" }', f"{IN_ORDERS} sent: it cannot be computed: + not allowed on datetime"),
        ('ratio = { expr = "1.0 / n" }\nn = { sequence = 0 }', f"{IN_ORDERS} ratio: it cannot be computed in row 0: division by zero"),
        ('ratio = { expr = "1 / (i - 2999)" }', f"{IN_ORDERS} ratio: it is infinite or not a number in row 2,999"),
        ('ratio = { expr = "0 / (i * 0)" }', f"{IN_ORDERS} ratio: it is infinite or not a number in row 0"),
        ('n = { expr = "CAST(status AS INT)" }\nstatus = { const = "x" }', f"{IN_ORDERS} n: it cannot be computed in row 0: conversion from `str` to `i32` failed"),
        ('due = { after = "status", most = 1 }\nstatus = { const = "x" }', f"{IN_ORDERS} due: it cannot be computed: `after` cannot add to status"),
        ('due = { after = "n", within = "1d" }\nn = { const = 5 }', f"{IN_ORDERS} due: it cannot be computed: `after` cannot add a time span to n, which is a number"),
        (
            'due = { after = "day", least = "1h", most = "2h" }\nday = { const = 2024-01-01 }',
            f"{IN_ORDERS} due: it cannot be computed: `after` adds days to the date day, but no number of whole days lies in the time span",
        ),
        (
            'made = { timeline = "2024-01-01", span = "1d", not_before = ["sent", "n"] }\nn = { const = 5 }\nsent = { const = 2024-01-01 }',
            f"{IN_ORDERS} made: it cannot be computed: `not_before` names n, which is not a date or a timestamp",
        ),
        ('made = { timeline = "2024-01-01", span = "1d", not_before = "snt" }', f"{IN_ORDERS} made: it reads snt, but orders has no such column. Did you mean sent?"),
        ('n = { timeline = "2024-01-01", span = "1d" }', "orders.n is int, but the plan gives it timestamps"),
        ("n = { expr = \"[1, 2]\" }", "orders.n is int, but the plan gives it values of the type List(Int64), which no column holds"),
        ('n = { pick = "orders.m" }\nm = { after = "n" }', f"{IN_ORDERS} n: columns depend on each other: orders.n → orders.m → orders.n"),
        (
            'sent = { after = "made", least = 99_999_999_999, most = 99_999_999_999 }\nmade = { const = 9999-01-01 }',
            "orders.sent is datetime, but the plan gives it years from 13167 to 13167",
        ),
        ("day = { normal = [19_000, 30] }", "orders.day is date, but the plan gives it integers"),
        ('net = { const = 1 }\n[table.order]\nrows = 1', "there is no table order. Did you mean orders?"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_line(columns: str, problem: str) -> None:
    (line,) = problems(HEAD + columns + "\n", SHOP)
    number = FIRST + 1 if "[table.order]" in columns else FIRST
    assert line.startswith(f"plan.toml, line {number}: {problem}"), line


def test_a_pick_from_a_table_that_the_plan_lacks_adds_it() -> None:
    frames = rows('plan = "shop"\n[table.orders]\nrows = 3\n[table.orders.column]\ncustomer_id = { pick = "customer.id" }\n', SHOP)
    assert (frames["customer"].height, frames["orders"]["customer_id"].to_list()) == (1, [1, 1, 1])


def test_a_column_with_the_name_of_the_index_does_not_replace_it() -> None:
    live = schema(table("t", integer("i", nullable=True), column("at", ColumnType.DATETIME, "datetime")))
    columns = 'i = { const = 1_000_000_000 }\nat = { spread = "2024-01-01", span = "1d" }\n'
    frames = rows(f'plan = "p"\n[table.t]\nrows = 3\n[table.t.column]\n{columns}', live)
    assert [str(at)[:19] for at in frames["t"]["at"]] == ["2024-01-01 00:00:00", "2024-01-01 08:00:00", "2024-01-01 16:00:00"]


def test_all_mistakes_are_found_at_once() -> None:
    columns = 'customer_id = { pick = "customer.idd" }\nstatuss = { const = "a" }\nn = { const = "x" }\nnote = { expr = "nt" }'
    figures = """
[[count]]
name = "paid"
column = "staus"
[[rule]]
name = "one"
exactly_one = ["nett", "fee"]
[[rule]]
name = "same"
same_through = "customer_id"
column = "mm"
parent_column = "id"
"""
    found = problems(HEAD + columns + figures, SHOP)
    assert [line.split(":")[0] for line in found] == [f"plan.toml, line {FIRST + n}" for n in (0, 1, 2, 3, 6, 9, 13)]


def test_all_that_cannot_be_computed_is_found_at_once() -> None:
    columns = 'n = { expr = "status + 1" }\nm = { expr = "n + 1" }\nstatus = { const = "x" }\nsent = { expr = "made + 5" }\nmade = { const = 2024-01-01 }\n'
    columns += 'note = { const = "' + "x" * 201 + '" }'
    found = problems(HEAD + columns, SHOP)
    assert [line.split(":")[0] for line in found] == [f"plan.toml, line {FIRST + n}" for n in (0, 3, 5)]


def test_without_a_schema_all_is_found_at_once() -> None:
    columns = """note = { provider = "emial" }
status = { template = "{i:6}" }
n = { expr = "i +" }
m = { random = "hex", length = 4_000_000_000 }
net = { unifrom = [1, 2] }
day = { after = "due" }
due = { after = "day" }
"""
    found = problems(HEAD.replace("rows = 20", "row = 20") + columns + "\n[[count]]\nname = 5", SHOP)
    assert [int(line.split(":")[0].removeprefix("plan.toml, line ")) for line in found] == [
        2,
        3,
        *(FIRST + n for n in range(5)),
        FIRST + 5,
        FIRST + 9,
    ]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ('same_through = "n"\ncolumn = "m"\nparent_column = "id"', "rule 1: `same_through` names n, which references no table in this plan"),
        ('same_through = "customer_id"\ncolumn = "m"\nparent_column = "emial"', "rule 1: `parent_column` names customer.emial, which does not exist. Did you mean email?"),
    ],
)  # fmt: skip
def test_a_rule_that_follows_nothing(rule: str, problem: str) -> None:
    (line,) = problems(f'{HEAD}customer_id = {{ pick = "customer.id" }}\nn = {{ const = 1 }}\n[[rule]]\nname = "r"\n{rule}\n', SHOP)
    assert problem in line


@pytest.mark.parametrize(
    ("columns", "column_name", "shown"),
    [
        ('net = { choice = ["9.50", "9.50"] }\nfee = { const = "0.5" }\ntotal = { expr = "net + fee" }', "total", "10.00"),
        ('net = { cycle = ["9.50", 9.5] }\nfee = { const = 1 }\ntotal = { expr = "net + fee" }', "total", "10.50"),
        ('n = { const = "5" }\nm = { expr = "n * 2" }', "m", "10"),
        ("n = { const = true }", "n", "True"),
        ('ratio = { const = "1.5e1" }', "ratio", "15.0"),
        ("made = { choice = [2024-01-01T10:00:00Z] }\nsent = { after = 'made', least = 1, most = 1 }", "sent", "2024-01-01 10:00:01"),
        ("made = { const = 2024-01-01 }\nsent = { after = 'made', least = 1, most = 1 }", "sent", "2024-01-01 00:00:01"),
        ("day = { choice = [2024-01-01] }\ndue = { after = 'day', least = 1, most = 1 }", "due", "2024-01-02"),
        ("day = { choice = [2024-01-01] }\ndue = { expr = \"day || ''\" }", "due", "2024-01-01"),
        ("day = { timeline = 2024-01-01, span = '1d', not_before = 'due' }\ndue = { const = 2024-02-29 }", "day", "2024-02-29"),
        ("day = { when = 'i >= 0', then = { timeline = '2024-01-01', span = '1d' } }", "day", "2024-01-01"),
        ("note = { const = 5 }", "note", "5"),
        ("state = { const = 5 }", "state", "5"),
        ('code = { const = "abc" }', "code", "b'abc'"),
        ("day = { when = 'i % 2 = 0', then = { const = 2024-01-01 } }\ndue = { after = 'day', least = 1, most = 1 }", "due", "2024-01-02"),
        ("net = { const = 1_000_000.5 }", "net", "1000000.5"),
    ],
)  # fmt: skip
def test_values_get_the_type_of_their_column(columns: str, column_name: str, shown: str) -> None:
    assert str(rows(HEAD + columns, SHOP)["orders"][column_name][0]) == shown


def test_a_picked_date_is_a_date_where_something_is_added_to_it() -> None:
    live = schema(
        table("month", column("day", ColumnType.DATE, "date")),
        table("bill", integer("month_id"), column("start", ColumnType.DATE, "date"), column("due", ColumnType.DATE, "date"), to=(foreign("month_id", "month"),)),
    )  # fmt: skip
    of_bill = 'month_id = { pick = "month.id" }\nstart = { pick = "month.day" }\ndue = { after = "start", least = 1, most = 1 }'
    plan = f'plan = "p"\n[table.month]\nrows = 2\ncolumn.day = {{ const = 2024-01-01 }}\n[table.bill]\nrows = 5\n[table.bill.column]\n{of_bill}\n'
    assert str(rows(plan, live)["bill"]["due"][0]) == "2024-01-02"


@pytest.mark.parametrize(
    ("parent", "column", "message"),
    [
        (
            "customers",
            "id",
            "names customers, which is neither a table of the plan nor one that its tables reference. Did you mean customer?",
        ),
        ("customer", "idd", "names customer.idd, which does not exist. Did you mean id?"),
        ("customer", "", "names customer., which does not exist. Correct the name"),
    ],
)
def test_a_pick_of_a_table_or_column_that_does_not_exist(parent: str, column: str, message: str) -> None:
    live = schema(table("customer"), table("orders", integer("customer_id"), to=(foreign("customer_id", "customer"),)))
    plan = planned("orders", 10)
    for generator_ in (Pick(parent=parent, column=column), When(condition="i > 3", then=Pick(parent=parent, column=column))):
        picking = replace(plan, tables=(replace(plan.target, columns={"customer_id": generator_}),))
        with pytest.raises(UsageError, match="table orders, column customer_id: `pick` ") as error:
            checked(picking, live)
        assert message in str(error.value)
