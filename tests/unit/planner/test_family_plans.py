"""Plan files with children, sums, shares and helpers: what becomes of them on a schema, and each mistake as a line."""

from dataclasses import replace

import pytest
from support.plan_files import planned, problems, rows
from support.small_schemas import foreign, integer, primary, schema, table, text

from parloader.planner.given.spelling import spell_columns
from parloader.plans.documents import toml_file
from parloader.plans.documents.plan_document import decode_plan, encode_plan

SHOP = schema(
    table("customers", text("name", 60, nullable=True), integer("points", nullable=True), integer("total", nullable=True)),
    table(
        "orders",
        integer("customer_id"),
        integer("referrer_id", nullable=True),
        integer("total", nullable=True),
        to=(foreign("customer_id", "customers"), foreign("referrer_id", "customers")),
    ),
    table(
        "order_items",
        integer("order_id"),
        integer("line_no"),
        integer("amount", nullable=True),
        keys=(primary("order_id", "line_no"),),
        to=(foreign("order_id", "orders"),),
    ),
    table("audit", integer("_when", nullable=True)),
)

CUSTOMERS = """plan = "shop"
[table.customers]
rows = 20
[table.customers.column]
points = { cycle = [0, 1, 2, 3] }
"""

ORDERS = """[table.orders.column]
customer_id = { child_of = "customers.id", count = { expr = "points" } }
"""

ITEMS = """[table.order_items.column]
order_id = { child_of = "orders.id", count = { const = 2 } }
line_no = { number_in = "order_id" }
"""

PLAN = CUSTOMERS + ORDERS + ITEMS


def test_tables_get_the_rows_that_their_counts_add_up_to() -> None:
    plan = planned(PLAN, SHOP)
    assert {t.name: (t.rows, t.counted, t.reuse) for t in plan.tables} == {
        "customers": (20, False, True),
        "orders": (30, True, False),
        "order_items": (60, True, False),
    }
    made = rows(PLAN, SHOP)
    assert made["orders"]["customer_id"].to_list()[:6] == [2, 3, 3, 4, 4, 4]
    assert made["order_items"]["line_no"].to_list() == [1, 2] * 25


def test_a_count_may_read_a_column_that_only_the_schema_has() -> None:
    text = PLAN.replace('"points"', '"id % 3"').replace("points = { cycle = [0, 1, 2, 3] }\n", "")
    assert planned(text, SHOP).table("orders").rows == sum(n % 3 for n in range(1, 21))


def test_a_count_may_read_the_parent_of_its_parent() -> None:
    made = rows(PLAN.replace("const = 2", 'expr = "customer_id % 2"'), SHOP)
    assert made["order_items"].height == sum(n % 2 * (n - 1) % 4 for n in range(1, 21) if n % 2)


def test_rows_that_are_given_are_kept() -> None:
    given = PLAN.replace("[table.orders.column]", "[table.orders]\nrows = 7\n[table.orders.column]")
    assert {t.name: t.rows for t in planned(given, SHOP).tables} == {"customers": 20, "orders": 7, "order_items": 14}


def test_helpers_are_not_written() -> None:
    text = PLAN + '_price = { const = 5 }\namount = { expr = "_price * line_no" }\n'
    assert planned(text, SHOP).table("order_items").helpers == {"_price"}
    made = rows(text, SHOP)["order_items"]
    assert made.columns == ["order_id", "line_no", "amount"]
    assert made["amount"].to_list() == [5, 10] * 25


def test_a_column_of_the_table_is_no_helper_whatever_its_name() -> None:
    text = PLAN + "[table.audit]\nrows = 3\n[table.audit.column]\n_when = { const = 5 }\n"
    assert rows(text, SHOP)["audit"]["_when"].to_list() == [5, 5, 5]


def test_names_have_the_spelling_of_the_server() -> None:
    given = (
        PLAN.replace("points =", 'total = { sum_of = "orders.TOTAL" }\npoints =')
        .replace('"points"', '"POINTS"')
        .replace('"order_id" }', '"ORDER_ID" }')
    )
    spelled = spell_columns(toml_file.parse(given, "plan.toml"), SHOP)
    right = PLAN.replace("points =", 'total = { sum_of = "orders.total" }\npoints =')
    assert spelled.tables == toml_file.parse(right, "plan.toml").tables


NESTED = '{ when = "i", then = { child_of = "customers.id", count = { const = 1 } } }'

CUSTOMER, ORDER, ITEM = "table customers, column", "table orders, column", "table order_items, column"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (('"points" }', '"point" }'), f"{ORDER} customer_id: `count` reads customers.point, which does not exist. Did you mean points?"),
        (("cycle = [0, 1, 2, 3]", "cycle = [0]"), f"{ORDER} customer_id: no row of customers has children: each `count` is 0"),
        (("cycle = [0, 1, 2, 3]", 'count_of = "orders.id"'), f"{CUSTOMER} points: columns depend on each other: customers.points → orders.customer_id → customers.points"),
        (("points =", 'total = { sum_of = "order_items.amount" }\npoints ='), f"{CUSTOMER} total: `sum_of` names order_items, which is no child of customers in this plan"),
        (("points =", 'total = { sum_of = "orders.totl" }\npoints ='), f"{CUSTOMER} total: `sum_of` names orders.totl, which does not exist. Did you mean total?"),
        (("points =", 'total = { sum_of = "nothing.x" }\npoints ='), f"{CUSTOMER} total: `sum_of` names nothing.x, which does not exist"),
        (("rows = 20", "rows = 0"), f"{ORDER} customer_id: it is a child of customers, which has no rows. Give customers at least 1 row"),
        (('const = 2', 'pick = "customers.points"'), f"{ITEM} order_id: `count` needs values of other tables. Give orders a helper column with them"),
        (('const = 2', 'expr = "i +"'), f"{ITEM} order_id: 'i +' is not valid"),
        (('const = 2', 'expr = "total"'), f"{ITEM} order_id: `count` reads total, but orders has no generator for it"),
        (('const = 2', 'const = "x"'), f"{ITEM} order_id: `count` gives values of the type String"),
        ((', count = { const = 2 }', ""), f"{ITEM} order_id: `count` is missing"),
        (('count = { const = 2 }', "count = { const = 2 }, null_share = 0.5"), f"{ITEM} order_id: `null_share` does not apply to `child_of`"),
        (('number_in = "order_id"', 'number_in = "line_no"'), f"{ITEM} line_no: `number_in` names line_no, which has no `child_of`. Name order_id"),
        (('number_in = "order_id"', 'share_of = "customers.points"'), f"{ITEM} line_no: `share_of` names customers, of which no column of order_items is a `child_of`"),
        (('number_in = "order_id"', 'share_of = "orders.totla"'), f"{ITEM} line_no: `share_of` names orders.totla, which does not exist. Did you mean total?"),
        (("line_no =", "_lineno = { const = 1 }\nline_no ="), f"{ITEM} _lineno: order_items has no column _lineno, and no other column of the plan reads it"),
        (("line_no =", "lineno = { const = 1 }\nline_no ="), "order_items has no column lineno. Did you mean line_no?"),
        (("[table.orders.column]", '[table.orders]\nlater = ["customer_id"]\n[table.orders.column]'), "`later` names customer_id, which has `child_of`"),
        (("[table.orders.column]", "[table.orders]\nreuse = true\n[table.orders.column]"), "`reuse` is true, but customer_id has `child_of`"),
        (("[table.orders.column]", '[table.orders]\nmatch = ["customer_id"]\n[table.orders.column]'), "`match` selects existing rows, but customer_id has `child_of`"),
        (("rows = 20", "rows = 20\ncounted = true"), "table customers: `counted` needs a column with `child_of`"),
        (("rows = 20", 'rows = 20\nhelpers = ["points"]'), "table customers: `helpers` names points, whose name does not begin with an underscore"),
        (("[table.orders.column]", '[table.orders.column]\nreferrer_id = { child_of = "customers.id", count = { const = 1 } }'), "customer_id: referrer_id has `child_of` too"),
        (("customer_id = {", f"referrer_id = {NESTED}\ncustomer_id = {{"), "`child_of` is nested in another generator"),
        (('"customers.id"', '"orders.id"'), "customer_id: orders cannot be the parent of its own rows"),
        (('"customers.id"', '"audit.id"'), "`count` reads audit.points, which does not exist"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_line(changed: tuple[str, str], problem: str) -> None:
    assert changed[0] in PLAN
    found = problems(PLAN.replace(*changed), SHOP)
    assert any(problem in line for line in found), found
    assert all(line.startswith("plan.toml, line ") for line in found), found


BIG, LONG = "{ const = 9000000000000000000 }", f'{{ const = {{ decimal = "{"8" * 38}" }} }}'

OPTIONS = 'group = "r", distribution ='

GROWING = 'distribution = "popular", growing = true'


@pytest.mark.parametrize(
    ("customers", "orders", "problem"),
    [
        ("", 'total = { share_of = "customers.total" }', f"{ORDER} total: it is a share of customers.total, for which the plan has no generator"),
        ("", 'total = { pick = "customers.total", group = "customer_id" }', f"{ORDER} total: it picks customers.total, for which the plan has no"),
        ("", 'referrer_id = { pick = "customers.id", where = "total > 1" }', "`where` reads customers.total, for which the plan has no generator"),
        ("", 'referrer_id = { pick = "customers.id", where = "customers.points = 1" }', "`where` reads columns of customers, but with the name of"),
        ('total = { sum_of = "orders._big" }', f"_big = {BIG}", f"{CUSTOMER} total: a sum of orders._big exceeds 64 bits"),
        ('total = { sum_of = "orders._long" }', f"_long = {LONG}", f"{CUSTOMER} total: a sum of orders._long exceeds 38 digits"),
        ('name = { const = "Ada" }', 'total = { share_of = "customers.name" }', "it cannot be computed: `share_of` can divide integers and decimals only. C"),
        (
            "",
            f'total = {{ pick = "customers.points", {OPTIONS} "zipf" }}\nreferrer_id = {{ pick = "customers.id", {OPTIONS} "popular" }}',
            f"{ORDER} total: the picks of group r select the same row of customers, but have different options",
        ),
        ("", f'referrer_id = {{ pick = "customers.id", among = "customer_id", {GROWING} }}', "`among` does not go together with `growing`"),
    ],
)  # fmt: skip
def test_a_mistake_across_tables_is_a_line(customers: str, orders: str, problem: str) -> None:
    (line,) = problems(PLAN.replace("points =", f"{customers}\npoints =").replace("customer_id =", f"{orders}\ncustomer_id ="), SHOP)
    assert line.startswith("plan.toml, line ")
    assert problem in line


def test_rows_of_unknown_parents_are_not_known() -> None:
    (line,) = problems(PLAN.replace(CUSTOMERS, 'plan = "shop"\n').replace('expr = "points"', "const = 2"), SHOP)
    assert "table orders: its rows are the children of customers, whose number of rows the plan does not give" in line
    assert line.endswith("Give orders `rows`")


def test_a_plan_read_back_is_the_same() -> None:
    plan = planned(PLAN, SHOP)
    assert decode_plan(encode_plan(plan)) == plan
    written = toml_file.text_of(plan)
    assert written.count("rows = ") == 1
    again = planned(written, SHOP)
    assert again == replace(plan, parameters=again.parameters)
