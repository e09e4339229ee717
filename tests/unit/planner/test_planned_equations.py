"""Completed plans satisfy equations and inequalities of several columns, computed here a second time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from support.completed_plans import notes, valid
from support.small_schemas import TINY, believe, foreign, infer, integer, primary, schema, table, unique

from parloader.plans.model import BELIEVABLE
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema

CENT = Decimal("0.01")

WIDE = {"min_value": 0, "max_value": 2**32 - 1, "unsigned": True, "type_text": "int unsigned"}


def money(name: str, precision: int = 10, scale: int = 2, **more: Any) -> ColumnSchema:
    text = f"decimal({precision},{scale})"
    return replace(ColumnSchema(name=name, kind=ColumnType.DECIMAL, type_text=text, precision=precision, scale=scale), **more)


def day(name: str) -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.DATE, type_text="date")


def moment(name: str) -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.DATETIME, type_text="datetime")


def real(name: str) -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.REAL, type_text="double")


def counts(*names: str, **more: Any) -> list[ColumnSchema]:
    return [integer(name, **(more or WIDE)) for name in names]


def moneys(*names: str) -> list[ColumnSchema]:
    return [money(name) for name in names]


def rounded(number: Decimal) -> Decimal:
    return number.quantize(CENT, rounding=ROUND_HALF_UP)


CASES: list[tuple[str, list[ColumnSchema], list[str], Callable[[Any], bool]]] = [
    (
        "a total",
        moneys("subtotal", "shipping", "discount", "total"),
        ["`total` = `subtotal` + `shipping` - `discount`", "`discount` between 0 and `subtotal`", "`total` >= 0", "`shipping` >= 0"],
        lambda r: r.total == r.subtotal + r.shipping - r.discount and 0 <= r.discount <= r.subtotal and min(r.total, r.shipping) >= 0,
    ),
    (
        "the sum first",
        moneys("net", "tax", "gross"),
        ["`net` + `tax` = `gross`", "`tax` >= 0", "`net` > 0", "`gross` < 500"],
        lambda r: r.net + r.tax == r.gross < 500 and r.tax >= 0 < r.net,
    ),
    ("a difference", counts("a", "b", "c"), ["`a` - `b` = `c`"], lambda r: r.a - r.b == r.c >= 0),
    (
        "a difference of unsigned numbers before a sum",
        counts("a", "b", "c", "d"),
        ["`a` - `b` + `c` = `d`"],
        lambda r: r.a >= r.b and r.a - r.b + r.c == r.d,
    ),
    (
        "a product that would not fit",
        [*counts("quantity"), money("price"), money("line", 6, 2)],
        ["`line` = `quantity` * `price`", "`price` > 0", "`quantity` > 0"],
        lambda r: r.line == r.quantity * r.price < 10_000,
    ),
    (
        "a rounded product",
        [*counts("quantity"), money("price"), integer("percent", **TINY), money("line", 12, 2)],
        ["`line` = round(`quantity` * `price` * (1 - `percent` / 100),2)", "`percent` <= 100", "`price` >= 0"],
        lambda r: r.line == rounded(r.quantity * r.price * (1 - Decimal(r.percent) / 100)),
    ),
    (
        "half cents, and negative ones",
        [money("a", 8, 3), money("b", 8, 2)],
        ["`b` = round(`a` * 0.5,2)", "`a` between -1 and 1"],
        lambda r: r.b == rounded(r.a * Decimal("0.5")),
    ),
    (
        "a chain of equations",
        [*moneys("net", "vat", "gross", "paid", "due"), money("rate", 5, 4)],
        ["`vat` = round(`net` * `rate`,2)", "`gross` = `net` + `vat`", "`due` = `gross` - `paid`", "`due` >= 0 and `paid` >= 0 and `net` >= 0"],
        lambda r: r.vat == rounded(r.net * r.rate) and r.gross == r.net + r.vat and r.due == r.gross - r.paid >= 0 <= r.paid,
    ),
    (
        "an exact product of decimals",
        [money("hours", 6, 2), money("rate", 8, 2), money("amount", 10, 2)],
        ["`amount` = `hours` * `rate`", "`hours` > 0 and `rate` > 0"],
        lambda r: r.amount == r.hours * r.rate > 0,
    ),
    (
        "a tolerance",
        [money("net"), money("rate", 5, 4), money("gross")],
        ["abs(`gross` - `net` * (1 + `rate`)) < 0.01"],
        lambda r: abs(r.gross - r.net * (1 + r.rate)) < CENT,
    ),
    ("a large tolerance", counts("a", "b"), ["abs(`a` - `b`) <= 500"], lambda r: abs(r.a - r.b) <= 500),
    (
        "space that is used",
        counts("capacity", "used", "reserved"),
        ["`used` + `reserved` <= `capacity`"],
        lambda r: r.used + r.reserved <= r.capacity,
    ),
    ("a limit of a sum", counts("a", "b", "c"), ["`a` + `b` + `c` <= 100"], lambda r: r.a + r.b + r.c <= 100),
    (
        "shares of a hundred",
        counts("a", "b", "c", **TINY),
        ["`a` + `b` + `c` = 100"],
        lambda r: r.a + r.b + r.c == 100,
    ),
    (
        "a narrow chain",
        counts("low", "middle", "high"),
        ["`low` <= `middle` and `middle` < `high`", "`high` - `low` <= 3", "`high` <= 20"],
        lambda r: r.low <= r.middle < r.high <= 20 and r.high - r.low <= 3,
    ),
    ("coefficients", counts("a", "b", "c"), ["3 * `a` + 2 * `b` <= `c`", "`c` < 50"], lambda r: 3 * r.a + 2 * r.b <= r.c < 50),
    ("least and greatest", counts("a", "b", "c"), ["`a` + 1 <= least(`b`,`c`)"], lambda r: r.a + 1 <= min(r.b, r.c)),
    (
        "a product that is limited",
        counts("width", "height", "area"),
        ["`width` * `height` <= 1000", "`area` = `width` * `height` + 5"],
        lambda r: r.width * r.height <= 1_000 and r.area == r.width * r.height + 5,
    ),
    (
        "a discount of a product",
        [*counts("quantity"), *moneys("price", "discount", "line")],
        ["`discount` <= `quantity` * `price`", "`line` = `quantity` * `price` - `discount`", "`discount` >= 0 and `price` >= 0"],
        lambda r: 0 <= r.discount <= r.quantity * r.price and r.line == r.quantity * r.price - r.discount,
    ),
    ("floating-point numbers", [real("a"), real("b"), real("c")], ["`c` = `a` + `b`"], lambda r: r.c == r.a + r.b),
    ("a week", [day("starts_on"), day("ends_on")], ["`ends_on` = `starts_on` + interval 7 day"], lambda r: (r.ends_on - r.starts_on).days == 7),
    (
        "nights",
        [day("check_in"), day("check_out"), *counts("nights")],
        ["`nights` = to_days(`check_out`) - to_days(`check_in`)", "`nights` between 1 and 14"],
        lambda r: 1 <= r.nights == (r.check_out - r.check_in).days <= 14,
    ),
    (
        "minutes",
        [moment("starts_at"), moment("ends_at"), integer("minutes", **TINY)],
        ["timestampdiff(MINUTE,`starts_at`,`ends_at`) = `minutes`", "`minutes` > 0"],
        lambda r: r.ends_at - r.starts_at == timedelta(minutes=r.minutes) > timedelta(0),
    ),
    (
        "an interval of a column",
        [moment("starts_at"), moment("ends_at"), integer("hours", **TINY)],
        ["`ends_at` = `starts_at` + interval `hours` hour", "`hours` < 48"],
        lambda r: r.ends_at - r.starts_at == timedelta(hours=r.hours) < timedelta(hours=48),
    ),
    (
        "a reminder before a start",
        [moment("starts_at"), moment("reminder_at"), day("day")],
        ["`reminder_at` <= `starts_at` - interval 1 hour", "`day` + interval 1 day <= `starts_at`"],
        lambda r: r.reminder_at <= r.starts_at - timedelta(hours=1) and r.starts_at.date() >= r.day + timedelta(days=1),
    ),
    (
        "a case for each kind",
        [integer("kind", **TINY), *counts("before", "moved", "after")],
        ["`kind` in (1,2,3)", "`after` = case `kind` when 1 then `before` + `moved` when 2 then `before` - `moved` else `moved` end"],
        lambda r: r.after == {1: r.before + r.moved, 2: r.before - r.moved, 3: r.moved}[r.kind],
    ),
    (
        "an alternative",
        [integer("kind", **TINY), *counts("value", "bonus")],
        ["`kind` = 1 and `value` + `bonus` <= 100 or `kind` = 2 and `value` = 2 * `bonus`"],
        lambda r: r.value + r.bonus <= 100 if r.kind == 1 else r.value == 2 * r.bonus,
    ),
    ("chosen values", [integer("size", **TINY), *counts("packs", "pieces")], ["`size` in (6,12,24)", "`pieces` = `size` * `packs`"], lambda r: r.pieces == r.size * r.packs),
]  # fmt: skip


def every_row(live: TableSchema, *others: TableSchema, inference: int = 1) -> list[SimpleNamespace]:
    known = schema(live, *others)
    completed = (believe if inference >= BELIEVABLE else infer)(known, live.name, rows=600)
    assert "tested on a sample" not in notes(completed, live.name)
    return [SimpleNamespace(**row) for row in valid(known, completed)[live.name].iter_rows(named=True)]


@pytest.mark.parametrize("inference", [1, BELIEVABLE])
@pytest.mark.parametrize(("columns", "checks", "holds"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_row_satisfies_the_checks(
    columns: list[ColumnSchema], checks: list[str], holds: Callable[[Any], bool], inference: int
) -> None:
    rows = every_row(table("t", *columns, checks=tuple(checks)), inference=inference)
    assert all(map(holds, rows)), next(row for row in rows if not holds(row))
    for column in columns:  # within the type, and not one value only
        numbers = [getattr(row, column.name) for row in rows]
        if column.kind is ColumnType.INTEGER:
            assert column.min_value <= min(numbers) <= max(numbers) <= column.max_value
        if column.kind is ColumnType.DECIMAL:
            assert max(map(abs, numbers)) < 10 ** (column.precision - column.scale)
            assert all(number == round(number, column.scale) for number in numbers)
        assert len(set(numbers)) > 1


def computed(column: ColumnSchema, expression: str) -> ColumnSchema:
    return replace(column, generated=True, expression=expression)


def test_checks_on_generated_columns_limit_what_they_are_computed_from() -> None:
    total = computed(integer("total", **WIDE), "`a` + `b`")
    assert all(row.a + row.b <= 100 for row in every_row(table("t", *counts("a", "b"), total, checks=("`total` <= 100",))))
    nights = computed(integer("nights"), "to_days(`ends_on`) - to_days(`starts_on`)")
    stay = table("t", day("starts_on"), day("ends_on"), nights, checks=("(`nights` between 1 and 14)",))
    assert all(1 <= (row.ends_on - row.starts_on).days <= 14 for row in every_row(stay))


def test_generated_columns_stay_within_their_types() -> None:
    product = computed(money("line", 6, 2), "`quantity` * `price`")
    rows = every_row(table("t", *counts("quantity"), money("price"), product))
    assert all(abs(row.quantity * row.price) < 10_000 for row in rows)
    rest = computed(integer("rest", **WIDE), "`a` - `b`")
    assert all(row.a >= row.b for row in every_row(table("t", *counts("a", "b"), rest)))


def test_null_makes_a_sum_of_the_rest() -> None:
    live = table("t", *moneys("a", "t"), money("b", nullable=True), checks=("`t` = `a` + coalesce(`b`,0)",))
    rows = every_row(live)
    assert {row.b is None for row in rows} == {True, False}
    assert all(row.t == row.a + (row.b or 0) for row in rows)


def test_dates_stay_within_a_year_if_nothing_else_is_asked_for() -> None:
    rows = every_row(table("t", day("starts_on"), day("ends_on"), checks=("`ends_on` >= `starts_on` + interval 1 day",)))
    assert all(date(2024, 1, 1) <= row.starts_on < row.ends_on <= date(2026, 1, 31) for row in rows)
    assert max(row.ends_on - row.starts_on for row in rows) <= timedelta(days=31)
    times = every_row(table("t", moment("a_at"), moment("b_at"), checks=("`b_at` > `a_at` + interval 1 hour",)))
    assert all(datetime(2024, 1, 1) <= row.a_at < row.b_at for row in times)
    assert max(row.b_at - row.a_at for row in times) <= timedelta(days=8)


def test_a_picked_price_leaves_the_product_within_its_column() -> None:
    tariff = table("tariff", integer("id"), money("price", 6, 2), keys=(primary("id", "price"),))
    ticket = table(
        "ticket",
        integer("tariff_id"),
        money("price", 6, 2),
        integer("persons", **TINY),
        money("amount", 6, 2),
        to=(foreign("tariff_id price", "tariff", "id price"),),
        checks=("`amount` = `price` * `persons`", "`price` > 0", "`persons` between 1 and 20"),
    )
    assert all(0 < row.amount == row.price * row.persons < 10_000 for row in every_row(ticket, tariff))


def test_unique_columns_keep_their_distinct_values() -> None:
    live = table(
        "t", *counts("first_no", "last_no", "size"), keys=(unique("first_no"),), checks=("`last_no` = `first_no` + `size`", "`size` < 100")
    )
    rows = every_row(live)
    assert len({row.first_no for row in rows}) == len(rows)
    assert all(row.last_no == row.first_no + row.size for row in rows)


def test_what_cannot_be_satisfied_by_construction_is_tested_on_a_sample() -> None:
    live = schema(table("t", *counts("a", "b"), checks=("`a` + `b` < 0",)))
    assert "tested on a sample" in notes(infer(live, "t"), "t")
