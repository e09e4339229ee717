"""Tables whose rows are children of one parent."""

import pytest
from support.believable_columns import moment
from support.completed_plans import generator, pick, valid
from support.small_schemas import believe, foreign, integer, primary, schema, table, text, tiny, unique

from parloader.plans.generators import ChildOf, Distribution, NumberIn, Pick
from parloader.schema.model import Schema, TableSchema

ORDERS = table("orders")

PRODUCTS = table("products")

TAGS = table("tags")


def items(number: str = "line_no", *more: str, checks: tuple[str, ...] = (), name: str = "order_items") -> TableSchema:
    return table(
        name,
        integer("order_id"),
        tiny(number),
        integer("product_id"),
        text("note"),
        keys=(primary("order_id", number), *(unique(*key.split()) for key in more)),
        to=(foreign("order_id", "orders"), foreign("product_id", "products")),
        checks=checks,
    )


def shop(*tables: TableSchema) -> Schema:
    return schema(ORDERS, PRODUCTS, TAGS, *tables)


def children_per_parent(live: Schema, name: str, parent: str, column: str, **more: object) -> list[int]:
    """How many children each parent has, in a plan whose rows are valid."""
    plan = believe(live, name, 3_000, **more)  # type: ignore[arg-type]
    rows = valid(live, plan)
    counts = dict(rows[name].group_by(column).len().rows())
    return [counts.get(key, 0) for key in range(1, plan.plan.table(parent).rows + 1)]


def test_items_are_numbered_in_their_order() -> None:
    live = shop(items())
    plan = believe(live, "order_items", 3_000, parents={"orders": 1_000})
    assert isinstance(generator(plan, "order_items", "order_id"), ChildOf)
    assert generator(plan, "order_items", "line_no") == NumberIn(column="order_id")
    for _, numbers in valid(live, plan)["order_items"].group_by("order_id"):
        assert sorted(numbers["line_no"]) == list(range(1, numbers.height + 1))


def test_orders_have_different_numbers_of_items() -> None:
    counts = children_per_parent(shop(items()), "order_items", "orders", "order_id", parents={"orders": 1_000})
    assert sum(counts) == 3_000
    assert 0 < counts.count(0) < 500
    assert max(counts) < 100
    assert 150 <= sum(sorted(counts)[-10:]) <= 1_500


@pytest.mark.parametrize("payments", [700, 1_000, 1_300])
def test_most_orders_have_a_payment(payments: int) -> None:
    created = moment("created_at", nullable=False)
    live = schema(table("orders", created), table("order_payments", integer("order_id"), created, to=(foreign("order_id", "orders"),)))
    plan = believe(live, "order_payments", payments, parents={"orders": 1_000})
    rows = valid(live, plan)["order_payments"]
    counts = sorted(rows.group_by("order_id").len()["len"])
    assert len(counts) > 500
    assert sum(counts[-10:]) > 0.05 * payments


@pytest.mark.parametrize(("checks", "least", "most"), [(("`line_no` <= 20",), 1, 20), (("`line_no` between 10 and 40",), 10, 40)])
def test_numbers_are_those_that_a_check_allows(checks: tuple[str, ...], least: int, most: int) -> None:
    live = shop(items(checks=checks))
    rows = valid(live, believe(live, "order_items", 3_000, parents={"orders": 1_000}))["order_items"]
    assert rows["line_no"].min() == least
    assert rows["line_no"].max() <= most  # type: ignore[operator]


def test_too_few_numbers_for_the_ratio_keep_the_solvers_choice() -> None:
    live = shop(items(checks=("`line_no` <= 3",)))
    plan = believe(live, "order_items", 3_000, parents={"orders": 1_000})
    assert not isinstance(generator(plan, "order_items", "order_id"), ChildOf)
    valid(live, plan)


def test_a_second_unique_key_of_two_parents() -> None:
    live = shop(items("line_no", "order_id product_id"))
    plan = believe(live, "order_items", 3_000, parents={"orders": 1_000, "products": 300})
    assert pick(plan, "order_items", "product_id").distinct_in == "order_id"
    valid(live, plan)


def test_a_unique_number_elsewhere_keeps_the_solvers_choice() -> None:
    live = shop(items("line_no", "product_id line_no"))
    plan = believe(live, "order_items", 500, parents={"orders": 100, "products": 300})
    assert not isinstance(generator(plan, "order_items", "order_id"), ChildOf)
    valid(live, plan)


def test_a_number_that_is_not_required_to_be_unique() -> None:
    live = shop(
        table("order_events", integer("order_id"), integer("position"), text("kind"), to=(foreign("order_id", "orders"),)),
    )
    plan = believe(live, "order_events", 500)
    assert isinstance(generator(plan, "order_events", "order_id"), ChildOf)
    assert generator(plan, "order_events", "position") == NumberIn(column="order_id")


@pytest.mark.parametrize(("name", "child"), [("order_notes", True), ("shipments", False), ("invoice_lines", True)])
def test_names_tell_whether_rows_are_parts_of_others(name: str, child: bool) -> None:
    live = shop(table(name, integer("order_id"), to=(foreign("order_id", "orders"),)))
    assert isinstance(generator(believe(live, name), name, "order_id"), ChildOf) is child


def test_lines_are_parts_of_what_comes_first() -> None:
    live = shop(
        table("lines", integer("product_id"), integer("order_id"), to=(foreign("product_id", "products"), foreign("order_id", "orders")))
    )
    plan = believe(live, "lines")
    assert isinstance(generator(plan, "lines", "order_id"), ChildOf)
    assert not isinstance(generator(plan, "lines", "product_id"), ChildOf)


def test_rows_that_need_no_parent_are_no_children() -> None:
    live = shop(table("order_notes", integer("order_id", nullable=True), to=(foreign("order_id", "orders"),)))
    assert not isinstance(generator(believe(live, "order_notes"), "order_notes", "order_id"), ChildOf)


def junction(*columns: str, key: tuple[str, ...] = ()) -> TableSchema:
    parents = {"product_id": "products", "tag_id": "tags", "order_id": "orders"}
    return table(
        "product_tags", *map(integer, columns), keys=(primary(*(key or columns)),), to=tuple(foreign(c, parents[c]) for c in columns)
    )


def test_pairs_are_distinct_and_skewed() -> None:
    live = shop(junction("product_id", "tag_id"))
    plan = believe(live, "product_tags", 3_000, parents={"products": 1_000, "tags": 100})
    assert isinstance(generator(plan, "product_tags", "product_id"), ChildOf)
    assert pick(plan, "product_tags", "tag_id").distribution is Distribution.POPULAR
    counts = valid(live, plan)["product_tags"].group_by("tag_id").len()["len"].sort()
    assert counts[-1] > 3 * 30


def test_no_product_has_more_tags_than_there_are() -> None:
    live = shop(junction("product_id", "tag_id"))
    plan = believe(live, "product_tags", 3_000, parents={"products": 1_000, "tags": 6})
    assert isinstance(generator(plan, "product_tags", "product_id"), ChildOf)
    valid(live, plan)


def test_nearly_all_pairs_keep_the_solvers_choice() -> None:
    live = shop(junction("product_id", "tag_id"))
    plan = believe(live, "product_tags", 3_000, parents={"products": 100, "tags": 30})
    assert not isinstance(generator(plan, "product_tags", "product_id"), ChildOf)
    valid(live, plan)


def test_three_parents() -> None:
    live = shop(junction("product_id", "tag_id", "order_id"))
    plan = believe(live, "product_tags", 3_000, parents={"products": 1_000, "tags": 100, "orders": 50})
    assert sum(isinstance(g, Pick) and g.distinct_in is not None for g in plan.plan.table("product_tags").columns.values()) == 1
    valid(live, plan)


@pytest.mark.parametrize("existing", [{"product_tags": 10}, {"product_tags": 10, "products": 100, "tags": 50}])
def test_beside_existing_rows_the_parents_are_new(existing: dict[str, int]) -> None:
    live = shop(junction("product_id", "tag_id"))
    plan = believe(live, "product_tags", 300, existing=existing)
    child = next((c for c, g in plan.plan.table("product_tags").columns.items() if isinstance(g, ChildOf)), None)
    if child is not None:
        parent = pick(plan, "product_tags", child).parent
        assert not existing.get(parent) or not plan.plan.table(parent).reuse


@pytest.mark.parametrize("rows", [1, 2, 30, 3_000])
@pytest.mark.parametrize("parents", [1, 2, 19, 400, 5_000])
def test_any_numbers_of_rows_and_parents(rows: int, parents: int) -> None:
    live = shop(items(), junction("product_id", "tag_id"))
    valid(live, believe(live, "order_items", rows, parents={"orders": max(parents, 20)}))
    valid(live, believe(live, "product_tags", rows, parents={"products": max(parents, 60), "tags": 60}))
    notes = shop(table("order_notes", integer("order_id"), to=(foreign("order_id", "orders"),)))
    plan = believe(notes, "order_notes", rows, parents={"orders": parents})
    assert valid(notes, plan)["order_notes"].height == rows
