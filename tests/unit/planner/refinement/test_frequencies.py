"""How often values occur in inferred plans: NULL, defaults, flags and members of lists."""

from dataclasses import replace

import polars as pl
import pytest
from support.believable_columns import CREATED, amount, boolean, none_of, planned, rows, share
from support.completed_plans import generator
from support.generated_rows import rows_of as rows_of_plan
from support.small_schemas import believe, flag, foreign, integer, schema, table, text, unique

NULLABLE = tuple(
    replace(column, nullable=True)
    for column in (
        text("title"),
        integer("size"),
        amount("weight"),
        flag("kind", "a", "b"),
        boolean("is_new"),
        text("notes", 200),
        text("middle_name"),
    )
)


def null_shares(frame: pl.DataFrame) -> dict[str, float]:
    return {name: frame[name].null_count() / frame.height for name in frame.columns}


def test_nullable_columns_are_null_in_some_rows() -> None:
    shares = null_shares(rows(table("t", *NULLABLE), 3_000))
    assert all(0.01 < shares[column.name] <= 0.62 for column in NULLABLE)
    assert shares["notes"] > 0.5 < shares["middle_name"]
    assert shares["title"] < 0.34 > shares["size"]


def test_a_unique_column_may_be_null_in_some_rows() -> None:
    frame = rows(table("t", text("code", 20, nullable=True), keys=(unique("code"),)))
    assert 0.01 < null_shares(frame)["code"] < 0.5


def test_columns_that_must_have_a_value_have_one() -> None:
    checked = table("t", *NULLABLE, checks=tuple(f"`{column.name}` is not null" for column in NULLABLE))
    assert set(null_shares(rows(checked)).values()) == {0}


def test_a_referenced_column_is_never_null() -> None:
    parent = table("parent", text("code", 20, nullable=True), keys=(unique("code"),))
    child = table("child", text("code", 20), to=(foreign("code", "parent", "code"),))
    completed = believe(schema(parent, child), "child")
    assert generator(completed, "parent", "code").null_share == 0


def test_a_column_from_which_a_required_one_is_computed_is_never_null() -> None:
    frame = rows(table("t", integer("min_size", nullable=True), integer("max_size"), checks=("`min_size` <= `max_size`",)))
    assert frame["max_size"].null_count() == 0


def test_a_longitude_is_null_if_the_latitude_is() -> None:
    frame = rows(table("places", *(amount(name, 9, 6, nullable=True) for name in ("latitude", "longitude"))))
    assert none_of(frame, "(latitude IS NULL) <> (longitude IS NULL)")
    assert frame["latitude"].null_count() > 0


@pytest.mark.parametrize(
    ("column", "condition"),
    [
        (text("currency", 3, default="EUR"), "currency = 'EUR'"),
        (integer("retries", default="0"), "retries = 0"),
        (flag("kind", "a", "b", "c", default="c"), "kind = 'c'"),
        (boolean("is_new", default="0"), "is_new = 0"),
        (amount("bonus", default="1.50"), "bonus = 1.50"),
    ],
)
def test_most_rows_have_the_default(column, condition) -> None:  # type: ignore[no-untyped-def]
    assert 0.55 < share(rows(table("t", column)), condition) < 0.99


def test_a_default_that_a_check_forbids_is_not_used() -> None:
    assert none_of(rows(table("t", integer("n", default="0"), checks=("`n` between 1 and 9",))), "n = 0")


def test_a_code_has_as_many_bytes_as_a_check_says() -> None:
    codes = rows(table("t", text("code", 20)))["code"]
    assert codes.str.len_chars().max() > 6  # type: ignore[operator]
    limited = planned(table("t", text("code", 20), checks=("length(`code`) = 6",)))
    assert set(rows_of_plan(limited.plan)["t"]["code"].str.len_bytes()) == {6}


def test_flags_and_members_are_weighted() -> None:
    frame = rows(table("t", boolean("is_active"), boolean("is_deleted"), flag("channel", "web", "mobile", "phone", "store"), CREATED))
    assert share(frame, "is_active = 1") > 0.8
    assert share(frame, "is_deleted = 1") < 0.1
    counts = frame["channel"].value_counts().to_dicts()
    assert len(counts) == 4
    assert max(row["count"] for row in counts) > 2 * min(row["count"] for row in counts)


def test_the_same_schema_gives_the_same_plan() -> None:
    assert planned(table("t", *NULLABLE, CREATED)) == planned(table("t", *NULLABLE, CREATED))
