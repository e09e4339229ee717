"""Completed plans satisfy the CHECKs of their tables."""

from dataclasses import replace

import polars as pl
import pytest
from support.completed_plans import notes, valid
from support.small_schemas import foreign, infer, integer, schema, table, text, unique

from parloader.errors import Refused


def test_checks_restrict_the_values() -> None:
    live = schema(table("t", integer("age"), text("state"), checks=("`age` between 18 and 21", "`state` in ('open','closed')")))
    rows = valid(live, infer(live, "t"))["t"]
    assert set(rows["age"]) <= set(range(18, 22))
    assert set(rows["state"]) == {"open", "closed"}


EITHER = "(`a_id` is null) <> (`b_id` is null)"


def test_rows_alternate_if_one_of_two_columns_must_be_null() -> None:
    either = table(
        "either",
        integer("a_id", nullable=True),
        integer("b_id", nullable=True),
        to=(foreign("a_id", "a"), foreign("b_id", "b")),
        checks=(EITHER,),
    )
    live = schema(either, table("a"), table("b"))
    rows = valid(live, infer(live, "either"))["either"]
    assert (rows["a_id"].is_null() != rows["b_id"].is_null()).all()
    assert rows["a_id"].null_count() == rows["b_id"].null_count() == 500
    only_b = valid(live, infer({**live, "a": replace(live["a"], engine="MyISAM")}, "either"))["either"]
    assert only_b["b_id"].null_count() == 0
    child = schema(table("child", integer("either_id"), to=(foreign("either_id", "either"),)), either, table("a"), table("b"))
    rows = valid(child, infer(child, "child"))["either"]
    assert (rows["a_id"].is_null() != rows["b_id"].is_null()).all()


def test_compared_columns_satisfy_their_checks() -> None:
    live = schema(
        table(
            "t",
            integer("low"),
            integer("middle"),
            integer("high"),
            integer("twin"),
            checks=("`low` < `middle`", "`middle` <= `high`", "`twin` = `high`"),
        )
    )
    rows = valid(live, infer(live, "t"))["t"]
    assert rows.select(
        ((pl.col("low") < pl.col("middle")) & (pl.col("middle") <= pl.col("high")) & (pl.col("twin") == pl.col("high"))).all()
    ).item()


@pytest.mark.parametrize("operator", ["<>", "<"])
def test_compared_foreign_keys_pick_different_rows(operator: str) -> None:
    friends = table(
        "friends",
        integer("one_id"),
        integer("other_id"),
        keys=(unique("one_id", "other_id"),),
        to=(foreign("one_id", "person"), foreign("other_id", "person")),
        checks=(f"`one_id` {operator} `other_id`",),
    )
    live = schema(friends, table("person"))
    rows = valid(live, infer(live, "friends", 300))["friends"]
    assert (rows["one_id"] < rows["other_id"]).all()


def test_contradicting_checks_are_refused() -> None:
    with pytest.raises(Refused, match="chk_0, chk_1"):
        infer(schema(table("t", integer("n"), checks=("`n` > 5", "`n` < 3"))), "t")


def test_a_check_that_is_not_understood_gets_a_note() -> None:
    completed = infer(schema(table("t", integer("n"), checks=("conv(`n`,10,2) like '%1'",))), "t")
    assert "cannot analyse CHECK chk_0; it is tested on a sample: conv(" in notes(completed, "t")
