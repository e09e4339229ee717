"""A run with a second pass, in the ledger and in status."""

from collections.abc import Mapping
from dataclasses import replace

from parloader.cli.texts import report
from parloader.ledger.control import ActivityMark
from parloader.ledger.run import Run, TableEntry, pass_name
from parloader.operations.status import Status, resume_command
from parloader.plans.generators import Pick
from parloader.plans.model import Pass, Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange

TEAM = Table(
    name="team",
    rows=100,
    columns={"lead_id": Pick(parent="person", column="id")},
    partitioned=True,
    reuse=False,
    later=frozenset({"lead_id"}),
)

PERSON = Table(name="person", rows=10, columns={"team_id": Pick(parent="team", column="id")})

PLAN = Plan(name="team", parameters={"table": "team"}, tables=(TEAM, PERSON), main="team")

SECOND = pass_name("team", Pass.SECOND)

ALL = {"team": (IndexRange(0, 100),), "person": (IndexRange(0, 10),)}


def run(done: Mapping[str, tuple[IndexRange, ...]]) -> Run:
    tables = tuple(TableEntry(name=t.name, key="id", rows=all_new(t)) for t in PLAN.tables)
    return Run(run_id=1, plan=PLAN, started_at="2024-01-01T00:00:00Z", tables=tables, done=done)


def test_a_run_is_not_complete_before_its_second_pass_is() -> None:
    first = run(ALL)
    assert (first.complete, first.done_rows, first.total_rows) == (False, 110, 210)
    assert (first.gaps("team"), first.gaps("team", Pass.SECOND)) == ((), (IndexRange(0, 100),))
    half = run({**ALL, SECOND: (IndexRange(30, 70),)})
    assert (half.complete, half.done_rows) == (False, 150)
    assert half.gaps("team", Pass.SECOND) == (IndexRange(0, 30), IndexRange(70, 100))
    assert (half.key_ranges("team"), half.key_ranges("team", Pass.SECOND)) == (((1, 100),), ((31, 70),))
    whole = run({**ALL, SECOND: (IndexRange(0, 100),)})
    assert (whole.complete, whole.done_rows) == (True, 210)


def test_the_tables_are_loaded_before_the_second_pass() -> None:
    assert run({}).work == (("team", Pass.FIRST), ("person", Pass.FIRST), ("team", Pass.SECOND))


def test_status_shows_the_rest_of_the_second_pass() -> None:
    half = run({"team": (IndexRange(0, 100),), "person": (IndexRange(0, 10),), SECOND: (IndexRange(0, 40),)})
    status = Status(where="here", runs=(half,), at_work=None, paused=None)
    assert report.status(status).splitlines() == [
        "run 1: team, 150 of 210 rows in two passes (71%), started 2024-01-01T00:00:00Z; table=team",
        "  missing: team, second pass, rows 40 to 99 (60)",
        "  to resume: parloader seed --table team --rows 100",
    ]
    loading = replace(status, at_work=ActivityMark(by="ann"))  # the command would be refused now
    assert report.status(loading).splitlines()[0] == "running: ann, start not recorded yet"
    assert report.status(loading).splitlines()[-1] == "  if it stops, to resume: parloader seed --table team --rows 100"
    assert resume_command(run({**ALL, SECOND: (IndexRange(0, 100),)})) is None


def test_status_shows_a_seed_other_than_0() -> None:
    seeded = replace(run({**ALL, SECOND: (IndexRange(0, 100),)}), plan=replace(PLAN, seed=7))
    assert report.status(Status(where="here", runs=(seeded,), at_work=None, paused=None)).endswith("Z; table=team, seed=7")
