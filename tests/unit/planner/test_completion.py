from dataclasses import replace

import polars as pl
import pytest
from support.generated_rows import faults, rows_of
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, tiny, unique

from parloader.errors import Refused
from parloader.planner.completion import CompletedPlan, complete
from parloader.planner.request import Fill
from parloader.plans.generators import Const, Distribution, Generator, Pick, Unique, When
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import ColumnSchema, ColumnType, Schema, TableSchema, TableType, UniqueKey

CUSTOMER = table("customer", text("email"), keys=(unique("email"),))


def valid(shapes: Schema, inferred: CompletedPlan) -> dict[str, pl.DataFrame]:
    """The rows, which the schema takes."""
    rows = rows_of(inferred.plan)
    assert faults(rows, shapes) == []
    return rows


def generator(inferred: CompletedPlan, table: str, column: str) -> Generator:
    return inferred.plan.table(table).columns[column]


def pick(inferred: CompletedPlan, table: str, column: str) -> Pick:
    found = generator(inferred, table, column)
    assert isinstance(found, Pick)
    return found


def notes(inferred: CompletedPlan, table: str, column: str | None = None) -> str:
    return "\n".join(note.text for note in inferred.notes if note.table == table and column in (None, note.column))


# -- which tables
def test_all_that_a_table_needs_is_added_up_to_the_top() -> None:
    shapes = schema(
        table("street", integer("city_id"), to=(foreign("city_id", "city"),)),
        table("city", integer("country_id"), to=(foreign("country_id", "country"),)),
        table("country", text("code", 2), keys=(unique("code"),)),
        table("unrelated", integer("city_id"), to=(foreign("city_id", "city"),)),
    )
    inferred = infer(shapes, "street", 5_000)
    assert [(t.name, t.rows) for t in inferred.plan.tables] == [("country", 1), ("city", 50), ("street", 5_000)]
    assert "50 rows: one per 100 rows of street" in notes(inferred, "city")
    valid(shapes, inferred)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"table_type": TableType.VIEW}, "it is a view"),
        ({"table_type": TableType.SEQUENCE}, "it is a sequence"),
        ({"table_type": TableType.SYSTEM_VERSIONED}, "its history would keep the rows after clean"),
        ({"engine": "MyISAM"}, "MyISAM has no transactions"),
        ({"unique_keys": ()}, "clean could not find its rows again"),
    ],
)
def test_a_table_that_cannot_be_cleaned_or_written_is_refused(change: dict[str, object], reason: str) -> None:
    shapes = schema(replace(table("t", text("name")), **change))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=reason) as caught:
        infer(shapes, "t")
    assert caught.value.next_step


def test_a_parent_that_cannot_be_made_is_named() -> None:
    shapes = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM"))
    with pytest.raises(Refused, match="rows of parent are needed, but cannot be generated: its engine MyISAM"):
        infer(shapes, "child")


def test_of_a_parent_that_cannot_be_made_rows_that_are_there_do() -> None:
    shapes = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM"))
    inferred = infer(shapes, "child", there={"parent": 7})
    assert inferred.plan.table("parent") == Table(name="parent", rows=7, columns={}, key="id")


def test_a_nullable_foreign_key_is_null_where_its_parent_cannot_be_had() -> None:
    shapes = schema(
        table("child", integer("parent_id", nullable=True), to=(foreign("parent_id", "parent"),)), replace(table("parent"), engine="MyISAM")
    )
    inferred = infer(shapes, "child")
    assert generator(inferred, "child", "parent_id") == Const(value=None)
    assert "left NULL: parent: its engine MyISAM" in notes(inferred, "child", "parent_id")
    assert [t.name for t in inferred.plan.tables] == ["child"]


def test_a_parent_that_lacks_a_value_of_an_unknown_type_cannot_be_had_either() -> None:
    odd = replace(integer("odd"), kind=ColumnType.OTHER, type_text="oddity")
    shapes = schema(table("child", integer("parent_id", nullable=True), to=(foreign("parent_id", "parent"),)), table("parent", odd))
    assert "oddity" in notes(infer(shapes, "child"), "child", "parent_id")
    with pytest.raises(Refused, match="its column odd cannot be NULL, and parloader has no generator for the type oddity"):
        infer(shapes, "parent")


@pytest.mark.parametrize("nullable", [True, False])
def test_a_parent_in_another_database(nullable: bool) -> None:
    shapes = schema(table("child", integer("parent_id", nullable=nullable), to=(foreign("parent_id", "parent", database="elsewhere"),)))
    if nullable:
        assert "another database, elsewhere" in notes(infer(shapes, "child"), "child")
    else:
        with pytest.raises(Refused, match="another database, elsewhere"):
            infer(shapes, "child")


def test_nullable_foreign_keys_of_parents_need_what_is_there_anyway() -> None:
    shapes = schema(
        table("orders", integer("customer_id"), integer("shop_id"), to=(foreign("customer_id", "customer"), foreign("shop_id", "shop"))),
        table(
            "customer",
            integer("shop_id", nullable=True),
            integer("group_id", nullable=True),
            integer("level_id", nullable=True),
            to=(foreign("shop_id", "shop"), foreign("group_id", "group"), foreign("level_id", "level")),
        ),
        table("shop"),
        table("group"),
        table("level"),
    )
    inferred = infer(shapes, "orders", there={"level": 3})
    assert pick(inferred, "customer", "shop_id").parent == "shop"
    assert pick(inferred, "customer", "level_id").parent == "level"
    assert generator(inferred, "customer", "group_id") == Const(value=None)
    assert {t.name for t in inferred.plan.tables} == {"orders", "customer", "shop", "level"}


# -- cycles
LEADER = integer("leader_id", nullable=True)


def cycle(*more: ColumnSchema, keys: tuple[UniqueKey, ...] = (), checks: tuple[str, ...] = ()) -> Schema:
    return schema(
        table("team", LEADER, *more, keys=keys, checks=checks, to=(foreign("leader_id", "person"),)),
        table("person", integer("team_id"), to=(foreign("team_id", "team"),)),
    )


def test_a_nullable_edge_of_a_cycle_is_set_later() -> None:
    shapes = cycle()
    for name, rows in (("team", {"team": 1_000, "person": 10}), ("person", {"team": 10, "person": 1_000})):
        inferred = infer(shapes, name)
        assert pick(inferred, "team", "leader_id").parent == "person"
        assert inferred.plan.table("team").later == {"leader_id"}
        assert notes(inferred, "team", "leader_id") in (
            "set in a second pass: the tables reference each other in a cycle: team → person → team",
            "set in a second pass: the tables reference each other in a cycle: person → team → person",
        )
        assert {t.name: t.rows for t in inferred.plan.tables} == rows
        assert inferred.plan.target.name == name
        assert valid(shapes, inferred)["team"]["leader_id"].null_count() == 0


@pytest.mark.parametrize(
    "shapes",
    [
        cycle(keys=(unique("leader_id"),)),
        cycle(integer("size", nullable=True), checks=("leader_id is null or size is null",)),
    ],
)
def test_an_edge_that_cannot_wait_is_left_null(shapes: Schema) -> None:
    inferred = infer(shapes, "team", 50)
    assert generator(inferred, "team", "leader_id") == Const(value=None)
    assert "left NULL: the tables reference each other in a cycle: " in notes(inferred, "team", "leader_id")
    assert inferred.plan.with_deferred_columns == ()
    valid(shapes, inferred)


def test_of_two_nullable_edges_one_is_set_later() -> None:
    shapes = schema(
        table("author", integer("best_id", nullable=True), to=(foreign("best_id", "book"),)),
        table("book", integer("author_id", nullable=True), to=(foreign("author_id", "author"),)),
    )
    for name, later in (("book", "author"), ("author", "book")):
        inferred = infer(shapes, name)
        assert [table.name for table in inferred.plan.with_deferred_columns] == [later]
        rows = valid(shapes, inferred)
        assert (rows["author"]["best_id"].null_count(), rows["book"]["author_id"].null_count()) == (0, 0)


def test_a_cycle_that_nothing_else_leads_to_is_no_reason_to_make_its_tables() -> None:
    """Of an ancestor, what is not needed is left NULL."""
    shapes = schema(table("order", integer("team_id"), to=(foreign("team_id", "team"),)), *cycle().values())
    inferred = infer(shapes, "order")
    assert {t.name for t in inferred.plan.tables} == {"order", "team"}


def test_a_cycle_without_a_way_in_is_named() -> None:
    shapes = schema(
        table("a", integer("b_id"), to=(foreign("b_id", "b"),)),
        table("b", integer("c_id"), to=(foreign("c_id", "c"),)),
        table("c", integer("a_id"), to=(foreign("a_id", "a"),)),
    )
    with pytest.raises(Refused, match=r"a → b → c → a|b → c → a → b|c → a → b → c"):
        infer(shapes, "a")
    inferred = infer(shapes, "a", there={"c": 4})
    assert [(t.name, t.rows) for t in inferred.plan.tables] == [("c", 4), ("b", 10), ("a", 1_000)]


def test_a_table_that_points_at_itself() -> None:
    shapes = schema(table("node", integer("parent_id", nullable=True), to=(foreign("parent_id", "node"),)))
    inferred = infer(shapes, "node")
    assert pick(inferred, "node", "parent_id").distribution is Distribution.EARLIER
    rows = valid(shapes, inferred)["node"]
    assert rows["parent_id"].null_count() == 1
    assert (rows["parent_id"] < rows["id"]).all()


def test_a_table_that_must_point_at_itself_is_refused() -> None:
    shapes = schema(table("node", integer("parent_id"), to=(foreign("parent_id", "node"),)))
    with pytest.raises(Refused, match="the first row would have to reference itself"):
        infer(shapes, "node")


# -- how a row is found again
def test_an_integer_primary_key_of_its_own_is_numbered() -> None:
    shapes = schema(table("t", text("name")))
    assert infer(shapes, "t").plan.target.key == "id"


@pytest.mark.parametrize(
    ("shape", "identity"),
    [
        (table("t", text("code"), keys=(primary("code"),)), ("code",)),
        (table("t", integer("a"), text("b"), keys=(primary("a", "b"),)), ("a", "b")),
        (table("t", integer("id"), checks=("`id` < 5000",)), ("id",)),
        (replace(table("t", integer("a", nullable=True), integer("b")), unique_keys=(unique("a"), unique("b"))), ("b",)),
    ],
)
def test_other_rows_are_found_by_their_values(shape: TableSchema, identity: tuple[str, ...]) -> None:
    shapes = schema(shape)
    inferred = infer(shapes, "t")
    assert (inferred.plan.target.key, inferred.plan.target.identity) == (None, identity)
    valid(shapes, inferred)


def test_a_check_that_any_key_meets_does_not_matter() -> None:
    shapes = schema(table("t", integer("id"), checks=("`id` > 0",)))
    assert infer(shapes, "t").plan.target.key == "id"


# -- foreign keys that share columns
def test_columns_of_one_foreign_key_pick_one_row() -> None:
    shapes = schema(
        table("child", integer("a"), integer("b"), to=(foreign("a b", "parent", "x y"),)),
        table("parent", integer("x"), integer("y"), keys=(unique("x", "y"),)),
    )
    inferred = infer(shapes, "child")
    assert pick(inferred, "child", "a").group == pick(inferred, "child", "b").group == "fk_a b_parent".replace(" ", "_")
    valid(shapes, inferred)


TENANT = table("tenant")

USER = table("user", integer("tenant_id"), keys=(unique("tenant_id", "id"),), to=(foreign("tenant_id", "tenant"),))

PROJECT = replace(USER, name="project")


def test_a_foreign_key_that_another_one_implies_is_left_to_it() -> None:
    shapes = schema(
        table(
            "task",
            integer("tenant_id"),
            integer("user_id"),
            to=(foreign("tenant_id", "tenant"), foreign("tenant_id user_id", "user", "tenant_id id")),
        ),
        USER,
        TENANT,
    )
    inferred = infer(shapes, "task")
    assert pick(inferred, "task", "tenant_id").parent == "user"
    valid(shapes, inferred)


def test_several_foreign_keys_agree_on_the_column_that_they_share() -> None:
    to = (
        foreign("tenant_id", "tenant"),
        foreign("tenant_id user_id", "user", "tenant_id id"),
        foreign("tenant_id project_id", "project", "tenant_id id"),
    )
    shapes = schema(table("task", integer("tenant_id"), integer("user_id"), integer("project_id"), to=to), USER, PROJECT, TENANT)
    inferred = infer(shapes, "task", 50_000)
    assert valid(shapes, inferred)["task"]["tenant_id"].n_unique() > 1
    assert inferred.plan.table("user").rows == inferred.plan.table("project").rows == 500
    assert not inferred.plan.table("user").reuse
    assert pick(inferred, "user", "tenant_id").distribution is Distribution.CYCLE
    assert infer(shapes, "task", 50_000, there={"user": 20, "tenant": 3}).plan.table("user").rows == 500
    with pytest.raises(Refused, match="project=7"):
        infer(shapes, "task", parents={"user": 5, "project": 7})


def test_they_agree_through_several_tables() -> None:
    org = replace(USER, name="org")
    user = table(
        "user",
        integer("tenant_id"),
        integer("org_id"),
        keys=(unique("tenant_id", "id"),),
        to=(foreign("tenant_id org_id", "org", "tenant_id id"),),
    )
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id project_id", "project", "tenant_id id"))
    shapes = schema(table("task", integer("tenant_id"), integer("user_id"), integer("project_id"), to=to), user, org, PROJECT, TENANT)
    rows = valid(shapes, infer(shapes, "task", 50_000))
    assert rows["task"]["tenant_id"].n_unique() > 1


def test_tables_that_go_together_are_as_small_as_the_smallest() -> None:
    few = replace(USER, name="few", unique_keys=(*USER.unique_keys, unique("tenant_id")))
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id few_id", "few", "tenant_id id"))
    shapes = schema(
        table("task", integer("tenant_id"), integer("user_id"), integer("few_id"), to=to), USER, few, table("tenant", tiny("id"))
    )
    inferred = infer(shapes, "task", 50_000)
    assert inferred.plan.table("user").rows == inferred.plan.table("few").rows == 255
    valid(shapes, inferred)


def test_where_they_cannot_agree_the_nullable_one_is_null() -> None:
    lone = table("lone", integer("tenant_id"), keys=(unique("tenant_id", "id"),))
    to = (foreign("tenant_id user_id", "user", "tenant_id id"), foreign("tenant_id lone_id", "lone", "tenant_id id"))
    columns = integer("tenant_id"), integer("user_id")
    shapes = schema(table("task", *columns, integer("lone_id", nullable=True), to=to), USER, lone, TENANT)
    inferred = infer(shapes, "task")
    assert generator(inferred, "task", "lone_id") == Const(value=None)
    assert "share columns" in notes(inferred, "task", "lone_id")
    valid(shapes, inferred)
    with pytest.raises(Refused, match="share columns"):
        infer({**shapes, "task": table("task", *columns, integer("lone_id"), to=to)}, "task")


# -- how many parents
def parents_of(rows: int, **more: dict[str, int]) -> Table:
    shapes = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), table("parent"))
    return infer(shapes, "child", rows, **more).plan.table("parent")


@pytest.mark.parametrize(("rows", "parents"), [(1, 1), (100, 1), (101, 2), (5_000, 50), (100_000, 1_000), (10_000_000, 1_000)])
def test_one_parent_for_each_hundred_rows_up_to_a_thousand(rows: int, parents: int) -> None:
    assert parents_of(rows).rows == parents


def test_rows_that_are_there_are_used_and_none_made() -> None:
    assert parents_of(1_000, there={"parent": 3}) == Table(name="parent", rows=3, columns={}, key="id")


@pytest.mark.parametrize("there", [0, 3, 70])
def test_the_user_says_how_many(there: int) -> None:
    assert parents_of(1_000, there={"parent": there}, parents={"parent": 25}).rows == 25


def test_a_parent_of_few_values_is_as_large_as_it_can_be() -> None:
    shapes = schema(table("child", integer("parent_id"), to=(foreign("parent_id", "parent"),)), table("parent", tiny("id")))
    assert infer(shapes, "child", 100_000).plan.table("parent").rows == 255


def test_each_row_has_a_parent_of_its_own_where_a_key_says_so() -> None:
    profile = table(
        "profile", integer("customer_id"), text("bio"), keys=(primary("customer_id"),), to=(foreign("customer_id", "customer"),)
    )
    shapes = schema(profile, CUSTOMER)
    inferred = infer(shapes, "profile", 20_000)
    customer = inferred.plan.table("customer")
    assert (customer.rows, customer.partitioned, customer.reuse) == (20_000, True, True)
    assert inferred.plan.target.name == "profile"
    assert "PRIMARY of profile" in notes(inferred, "customer")
    valid(shapes, infer(shapes, "profile", 2_000))
    assert infer(shapes, "profile", 500, there={"customer": 900}).plan.table("customer").columns == {}
    assert not infer(shapes, "profile", 500, there={"customer": 900, "profile": 1}).plan.table("customer").reuse


def test_pairs_of_parents_are_enumerated() -> None:
    link = table("link", integer("a_id"), integer("b_id"), keys=(primary("a_id", "b_id"),), to=(foreign("a_id", "a"), foreign("b_id", "b")))
    shapes = schema(link, table("a"), table("b"))
    inferred = infer(shapes, "link", 1_000)
    assert (inferred.plan.table("a").rows, inferred.plan.table("b").rows) == (32, 32)
    valid(shapes, inferred)
    few = infer({**shapes, "b": table("b", tiny("id"))}, "link", 100_000)
    assert (few.plan.table("a").rows, few.plan.table("b").rows) == (1_000, 255)
    some = infer(shapes, "link", 1_000, there={"a": 10})
    assert (some.plan.table("a").rows, some.plan.table("b").rows) == (32, 32)
    many = infer(shapes, "link", 1_000, there={"a": 10, "link": 5})
    assert many.plan.table("a").rows * many.plan.table("b").rows >= 1_000
    assert many.plan.table("b").rows > 0
    both = infer(shapes, "link", 1_000, there={"a": 10, "b": 10, "link": 5}).plan
    assert not (both.table("a").reuse and both.table("b").reuse)


def test_a_column_of_few_values_counts_with_the_parent() -> None:
    setting = table(
        "setting", integer("user_id"), flag("name", "a", "b", "c"), keys=(primary("user_id", "name"),), to=(foreign("user_id", "user"),)
    )
    shapes = schema(setting, table("user"))
    inferred = infer(shapes, "setting", 1_000)
    assert inferred.plan.table("user").rows == 334
    valid(shapes, inferred)


def test_what_the_parents_can_have_limits_the_rows() -> None:
    link = table("link", tiny("a_id"), tiny("b_id"), keys=(primary("a_id", "b_id"),), to=(foreign("a_id", "a"), foreign("b_id", "b")))
    shapes = schema(link, table("a", tiny("id")), table("b", tiny("id")))
    valid(shapes, infer(shapes, "link", 255 * 255))
    with pytest.raises(Refused, match=r"unique key PRIMARY \(a_id, b_id\): a can have only 255 rows.*At most --rows 65025 fit") as caught:
        infer(shapes, "link", 255 * 255 + 1)
    assert caught.value.next_step == "At most --rows 65025 fit"
    with pytest.raises(Refused, match="At most --rows 2550 fit"):
        infer(shapes, "link", 3_000, parents={"a": 10})
    with pytest.raises(Refused, match="At most --parents a=255 fit"):
        infer(shapes, "link", 3_000, parents={"a": 1_000})


# -- unique keys
def test_the_largest_number_is_said_where_a_key_is_too_small() -> None:
    shapes = schema(table("t", tiny("id")))
    assert infer(shapes, "t", 255).plan.target.rows == 255
    with pytest.raises(Refused, match=r"1,000 rows of t are too many: t\.id holds only 255 values\. At most --rows 255 fit"):
        infer(shapes, "t")
    with pytest.raises(Refused, match="At most --rows 215 fit"):
        infer(shapes, "t", there={"t": 40})


def test_a_column_that_is_another_one_in_each_row_serves_several_keys() -> None:
    shapes = schema(
        table(
            "t",
            integer("user_id"),
            text("code"),
            text("name"),
            keys=(unique("user_id", "code"), unique("code", "name"), unique("id", "name")),
            to=(foreign("user_id", "customer"),),
        ),
        CUSTOMER,
    )
    inferred = infer(shapes, "t")
    assert [name for name, g in inferred.plan.target.columns.items() if isinstance(g, Unique)] == ["code"]
    valid(shapes, inferred)


def test_what_differs_does_so_within_the_prefix_that_counts() -> None:
    shapes = schema(table("t", text("url", 200), keys=(unique("url", prefixes=(10,)),)))
    urls = valid(shapes, infer(shapes, "t"))["t"]["url"]
    assert urls.str.slice(0, 10).n_unique() == 1_000


def test_a_nullable_column_of_few_values_is_null_from_there_on() -> None:
    shapes = schema(table("t", flag("place", "first", "second", nullable=True), keys=(unique("place"),)))
    inferred = infer(shapes, "t")
    assert valid(shapes, inferred)["t"]["place"].null_count() == 998
    assert "NULL from row 2 on" in notes(inferred, "t", "place")
    with pytest.raises(Refused, match=r"t\.place holds only 2 values.*At most --rows 2 fit"):
        infer(schema(table("t", flag("place", "first", "second"), keys=(unique("place"),))), "t")


def test_a_column_that_ends_in_null_does_so_for_all_of_its_keys() -> None:
    shapes = schema(
        table(
            "t", tiny("id"), flag("place", nullable=True), integer("n"), keys=(primary("id", "n"), unique("id", "place"), unique("place"))
        )
    )
    assert valid(shapes, infer(shapes, "t"))["t"]["place"].null_count() == 998


def test_rows_that_are_there_may_have_all_combinations() -> None:
    shapes = schema(table("t", flag("a"), flag("b"), keys=(primary("a", "b"),)))
    valid(shapes, infer(shapes, "t", 4))
    with pytest.raises(Refused, match="differ from those of the existing rows"):
        infer(shapes, "t", 2, there={"t": 1})


def test_keys_that_share_foreign_keys_are_counted_together() -> None:
    three = table(
        "three",
        integer("a_id"),
        integer("b_id"),
        integer("c_id"),
        keys=(primary("a_id", "b_id"), unique("b_id", "c_id"), unique("a_id", "c_id")),
        to=(foreign("a_id", "a"), foreign("b_id", "b"), foreign("c_id", "c")),
    )
    shapes = schema(three, table("a"), table("b"), table("c"))
    valid(shapes, infer(shapes, "three", 1_000))


def test_a_key_of_parts_that_nobody_understands_is_refused_and_left_to_a_trial_where_the_plan_gives_columns() -> None:
    expression = table("t", flag("place"), keys=(replace(unique("place"), columns=(), expressions=True),))
    generated = table("t", flag("place"), text("lowered", generated=True), keys=(unique("place", "lowered"),))
    mine = Table(name="t", rows=10, columns={"place": Const(value=1)}, partitioned=True, reuse=False)
    for shape in (expression, generated):
        with pytest.raises(Refused, match="cannot be planned for"):
            infer(schema(shape), "t")
        assert "tested on a sample" in notes(with_columns(schema(shape), Fill.ALL, mine), "t")


# -- CHECKs
def test_checks_restrict_the_values() -> None:
    shapes = schema(table("t", integer("age"), text("state"), checks=("`age` between 18 and 21", "`state` in ('open','closed')")))
    rows = valid(shapes, infer(shapes, "t"))["t"]
    assert set(rows["age"]) <= set(range(18, 22))
    assert set(rows["state"]) == {"open", "closed"}


EITHER = "(`a_id` is null) <> (`b_id` is null)"


def test_rows_take_turns_where_one_of_two_must_be_null() -> None:
    either = table(
        "either",
        integer("a_id", nullable=True),
        integer("b_id", nullable=True),
        to=(foreign("a_id", "a"), foreign("b_id", "b")),
        checks=(EITHER,),
    )
    shapes = schema(either, table("a"), table("b"))
    rows = valid(shapes, infer(shapes, "either"))["either"]
    assert (rows["a_id"].is_null() != rows["b_id"].is_null()).all()
    assert rows["a_id"].null_count() == rows["b_id"].null_count() == 500
    only_b = valid(shapes, infer({**shapes, "a": replace(shapes["a"], engine="MyISAM")}, "either"))["either"]
    assert only_b["b_id"].null_count() == 0
    child = schema(table("child", integer("either_id"), to=(foreign("either_id", "either"),)), either, table("a"), table("b"))
    rows = valid(child, infer(child, "child"))["either"]
    assert (rows["a_id"].is_null() != rows["b_id"].is_null()).all()


def test_columns_that_are_compared_follow_from_one_another() -> None:
    shapes = schema(
        table(
            "t",
            integer("low"),
            integer("middle"),
            integer("high"),
            integer("twin"),
            checks=("`low` < `middle`", "`middle` <= `high`", "`twin` = `high`"),
        )
    )
    rows = valid(shapes, infer(shapes, "t"))["t"]
    assert rows.select(
        ((pl.col("low") < pl.col("middle")) & (pl.col("middle") <= pl.col("high")) & (pl.col("twin") == pl.col("high"))).all()
    ).item()


@pytest.mark.parametrize("operator", ["<>", "<"])
def test_foreign_keys_that_are_compared_pick_different_rows(operator: str) -> None:
    friends = table(
        "friends",
        integer("one_id"),
        integer("other_id"),
        keys=(unique("one_id", "other_id"),),
        to=(foreign("one_id", "person"), foreign("other_id", "person")),
        checks=(f"`one_id` {operator} `other_id`",),
    )
    shapes = schema(friends, table("person"))
    rows = valid(shapes, infer(shapes, "friends", 300))["friends"]
    assert (rows["one_id"] < rows["other_id"]).all()


def test_a_check_that_no_row_can_meet_is_refused() -> None:
    with pytest.raises(Refused, match="chk_0, chk_1"):
        infer(schema(table("t", integer("n"), checks=("`n` > 5", "`n` < 3"))), "t")


def test_a_check_that_is_not_understood_is_said() -> None:
    inferred = infer(schema(table("t", integer("n"), checks=("conv(`n`,10,2) like '%1'",))), "t")
    assert "chk_0 is not understood; it is tested on a sample: conv(" in notes(inferred, "t")


# -- what the plan gives
def with_columns(shapes: Schema, fill: Fill, *tables: Table, there: dict[str, int] | None = None) -> CompletedPlan:
    found = {name: ExistingRows(rows=rows) for name, rows in (there or {}).items()}
    return complete(Plan(name="p", parameters={}, tables=tables), shapes, found, {}, fill)


def test_only_what_an_insert_needs_is_added() -> None:
    shapes = schema(
        table(
            "t",
            text("name"),
            text("remark", nullable=True),
            text("status", default="new"),
            integer("level_id", default="1"),
            integer("shop_id", nullable=True),
            integer("zone_id", nullable=True, default="427"),
            to=(foreign("level_id", "level"), foreign("shop_id", "shop"), foreign("zone_id", "zone")),
        ),
        table("level", text("remark", nullable=True)),
        table("shop"),
        table("zone"),
    )
    mine = Table(name="t", rows=10, columns={"remark": Const(value="mine")}, partitioned=True, reuse=False)
    inferred = with_columns(shapes, Fill.DEMANDED, mine)
    assert list(inferred.plan.target.columns) == ["remark", "name", "level_id", "zone_id"]
    assert inferred.plan.target.columns["remark"] == Const(value="mine")
    assert list(inferred.plan.table("level").columns) == ["remark"]
    assert {t.name for t in inferred.plan.tables} == {"t", "level", "zone"}
    valid(shapes, inferred)


def test_what_is_given_stays_whatever_a_check_says() -> None:
    shapes = schema(table("t", integer("n"), checks=("`n` > 5",)))
    inferred = with_columns(shapes, Fill.ALL, Table(name="t", rows=10, columns={"n": Const(value=1)}, partitioned=True))
    assert generator(inferred, "t", "n") == Const(value=1)


def test_picks_that_are_given_bring_their_parents() -> None:
    shapes = schema(table("t", integer("customer_id"), to=(foreign("customer_id", "customer"),)), CUSTOMER)
    condition = When(condition="i % 2 = 0", then=Pick(parent="customer", column="id"), otherwise=Const(value=1))
    inferred = with_columns(shapes, Fill.ALL, Table(name="t", rows=1_000, columns={"customer_id": condition}, partitioned=True))
    assert inferred.plan.table("customer").rows == 10


def test_the_rest_of_a_foreign_key_of_which_a_part_is_given() -> None:
    shapes = schema(
        table("task", integer("tenant_id"), integer("user_id"), to=(foreign("tenant_id user_id", "user", "tenant_id id"),)), USER, TENANT
    )
    given = Pick(parent="user", column="id", distribution=Distribution.ZIPF, group="who")
    inferred = with_columns(shapes, Fill.ALL, Table(name="task", rows=100, columns={"user_id": given}, partitioned=True))
    assert generator(inferred, "task", "tenant_id") == replace(given, column="tenant_id")
    valid(shapes, inferred)
    with pytest.raises(Refused, match="tenant_id is missing"):
        with_columns(shapes, Fill.ALL, Table(name="task", rows=100, columns={"user_id": replace(given, group=None)}, partitioned=True))


def test_a_planned_parent_with_rows_enough_needs_nothing() -> None:
    shapes = schema(
        table("t", integer("role_id"), to=(foreign("role_id", "role"),)),
        table("role", integer("level_id"), to=(foreign("level_id", "level"),)),
        table("level"),
    )
    big, role = Table(name="t", rows=100, columns={}, partitioned=True, reuse=False), Table(name="role", rows=3, columns={})
    assert {t.name for t in with_columns(shapes, Fill.DEMANDED, big, role, there={"role": 5}).plan.tables} == {"t", "role"}
    assert {t.name for t in with_columns(shapes, Fill.DEMANDED, big, role).plan.tables} == {"t", "role", "level"}


def test_the_same_question_has_the_same_answer() -> None:
    shapes = schema(
        table("t", integer("customer_id"), text("code"), keys=(unique("code"),), to=(foreign("customer_id", "customer"),)), CUSTOMER
    )
    assert infer(shapes, "t") == infer(dict(reversed(list(shapes.items()))), "t")
