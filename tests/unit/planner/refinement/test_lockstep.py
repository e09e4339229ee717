"""Foreign keys of several columns that share the column of a tenant."""

from support.completed_plans import pick, valid
from support.small_schemas import believe, foreign, integer, primary, schema, table

from parloader.plans.generators import Distribution

TENANT = table("tenant")

PROJECT, MEMBER = (
    table(name, integer("tenant_id"), integer("id"), keys=(primary("tenant_id", "id"),), to=(foreign("tenant_id", "tenant"),))
    for name in ("project", "member")
)

PARENTS = (foreign("tenant_id project_id", "project", "tenant_id id"), foreign("tenant_id reporter_id", "member", "tenant_id id"))


def test_a_ticket_is_reported_by_any_member_of_its_tenant() -> None:
    assignee = foreign("tenant_id assignee_id", "member", "tenant_id id")
    columns = (integer("tenant_id"), integer("project_id"), integer("reporter_id"), integer("assignee_id", nullable=True))
    live = schema(TENANT, PROJECT, MEMBER, table("ticket", *columns, to=(*PARENTS, assignee)))
    plan = believe(live, "ticket", 3_000, parents={"project": 60})
    assert pick(plan, "ticket", "project_id").distribution is Distribution.POPULAR
    assert pick(plan, "ticket", "reporter_id").among == "tenant_id"
    assert pick(plan, "ticket", "assignee_id").null_share > 0
    tickets = valid(live, plan)["ticket"]
    assert tickets.select("project_id", "reporter_id").n_unique() > 100
    assert tickets.filter(tickets["reporter_id"] != tickets["assignee_id"]).height > 1_000


def test_pairs_that_are_unique_stay_in_step() -> None:
    columns = (integer("tenant_id"), integer("project_id"), integer("reporter_id"))
    live = schema(TENANT, PROJECT, MEMBER, table("seat", *columns, keys=(primary("tenant_id", "project_id", "reporter_id"),), to=PARENTS))
    plan = believe(live, "seat", 300)
    assert pick(plan, "seat", "reporter_id").distribution is Distribution.CYCLE
    valid(live, plan)
