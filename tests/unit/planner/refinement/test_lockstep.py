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


def test_two_people_of_one_company_are_not_the_same() -> None:
    keys = (foreign("tenant_id member_id", "member", "tenant_id id"), foreign("tenant_id approver_id", "member", "tenant_id id"))
    columns = (integer("tenant_id"), integer("member_id"), integer("approver_id", nullable=True))
    live = schema(TENANT, MEMBER, table("leave_request", *columns, to=keys))
    plan = believe(live, "leave_request", 3_000, parents={"member": 300})
    assert pick(plan, "leave_request", "approver_id").among == "tenant_id"
    requests = valid(live, plan)["leave_request"]
    assert requests.filter(requests["member_id"] != requests["approver_id"]).height > 2_000


def test_parents_whose_owner_is_several_keys_away() -> None:
    room = table(
        "room",
        *(integer(name) for name in ("tenant_id", "id", "project_id")),
        keys=(primary("tenant_id", "id"),),
        to=(foreign("tenant_id project_id", "project", "tenant_id id"),),
    )
    keys = (foreign("tenant_id room_id", "room", "tenant_id id"), foreign("tenant_id member_id", "member", "tenant_id id"))
    live = schema(TENANT, PROJECT, MEMBER, room, table("task", *map(integer, ("tenant_id", "room_id", "member_id")), to=keys))
    plan = believe(live, "task", 3_000)
    assert pick(plan, "task", "member_id").among == "tenant_id"
    valid(live, plan)


def test_a_key_that_is_tied_to_others_leads_to_the_tenant_too() -> None:
    tied = table(
        "stay",
        *(integer(name) for name in ("tenant_id", "id")),
        keys=(primary("tenant_id", "id"),),
        to=(foreign("tenant_id", "tenant"),),
    )
    pair = table(
        "stay_member",
        *(integer(name) for name in ("tenant_id", "stay_id", "member_id")),
        keys=(primary("tenant_id", "stay_id", "member_id"),),
        to=(foreign("tenant_id stay_id", "stay", "tenant_id id"), foreign("tenant_id member_id", "member", "tenant_id id")),
    )
    keys = foreign("tenant_id stay_id member_id", "stay_member", "tenant_id stay_id member_id"), foreign("owner_id", "tenant")
    review = table("review", *map(integer, ("tenant_id", "stay_id", "member_id", "owner_id")), to=keys)
    live = schema(TENANT, MEMBER, tied, pair, review)
    reviews = valid(live, believe(live, "review", 300, parents={"stay_member": 200}))["review"]
    assert reviews.filter(reviews["owner_id"] != reviews["tenant_id"]).is_empty()
