"""CHECKs on foreign key columns, and columns shorter than their parent's, decide which rows of the parent are created or used."""

import pytest
from support.completed_plans import notes, pick, valid
from support.small_schemas import flag, foreign, infer, integer, primary, schema, table, text, unique

from parloader.errors import Refused
from parloader.planner.completion import complete
from parloader.planner.given.compatibility import missing_names
from parloader.planner.request import Fill
from parloader.planner.sizes.row_kinds import conditions
from parloader.plans.conditions import Condition, Operator
from parloader.plans.generators import Distribution
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.checks.predicates import Length, Matches, OneOf, TextPattern
from parloader.schema.model import Schema, TableSchema

VEHICLE = table("vehicle", text("kind", 20), text("name"), keys=(unique("id", "kind"),))


def of_kind(name: str, check: str, **more: object) -> TableSchema:
    return table(
        name, integer("vehicle_id"), text("kind", 20, **more), to=(foreign("vehicle_id kind", "vehicle", "id kind"),), checks=(check,)
    )


CAR, BOAT = of_kind("car", "`kind` = 'car'"), of_kind("boat", "`kind` = 'boat'")

IS_CAR = (Condition(column="kind", operator=Operator.IN, value=("car",)),)

COUNTRY = table("country", text("code", 2), keys=(primary("code"),))


@pytest.mark.parametrize(
    ("live", "name", "parent", "column", "allowed"),
    [
        (schema(CAR, VEHICLE), "car", "vehicle", "kind", {"car"}),
        (schema(of_kind("car", "`kind` = 'car'", default="car"), VEHICLE), "car", "vehicle", "kind", {"car"}),
        (
            schema(table("wheel", integer("car_id"), to=(foreign("car_id", "car"),)), CAR, VEHICLE),  # the demand is passed on
            "wheel",
            "vehicle",
            "kind",
            {"car"},
        ),
        (
            schema(table("t", text("c", 2), to=(foreign("c", "country", "code"),), checks=("`c` in ('DE','FR')",)), COUNTRY),
            "t",
            "country",
            "code",
            {"DE", "FR"},
        ),
        (
            schema(
                table(
                    "t",
                    text("c", 2),
                    text("d", 2),
                    to=(foreign("c", "country", "code"), foreign("d", "country", "code")),
                    checks=("`c` in ('DE','FR')", "`d` in ('CH')"),
                ),
                COUNTRY,
            ),
            "t",
            "country",
            "code",
            {"DE", "CH"},
        ),
        (
            schema(
                table("t", integer("status_id"), flag("status", "new", "lost"), to=(foreign("status status_id", "p", "status id"),)),
                table("p", flag("status", "new", "sold", "lost"), keys=(unique("status", "id"),)),
            ),
            "t",
            "p",
            "status",
            {"new"},  # the number of "lost" is another one
        ),
    ],
)
def test_parents_have_values_that_the_child_allows(live: Schema, name: str, parent: str, column: str, allowed: set[str]) -> None:
    rows = valid(live, infer(live, name, 300))
    assert set(rows[parent][column]) <= allowed
    assert len(rows[name]) == 300


def test_keys_of_the_parent_are_within_the_checks_of_the_child() -> None:
    live = schema(table("t", integer("a_id"), to=(foreign("a_id", "a"),), checks=("`a_id` > 100",)), table("a"))
    rows = valid(live, infer(live, "t", 500))
    assert rows["a"]["id"].min() == 101
    assert set(rows["t"]["a_id"]) == set(rows["a"]["id"])


def test_a_check_that_every_key_satisfies_changes_nothing() -> None:
    live = schema(table("t", integer("a_id"), to=(foreign("a_id", "a"),), checks=("`a_id` > 0",)), table("a"))
    completed = infer(live, "t")
    assert completed.plan.table("a").key == "id"
    assert not completed.plan.table("a").reuse_if
    assert pick(completed, "t", "a_id").distribution is Distribution.EVEN


def test_values_fit_a_shorter_column_of_the_child() -> None:
    live = schema(table("t", text("code", 6), to=(foreign("code", "p", "code"),)), table("p", text("code", 20), keys=(unique("code"),)))
    rows = valid(live, infer(live, "t", 500))
    assert rows["p"]["code"].str.len_chars().max() == 6


def test_a_parent_has_rows_of_each_kind_that_its_children_demand() -> None:
    live = schema(CAR, BOAT, VEHICLE)
    tables = tuple(Table(name=name, rows=500, columns={}, key=None, partitioned=True, reuse=False) for name in ("car", "boat"))
    rows = valid(live, complete(Plan(name="p", parameters={}, tables=tables), live, {}, {}, Fill.ALL))
    assert rows["vehicle"]["kind"].to_list() == ["boat", "car"] * 5
    assert rows["car"]["vehicle_id"].n_unique() == rows["boat"]["vehicle_id"].n_unique() == 5


def test_cases_of_one_table_reference_rows_of_several_kinds() -> None:
    either = table(
        "either",
        integer("vehicle_id"),
        text("kind", 20),
        integer("wheels"),
        to=(foreign("vehicle_id kind", "vehicle", "id kind"),),
        checks=("`kind` = 'car' and `wheels` = 4 or `kind` = 'boat' and `wheels` = 0",),
    )
    live = schema(either, VEHICLE)
    rows = valid(live, infer(live, "either", 400))["either"]
    assert set(rows.filter(rows["wheels"] == 4)["kind"]) == {"car"}
    assert rows["vehicle_id"].n_unique() == 8


def test_a_different_parent_for_each_row_of_each_kind() -> None:
    live = schema(
        table(
            "t",
            integer("a_id"),
            text("a_kind", 20),
            integer("b_id"),
            text("b_kind", 20),
            keys=(unique("a_id"), unique("b_id")),
            to=(foreign("a_id a_kind", "vehicle", "id kind"), foreign("b_id b_kind", "vehicle", "id kind")),
            checks=("`a_kind` = 'car'", "`b_kind` <> 'car'"),
        ),
        VEHICLE,
    )
    rows = valid(live, infer(live, "t", 70))
    assert len(rows["vehicle"]) == 140


def test_a_discriminator_of_one_value_tells_no_parents_apart() -> None:
    """The parent's key has two columns, of which one has the same value in all rows, so a unique reference by the other one needs a parent for each row."""
    both = table("vehicle", integer("id"), text("kind", 20), keys=(primary("id", "kind"),))
    to = (foreign("vehicle_id kind", "vehicle", "id kind"),)
    car = table("car", integer("vehicle_id"), text("kind", 20), keys=(unique("vehicle_id"),), to=to, checks=("`kind` = 'car'",))
    live = schema(car, both)
    assert valid(live, infer(live, "car", 300))["car"]["vehicle_id"].n_unique() == 300


def test_existing_rows_are_used_if_enough_of_them_fit() -> None:
    live = schema(CAR, VEHICLE)
    tables = (Table(name="car", rows=500, columns={}, key=None, partitioned=True, reuse=False),)
    for fitting, rows, generated in ((3, 3, False), (0, 5, True)):
        existing = {"vehicle": ExistingRows(rows=9, of_conditions={IS_CAR: fitting})}
        completed = complete(Plan(name="p", parameters={}, tables=tables), live, existing, {}, Fill.ALL)
        vehicle = completed.plan.table("vehicle")
        assert (vehicle.rows, vehicle.reuse_if) == (rows, (IS_CAR,))
        assert ("vehicle" not in completed.reused) == generated


def test_a_check_of_the_parent_that_contradicts_leaves_the_foreign_key_null_or_is_refused() -> None:
    planes = table("vehicle", text("kind", 20), keys=(unique("id", "kind"),), checks=("`kind` in ('plane')",))
    with pytest.raises(Refused, match="accept only some values of kind, and its CHECK chk_0 allows no such row"):
        infer(schema(CAR, planes), "car")
    nullable = table(
        "car",
        integer("vehicle_id", nullable=True),
        text("kind", 20, nullable=True),
        to=(foreign("vehicle_id kind", "vehicle", "id kind"),),
        checks=("`kind` = 'car'",),
    )
    assert "left NULL: rows of vehicle cannot be generated: foreign keys" in notes(infer(schema(nullable, planes), "car"), "car")


def test_existing_rows_are_found_by_the_patterns_of_the_check() -> None:
    like = TextPattern(pattern="A%", regexp=False, negated=True)
    demand = (Length(column="c", low=2, high=9), Matches(column="c", parts=(("bc", 0, None),), whole=True, source=like))
    assert [(c.operator, c.value) for c in conditions(demand)] == [
        (Operator.MIN_LENGTH, 2),
        (Operator.MAX_LENGTH, 9),
        (Operator.NOT_LIKE, "A%"),
    ]
    assert conditions((OneOf(column="n", values=(1, 2)), Length(column="n", high=3))) == (
        Condition(column="n", operator=Operator.IN, value=(1, 2)),
    )


def test_a_condition_on_a_column_that_does_not_exist_is_a_mistake_of_the_plan() -> None:
    wrong = (Condition(column="knd", operator=Operator.IN, value=("car",)),)
    plan = Plan(name="p", parameters={}, tables=(Table(name="vehicle", rows=1, columns={}, reuse_if=(wrong,)),))
    (misfit,) = missing_names(plan, schema(VEHICLE))
    assert misfit.problem == "vehicle has no column knd"
    assert "Did you mean kind?" in misfit.next_step
