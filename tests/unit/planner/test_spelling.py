"""A plan whose names differ in case from those of the server."""

import pytest

from parloader.database.introspection import ListedTable, TableListing
from parloader.errors import UsageError
from parloader.planner.given.spelling import spell_columns, spell_parents, spell_sql, spell_tables
from parloader.plans.generators import After, Const, Expr, Pick, Sequence, Template, When
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough, Table
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

PLAN = Plan(
    name="ORDERS",
    parameters={"table": "ORDERS", "file": "ORDERS"},
    tables=(
        Table(name="customer", rows=2, columns={"NAME": Sequence(start=1)}, key="ID", identity=("NAME",), match=("NAME",)),
        Table(
            name="ORDERS",
            rows=4,
            key="id",
            partitioned=True,
            optional=frozenset({"NOTE"}),
            later=frozenset({"note"}),
            columns={
                "customer_id": Pick(parent="CUSTOMER", column="id", index="I_D % 2"),
                "net": Const(value=1),
                "total": Expr(sql="net + NET * 2 + i"),
                "note": When(condition="net = 'net'", then=Template(text="{i} {net:06} {{net}}"), otherwise=After(column="TOTAL")),
            },
        ),
    ),
    counts=(Count(name="c", column="NET"),),
    rules=(
        ExactlyOne(name="r", columns=("net", "TOTAL")),
        SameThrough(name="s", column="NET", via="customer_id", parent_column="NAME"),
    ),
)


def table(name: str, *columns: str) -> TableSchema:
    return TableSchema(name=name, columns=tuple(ColumnSchema(name=c, type_text="int", kind=ColumnType.INTEGER) for c in columns))


def listing(any_case: bool, *names: str) -> ListedTable:
    one = TableListing(table_type="BASE TABLE", engine="InnoDB", comment="")
    return ListedTable(database="shop", current="shop", any_case=any_case, tables=dict.fromkeys(names, one))


@pytest.mark.parametrize(
    "names", [("Customer", "Orders"), ("customer", "orders")], ids=["lower_case_table_names=2", "lower_case_table_names=1"]
)
def test_tables(names: tuple[str, str]) -> None:
    plan = spell_tables(PLAN, listing(True, *names).spelled)
    assert [t.name for t in plan.tables] == list(names)
    assert plan.tables[1].picks["customer_id"][0].parent == names[0]
    assert (plan.name, plan.parameters) == (names[1], {"table": names[1], "file": "ORDERS"})


def test_tables_whose_case_matters() -> None:
    assert spell_tables(PLAN, listing(False, "Customer", "Orders").spelled) == PLAN


def test_columns() -> None:
    schema = {
        "customer": table("customer", "Id", "Name"),
        "ORDERS": table("ORDERS", "Id", "Customer_Id", "Net", "Total", "Note", "I_d", "I"),
    }
    plan = spell_columns(spell_tables(PLAN, listing(True, "customer", "ORDERS").spelled), schema)
    customer, orders = plan.tables
    assert (dict(customer.columns), customer.key, customer.identity, customer.match) == (
        {"Name": Sequence(start=1)},
        "Id",
        ("Name",),
        ("Name",),
    )
    assert (orders.key, orders.optional, orders.later) == ("Id", frozenset({"Note"}), frozenset({"Note"}))
    assert dict(orders.columns) == {
        "Customer_Id": Pick(parent="customer", column="Id", index="I_d % 2"),
        "Net": Const(value=1),
        "Total": Expr(sql="Net + Net * 2 + i"),
        "Note": When(condition="Net = 'net'", then=Template(text="{i} {Net:06} {{Net}}"), otherwise=After(column="Total")),
    }
    assert plan.counts == (Count(name="c", column="Net"),)
    assert plan.rules == (
        ExactlyOne(name="r", columns=("Net", "Total")),
        SameThrough(name="s", column="Net", via="Customer_Id", parent_column="Name"),
    )


def test_the_index_and_functions_are_no_columns() -> None:
    def upper(name: str) -> str:
        return name.upper()

    assert (
        spell_sql("""i + abs(net) + "net" + `net` + length('net ''net')""", upper)
        == """i + abs(NET) + "NET" + `NET` + length('net ''net')"""
    )


def test_names_that_are_the_same_on_the_server() -> None:
    any_case = listing(True, "customer", "orders")
    with pytest.raises(UsageError, match="Customer and customer of --rows are the same table"):
        spell_parents({"Customer": 1, "customer": 2}, any_case.spelled)
    twice = Plan(name="p", parameters={}, tables=tuple(Table(name=n, rows=1, columns={}, partitioned=True) for n in ("Orders", "ORDERS")))
    with pytest.raises(UsageError, match="the tables Orders and ORDERS are the same on this server"):
        spell_tables(twice, any_case.spelled)
    columns = Plan(
        name="p", parameters={}, tables=(Table(name="t", rows=1, columns={"A": Const(value=1), "a": Const(value=2)}, partitioned=True),)
    )
    with pytest.raises(UsageError, match="table t: the columns A and a are the same"):
        spell_columns(columns, {"t": table("t", "a")})


def test_parents() -> None:
    assert spell_parents({"CUSTOMER": 3, "other": 1}, listing(True, "Customer").spelled) == {"Customer": 3, "other": 1}


@pytest.mark.parametrize("any_case", [True, False])
def test_names_of_tables_in_other_databases(any_case: bool) -> None:
    meant = listing(any_case, "orders", "crm.orders", "`a`.`b`").meant
    assert meant("crm.client") == "`crm`.`client`"
    assert meant("`crm`.`client`") == "`crm`.`client`"
    assert meant("crm.a.b") == "`crm`.`a.b`"
    assert meant("`c.r``m`.`a.b`") == "`c.r``m`.`a.b`"
    assert meant("crm.orders") == "crm.orders"  # a table of its own, as in every plan before
    assert meant("`crm`.`orders`") == "`crm`.`orders`"
    assert meant("shop.orders") == "orders"
    assert meant("CRM.Client") == ("`crm`.`client`" if any_case else "`CRM`.`Client`")
    assert [meant(name) for name in ("client", "crm.", ".client", ".")] == [None] * 4
