"""Cycles of foreign keys, and foreign keys that share columns."""

from dataclasses import replace

import polars as pl
import pytest
from support.completed_plans import TENANT, USER, generator, notes, pick, valid
from support.small_schemas import believe, foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.plans.generators import Const, Distribution
from parloader.schema.model import ColumnSchema, ForeignKey, Schema, TableSchema, UniqueKey

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


ROOTED = (
    schema(table("node", integer("parent_id"), integer("root_id"), to=(foreign("parent_id", "node"), foreign("root_id", "node")))),
    schema(table("node", text("code", nullable=True), text("of"), keys=(unique("code"),), to=(foreign("of", "node", "code"),))),
    schema(
        table("node", integer("a"), text("b"), integer("x"), text("y"), keys=(primary("a", "b"),), to=(foreign("x y", "node", "a b"),)),
    ),
    schema(
        table(
            "node",
            *(tiny("disk"), integer("file"), integer("parent_id"), integer("root_id")),
            keys=(primary("disk", "file"),),
            to=(foreign("disk parent_id", "node", "disk file"), foreign("disk root_id", "node", "disk file")),
        ),
    ),
    schema(
        TENANT,
        table(
            "node",
            *(integer("tenant_id"), integer("parent_id")),
            keys=(unique("tenant_id", "id"),),
            to=(foreign("tenant_id", "tenant"), foreign("tenant_id parent_id", "node", "tenant_id id")),
        ),
    ),
)


@pytest.mark.parametrize("live", ROOTED, ids=("twice", "by a unique key", "composite", "sharing a column", "sharing a parent"))
def test_the_first_row_references_itself_if_it_must_reference_one_of_its_table(live: Schema) -> None:
    completed = infer(live, "node", 3_000)
    frame = valid(live, completed)["node"]
    for key in (key for key in live["node"].foreign_keys if key.within("node")):
        assert_referenced_first(frame, key)
        assert frame.select(key.columns).n_unique() > 1


def test_a_parent_table_that_references_itself_is_filled() -> None:
    live = schema(*ROOTED[0].values(), table("leaf", integer("node_id"), to=(foreign("node_id", "node"),)))
    assert valid(live, infer(live, "leaf", 500))["node"].height == 5


def assert_referenced_first(frame: pl.DataFrame, key: ForeignKey) -> None:
    """Row 0 references itself, and every other one a row before it."""
    at = {values: n for n, values in enumerate(frame.select(key.referenced).rows())}
    referenced = [at[values] for values in frame.select(key.columns).rows()]
    assert referenced[0] == 0
    assert all(found < n for n, found in enumerate(referenced) if n)


def test_rows_that_share_a_column_with_the_one_they_reference_are_all_new() -> None:
    live = schema(*ROOTED[3].values(), table("leaf", tiny("d"), integer("f"), to=(foreign("d f", "node", "disk file"),)))
    node = infer(live, "leaf", 1_000, existing={"node": 3}).plan.table("node")
    assert (node.rows, node.reuse) == (3, True)
    node = infer(live, "leaf", 1_000, existing={"node": 3}, parents={"node": 20}).plan.table("node")
    assert (node.rows, node.reuse) == (20, False)


def test_a_column_that_references_itself_is_refused() -> None:
    live = schema(table("node", integer("n"), keys=(unique("n"),), to=(foreign("n", "node", "n"),)))
    with pytest.raises(Refused, match="each row would have to reference itself"):
        infer(live, "node")


def test_a_reference_that_a_check_requires_starts_at_a_row_that_references_itself() -> None:
    live = schema(table("node", integer("parent_id", nullable=True), to=(foreign("parent_id", "node"),), checks=("parent_id is not null",)))
    assert pick(infer(live, "node"), "node", "parent_id").distribution is Distribution.ROOTED


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


def test_pairs_of_rows_of_one_tenant_differ_without_the_tenant_in_their_key() -> None:
    """Rows of `stay` have numbers that count in each tenant only: they differ in the number alone if a key of another table needs it."""

    def per_tenant(name: str, number: ColumnSchema) -> TableSchema:
        keys = (primary("tenant_id", number.name),)
        return TableSchema(
            name=name,
            columns=(integer("tenant_id"), number, text("name")),
            unique_keys=keys,
            foreign_keys=(foreign("tenant_id", "tenant"),),
        )

    to = (foreign("tenant_id stay_id", "stay", "tenant_id number"), foreign("tenant_id member_id", "member", "tenant_id number"))
    pair = table("pair", integer("tenant_id"), integer("stay_id"), integer("member_id"), keys=(unique("stay_id", "member_id"),), to=to)
    for number, most in ((integer("number"), 2_000), (tiny("number"), 255)):
        live = schema(pair, per_tenant("stay", number), per_tenant("member", number), TENANT)
        for plan_for in (infer, believe):
            rows = valid(live, plan_for(live, "pair", most))
            assert len(rows["pair"]) == most
            assert rows["pair"]["tenant_id"].n_unique() > 1
    with pytest.raises(Refused, match=r"cannot generate 256 rows of pair: its unique key .* \(stay_id, member_id\)"):
        infer(live, "pair", 256)


def test_a_key_with_a_part_of_a_foreign_key_does_not_make_one_parent_row_per_row() -> None:
    """A payslip for each employee of a run; employees have numbers that count in each company only."""
    employee = TableSchema(
        name="employee",
        columns=(integer("tenant_id"), integer("number"), text("name")),
        unique_keys=(primary("tenant_id", "number"),),
        foreign_keys=(foreign("tenant_id", "tenant"),),
    )
    run = table("run", integer("tenant_id"), to=(foreign("tenant_id", "tenant"),))
    to = (foreign("run_id", "run"), foreign("tenant_id employee_number", "employee", "tenant_id number"))
    columns = integer("run_id"), integer("tenant_id"), integer("employee_number")
    payslip = table("payslip", *columns, keys=(unique("run_id", "employee_number"),), to=to)
    live = schema(payslip, employee, run, TENANT)
    completed = believe(live, "payslip", 2_000)
    assert completed.plan.table("run").rows < 1_000
    assert completed.plan.table("employee").rows < 2_000
    valid(live, completed)


def test_a_parent_whose_columns_are_all_in_a_longer_foreign_key_is_created_too() -> None:
    """A table that extends the tenant by a row: `user` may not reference a tenant without one."""
    special = table("special", tiny("tenant_id"), to=(foreign("tenant_id", "tenant"),))
    special = replace(special, unique_keys=(unique("tenant_id"),))
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id", "special", "tenant_id"))
    live = schema(table("task", integer("tenant_id"), integer("user_id"), to=to), USER, special, table("tenant", tiny("id")))
    completed = infer(live, "task", 50)
    assert {each.name for each in completed.plan.tables} == {"task", "user", "special", "tenant"}
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
