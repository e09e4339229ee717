"""Rows of tables without a key are told apart by construction."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.completed_plans import CUSTOMER, valid
from support.small_schemas import flag, foreign, infer, integer, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.planner.completion import complete
from parloader.planner.request import Fill
from parloader.plans.generators import Const, Sequence, Unique
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, TableSchema, UniqueKey


def keyless(
    *columns: ColumnSchema, keys: tuple[UniqueKey, ...] = (), to: tuple[ForeignKey, ...] = (), checks: tuple[str, ...] = ()
) -> TableSchema:
    return replace(table("t", *columns, to=to, checks=checks), columns=columns, unique_keys=keys)


TIME = ColumnSchema(name="at", kind=ColumnType.DATETIME, type_text="datetime")


@pytest.mark.parametrize(
    ("columns", "carrier"),
    [
        ((flag("good"), tiny("size"), TIME, text("note")), "note"),
        ((flag("good"), integer("size"), TIME), "at"),
        ((integer("size"), text("short", 2), TIME), "at"),
        ((text("short", 40), text("long", 400, nullable=True)), "long"),
        ((text("note"), integer("number", auto_increment=True)), "number"),
    ],
)
def test_the_column_that_looks_most_natural(columns: tuple[ColumnSchema, ...], carrier: str) -> None:
    live = schema(keyless(*columns))
    completed = infer(live, "t")
    assert completed.plan.target.identity == (carrier,)
    assert valid(live, completed)["t"][carrier].n_unique() == 1_000


def test_an_index_decides_between_columns_of_a_kind() -> None:
    indexed = replace(keyless(text("long", 400), text("short")), sorted_indexes=(("short", "long"),))
    assert infer(schema(indexed), "t").plan.target.identity == ("short",)


def test_a_nullable_unique_key_whose_values_suffice() -> None:
    live = schema(keyless(text("name", 400), text("code", 9, nullable=True), keys=(unique("code"),)))
    completed = infer(live, "t")
    assert completed.plan.target.identity == ("code",)
    assert isinstance(completed.plan.target.columns["name"], Unique) is False
    assert valid(live, completed)["t"]["code"].null_count() == 0


def test_a_nullable_unique_key_that_has_too_few_values() -> None:
    live = schema(keyless(text("name"), flag("place", nullable=True), keys=(unique("place"),)))
    completed = infer(live, "t")
    assert completed.plan.target.identity == ("name",)
    assert valid(live, completed)["t"]["place"].null_count() == 998


def test_foreign_keys_and_small_columns_together() -> None:
    live = schema(keyless(integer("customer_id"), flag("kind"), to=(foreign("customer_id", "customer"),)), CUSTOMER)
    completed = infer(live, "t", 300, parents={"customer": 150})
    assert completed.plan.target.identity == ("customer_id", "kind")
    assert valid(live, completed)["t"].select("customer_id", "kind").n_unique() == 300


def test_a_column_that_is_null_in_some_rows_does_not_carry() -> None:
    check = "((`a` is null and `b` is not null) or (`a` is not null and `b` is null))"
    live = schema(keyless(text("a", 200, nullable=True), text("b", 200, nullable=True), text("c", 20), checks=(check,)))
    assert infer(live, "t").plan.target.identity == ("c",)


def test_too_few_values_are_refused_with_what_fits() -> None:
    with pytest.raises(Refused, match=r"no PRIMARY KEY or UNIQUE key, and no column .*: t\.good holds only 2 values.*At most --rows 6 fit"):
        infer(schema(keyless(flag("good"), flag("size", "s", "m", "l"))), "t", 7)
    with pytest.raises(Refused, match="no PRIMARY KEY or UNIQUE key"):
        infer(schema(keyless(flag("good"), flag("size", "s", "m", "l"))), "t", 2, existing={"t": 3})


def test_columns_that_the_plan_gives() -> None:
    live = schema(keyless(text("a"), text("b", nullable=True), integer("c")))

    def identity(columns: dict[str, object], named: tuple[str, ...] = ()) -> tuple[str, ...]:
        given = Table(name="t", rows=9, columns=columns, key=None, identity=named, partitioned=True, reuse=False)  # type: ignore[arg-type]
        return complete(Plan(name="p", parameters={}, tables=(given,)), live, {}, {}, Fill.DEMANDED).plan.target.identity

    assert identity({"a": Const(value="x"), "c": Sequence()}) == ("c",)
    assert identity({"a": Const(value="x"), "c": Const(value=1)}) == ("b",)
    assert identity({"a": Const(value="x"), "b": Const(value="x"), "c": Const(value=1)}, ("a", "c")) == ("a", "c")
    with pytest.raises(Refused, match="no PRIMARY KEY or UNIQUE key"):
        identity({"a": Const(value="x"), "b": Const(value="x"), "c": Const(value=1)})


def test_the_plan_that_was_worked_out_can_be_given() -> None:
    live = schema(keyless(integer("customer_id"), flag("kind"), to=(foreign("customer_id", "customer"),)), CUSTOMER)
    plan = infer(live, "t", 300, parents={"customer": 150}).plan
    assert complete(plan, live, {}, {}, Fill.DEMANDED).plan == plan


COLUMNS = (
    tiny("small"),
    flag("kind", nullable=True),
    integer("number", nullable=True),
    text("code", 2),
    text("note", 30, nullable=True),
    TIME,
    integer("customer_id", nullable=True),
)


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(COLUMNS), min_size=1), st.integers(1, 3_000), st.sets(st.sampled_from([c.name for c in COLUMNS]), max_size=2)
)
def test_generated_rows_differ_in_the_carriers(columns: set[ColumnSchema], rows: int, key: set[str]) -> None:
    """Whatever columns there are, also beside a UNIQUE key that accepts NULL; or the refusal says how many rows fit."""
    names = {column.name for column in columns}
    assume(key <= names)
    keys = (unique(*sorted(key)),) if key else ()
    to = (foreign("customer_id", "customer"),) if "customer_id" in names else ()
    live = schema(keyless(*sorted(columns, key=lambda c: c.name), keys=keys, to=to), CUSTOMER)
    try:
        completed = infer(live, "t", rows)
    except Refused as refused:
        (fits,) = re.findall(r"At most --rows (\d+) fit", refused.next_step)
        rows = int(fits)
        completed = infer(live, "t", rows)
    target = completed.plan.target
    identity = target.identity or (str(target.key),)
    frame = valid(live, completed)["t"].select(identity)
    assert frame.n_unique() == rows
    assert sum(frame.null_count().row(0)) == 0
