"""Rules of the user's own for columns that a plan leaves open."""

from dataclasses import replace

import pytest
from support.completed_plans import generator, notes
from support.small_schemas import foreign, integer, planned, schema, table, text, unique

from parloader.errors import UsageError
from parloader.planner.completion import complete
from parloader.planner.request import CompletedPlan, Fill
from parloader.plans.column_rules import ColumnRule
from parloader.plans.generators import Const, Expr, Provider, Uniform
from parloader.plans.model import BELIEVABLE
from parloader.schema.model import TableSchema

FIVE = Const(value=5)


def ruled(of: TableSchema, *rules: ColumnRule) -> CompletedPlan:
    plan = replace(planned(of.name, 100, BELIEVABLE), column_rules=rules)
    return complete(plan, schema(of, table("parent")), {}, {}, Fill.ALL)


@pytest.mark.parametrize(
    ("patterns", "matches"),
    [
        ({"match": ("*_score",)}, True),
        ({"match": ("SCORE", "TEST_?core")}, True),
        ({"match": ("score",)}, False),
        ({"match": ("*",), "table": "rev*"}, True),
        ({"match": ("*",), "table": "users"}, False),
        ({"match": ("*",), "type": "int"}, True),
        ({"match": ("*",), "type": "varchar"}, False),
        ({"match": ("*",), "comment": "*points*"}, True),
        ({"match": ("*",), "comment": "points"}, False),
    ],
)
def test_a_rule_matches_by_name_table_type_and_comment(patterns: dict[str, object], matches: bool) -> None:
    of = table("reviews", integer("test_score", comment="Points of 100"))
    completed = ruled(of, ColumnRule(generator=FIVE, **patterns))  # type: ignore[arg-type]
    assert (generator(completed, "reviews", "test_score") == FIVE) is matches


def test_the_first_rule_that_matches_decides() -> None:
    completed = ruled(
        table("t", integer("a")), ColumnRule(match=("a",), generator=FIVE), ColumnRule(match=("*",), generator=Const(value=6))
    )
    assert generator(completed, "t", "a") == FIVE


def test_keys_and_references_decide_about_their_columns_themselves() -> None:
    of = table("t", text("code"), integer("parent_id"), keys=(unique("code"),), to=(foreign("parent_id", "parent"),))
    completed = ruled(of, ColumnRule(match=("*",), generator=FIVE, source="parloader.toml, line 3"))
    assert FIVE not in completed.plan.table("t").columns.values()
    for column in ("code", "parent_id"):
        assert "the rule for * (parloader.toml, line 3) is not used" in notes(completed, "t", column)


def test_a_rule_that_matches_no_column_is_noted() -> None:
    rules = (ColumnRule(match=("scroe",), generator=FIVE, source="parloader.toml, line 3"), ColumnRule(match=("score",), generator=FIVE))
    texts = [note.text for note in ruled(table("t", integer("score")), *rules).notes]
    assert [text for text in texts if "rule" in text] == ["no column of this load matches the rule for scroe (parloader.toml, line 3)"]


def test_a_column_that_is_never_null_gets_no_null_share() -> None:
    rule = ColumnRule(match=("*",), generator=Uniform(low=1, high=5, null_share=0.5))
    completed = ruled(table("t", integer("a"), integer("b", nullable=True)), rule)
    assert [generator(completed, "t", column).null_share for column in "ab"] == [0, 0.5]


def test_no_helper_is_left_behind() -> None:
    completed = ruled(table("t", integer("a", default="3")), ColumnRule(match=("a",), generator=FIVE))
    assert completed.plan.table("t").columns == {"a": FIVE}
    assert completed.plan.column_rules == ()


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (Const(value="many"), 'the rule for a .here. does not fit t.a: "many" is not a value of int'),
        (Expr(sql="b + 1"), "the rule for a .here. reads the column b, which t lacks or does not fill"),
    ],
)
def test_a_rule_that_does_not_fit_is_named(made: Const | Expr, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ruled(table("t", integer("a")), ColumnRule(match=("a",), generator=made, source="here"))


def test_texts() -> None:
    completed = ruled(table("t", text("town")), ColumnRule(match=("town",), generator=Provider(name="city")))
    assert generator(completed, "t", "town") == Provider(name="city")
