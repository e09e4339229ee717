"""Cycles of foreign keys, and foreign keys that share columns."""

from dataclasses import replace

import pytest
from support.completed_plans import TENANT, USER, generator, notes, pick, valid
from support.small_schemas import foreign, infer, integer, schema, table, tiny, unique

from parloader.errors import Refused
from parloader.plans.generators import Const, Distribution
from parloader.schema.model import ColumnSchema, Schema, UniqueKey

LEADER = integer("leader_id", nullable=True)


def cycle(*more: ColumnSchema, keys: tuple[UniqueKey, ...] = (), checks: tuple[str, ...] = ()) -> Schema:
    return schema(
        table("team", LEADER, *more, keys=keys, checks=checks, to=(foreign("leader_id", "person"),)),
        table("person", integer("team_id"), to=(foreign("team_id", "team"),)),
    )


def test_a_nullable_foreign_key_of_a_cycle_is_set_in_a_second_pass() -> None:
    live = cycle()
    for name, rows in (("team", {"team": 1_000, "person": 10}), ("person", {"team": 10, "person": 1_000})):
        completed = infer(live, name)
        assert pick(completed, "team", "leader_id").parent == "person"
        assert completed.plan.table("team").later == {"leader_id"}
        assert notes(completed, "team", "leader_id") in (
            "set in a second pass: the tables reference each other in a cycle: team → person → team",
            "set in a second pass: the tables reference each other in a cycle: person → team → person",
        )
        assert {t.name: t.rows for t in completed.plan.tables} == rows
        assert completed.plan.target.name == name
        assert valid(live, completed)["team"]["leader_id"].null_count() == 0


@pytest.mark.parametrize(
    "live",
    [
        cycle(keys=(unique("leader_id"),)),
        cycle(integer("size", nullable=True), checks=("leader_id is null or size is null",)),
    ],
)
def test_a_foreign_key_that_cannot_be_deferred_is_left_null(live: Schema) -> None:
    completed = infer(live, "team", 50)
    assert generator(completed, "team", "leader_id") == Const(value=None)
    assert "left NULL: the tables reference each other in a cycle: " in notes(completed, "team", "leader_id")
    assert completed.plan.with_deferred_columns == ()
    valid(live, completed)


def test_only_one_of_two_nullable_foreign_keys_of_a_cycle_is_deferred() -> None:
    live = schema(
        table("author", integer("best_id", nullable=True), to=(foreign("best_id", "book"),)),
        table("book", integer("author_id", nullable=True), to=(foreign("author_id", "author"),)),
    )
    for name, later in (("book", "author"), ("author", "book")):
        completed = infer(live, name)
        assert [table.name for table in completed.plan.with_deferred_columns] == [later]
        rows = valid(live, completed)
        assert (rows["author"]["best_id"].null_count(), rows["book"]["author_id"].null_count()) == (0, 0)


def test_a_cycle_above_a_parent_does_not_add_tables() -> None:
    """Of an ancestor, what is not needed is left NULL."""
    live = schema(table("order", integer("team_id"), to=(foreign("team_id", "team"),)), *cycle().values())
    completed = infer(live, "order")
    assert {t.name for t in completed.plan.tables} == {"order", "team"}


def test_a_cycle_without_existing_rows_is_refused() -> None:
    live = schema(
        table("a", integer("b_id"), to=(foreign("b_id", "b"),)),
        table("b", integer("c_id"), to=(foreign("c_id", "c"),)),
        table("c", integer("a_id"), to=(foreign("a_id", "a"),)),
    )
    with pytest.raises(Refused, match=r"a → b → c → a|b → c → a → b|c → a → b → c"):
        infer(live, "a")
    completed = infer(live, "a", existing={"c": 4})
    assert [(t.name, t.rows) for t in completed.plan.tables] == [("c", 4), ("b", 10), ("a", 1_000)]


def test_a_self_reference_picks_an_earlier_row() -> None:
    live = schema(table("node", integer("parent_id", nullable=True), to=(foreign("parent_id", "node"),)))
    completed = infer(live, "node")
    assert pick(completed, "node", "parent_id").distribution is Distribution.EARLIER
    rows = valid(live, completed)["node"]
    assert rows["parent_id"].null_count() == 1
    assert (rows["parent_id"] < rows["id"]).all()


def test_a_required_self_reference_is_refused() -> None:
    live = schema(table("node", integer("parent_id"), to=(foreign("parent_id", "node"),)))
    with pytest.raises(Refused, match="the first row would have to reference itself"):
        infer(live, "node")


def test_columns_of_one_foreign_key_pick_one_row() -> None:
    live = schema(
        table("child", integer("a"), integer("b"), to=(foreign("a b", "parent", "x y"),)),
        table("parent", integer("x"), integer("y"), keys=(unique("x", "y"),)),
    )
    completed = infer(live, "child")
    assert pick(completed, "child", "a").group == pick(completed, "child", "b").group == "fk_a b_parent".replace(" ", "_")
    valid(live, completed)


PROJECT = replace(USER, name="project")


def test_a_foreign_key_implied_by_another_one_gets_no_pick() -> None:
    live = schema(
        table(
            "task",
            integer("tenant_id"),
            integer("user_id"),
            to=(foreign("tenant_id", "tenant"), foreign("tenant_id user_id", "user", "tenant_id id")),
        ),
        USER,
        TENANT,
    )
    completed = infer(live, "task")
    assert pick(completed, "task", "tenant_id").parent == "user"
    valid(live, completed)


def test_foreign_keys_agree_on_the_column_they_share() -> None:
    to = (
        foreign("tenant_id", "tenant"),
        foreign("tenant_id user_id", "user", "tenant_id id"),
        foreign("tenant_id project_id", "project", "tenant_id id"),
    )
    live = schema(table("task", integer("tenant_id"), integer("user_id"), integer("project_id"), to=to), USER, PROJECT, TENANT)
    completed = infer(live, "task", 50_000)
    assert valid(live, completed)["task"]["tenant_id"].n_unique() > 1
    assert completed.plan.table("user").rows == completed.plan.table("project").rows == 500
    assert not completed.plan.table("user").reuse
    assert pick(completed, "user", "tenant_id").distribution is Distribution.CYCLE
    assert infer(live, "task", 50_000, existing={"user": 20, "tenant": 3}).plan.table("user").rows == 500
    with pytest.raises(Refused, match="project=7"):
        infer(live, "task", parents={"user": 5, "project": 7})


def test_foreign_keys_agree_through_several_tables() -> None:
    org = replace(USER, name="org")
    user = table(
        "user",
        integer("tenant_id"),
        integer("org_id"),
        keys=(unique("tenant_id", "id"),),
        to=(foreign("tenant_id org_id", "org", "tenant_id id"),),
    )
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id project_id", "project", "tenant_id id"))
    live = schema(table("task", integer("tenant_id"), integer("user_id"), integer("project_id"), to=to), user, org, PROJECT, TENANT)
    rows = valid(live, infer(live, "task", 50_000))
    assert rows["task"]["tenant_id"].n_unique() > 1


def test_tables_in_lockstep_have_the_smallest_capacity_of_them() -> None:
    few = replace(USER, name="few", unique_keys=(*USER.unique_keys, unique("tenant_id")))
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id few_id", "few", "tenant_id id"))
    live = schema(table("task", integer("tenant_id"), integer("user_id"), integer("few_id"), to=to), USER, few, table("tenant", tiny("id")))
    completed = infer(live, "task", 50_000)
    assert completed.plan.table("user").rows == completed.plan.table("few").rows == 255
    valid(live, completed)


def test_a_nullable_foreign_key_is_null_if_it_cannot_agree_with_another_one() -> None:
    lone = table("lone", integer("tenant_id"), keys=(unique("tenant_id", "id"),))
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id lone_id", "lone", "tenant_id id"))
    columns = integer("tenant_id"), integer("user_id")
    live = schema(table("task", *columns, integer("lone_id", nullable=True), to=to), USER, lone, TENANT)
    completed = infer(live, "task")
    assert generator(completed, "task", "lone_id") == Const(value=None)
    assert "share columns" in notes(completed, "task", "lone_id")
    valid(live, completed)
    with pytest.raises(Refused, match="share columns"):
        infer({**live, "task": table("task", *columns, integer("lone_id"), to=to)}, "task")
