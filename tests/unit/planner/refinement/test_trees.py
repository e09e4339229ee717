"""Tables that reference themselves."""

from support.completed_plans import pick, valid
from support.small_schemas import believe, foreign, integer, schema, table, text

from parloader.plans.generators import Distribution
from parloader.schema.model import Schema

TENANTS = table("tenants")

USERS = table("users")


def categories(*names: str, nullable: bool = True, to: str = "tenants") -> Schema:
    column = f"{to.removesuffix('s')}_id"
    own = table(
        names[0] if names else "categories",
        integer(column),
        integer("parent_id", nullable=nullable),
        to=(foreign(column, to), foreign("parent_id", names[0] if names else "categories")),
    )
    return schema(TENANTS, USERS, own, table("posts"))


def test_a_tree_belongs_to_one_tenant() -> None:
    live = categories()
    plan = believe(live, "categories", 1000)
    own = pick(plan, "categories", "parent_id")
    assert own.distribution is Distribution.TREE
    assert own.trees == pick(plan, "categories", "tenant_id").trees > 1
    rows = valid(live, plan)["categories"]
    of = dict(rows.select("id", "tenant_id").rows())
    assert all(of[parent] == tenant for parent, tenant in rows.drop_nulls().select("parent_id", "tenant_id").rows())


def test_employees_and_their_managers_are_different_people() -> None:
    plan = believe(categories("employees", to="users"), "employees")
    assert pick(plan, "employees", "user_id").trees == 1


def test_some_comments_answer_no_other() -> None:
    plan = believe(categories("comments", to="posts"), "comments")
    assert pick(plan, "comments", "post_id").trees == pick(plan, "comments", "parent_id").trees
    assert pick(plan, "comments", "parent_id").null_share > 0


def test_a_required_reference_to_the_own_table_stays() -> None:
    plan = believe(categories(nullable=False), "categories")
    assert pick(plan, "categories", "parent_id").distribution is Distribution.ROOTED


def test_a_reference_by_several_columns_stays() -> None:
    own = table(
        "page",
        integer("site_id"),
        integer("parent_id", nullable=True),
        text("title"),
        to=(foreign("site_id", "tenants"), foreign("site_id parent_id", "page", "site_id id")),
    )
    live = schema(TENANTS, own)
    valid(live, believe(live, "page", 200))
