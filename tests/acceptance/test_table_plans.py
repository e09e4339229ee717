"""The laws hold for every plan: rows by a key that a run assigns, by values, and one for one in the rows of a big parent."""

import json
import signal
from typing import Any

import psutil
import pytest
from support.plan_kinds import BY_KEY, BY_VALUES, ONE_FOR_ONE, ROWS, Kind, committed, counts, in_the_middle, rows_of, state
from support.servers import Database, running

SLOW = pytest.mark.slow

EACH = (BY_KEY, BY_VALUES, ONE_FOR_ONE)

KINDS = pytest.mark.parametrize("kind", EACH, ids=[kind.schema for kind in EACH])

# What is much the same for keys and for values, and is tried on the built-in plan elsewhere
ONE_KIND = pytest.mark.parametrize(
    "kind", [pytest.param(BY_KEY, marks=SLOW), BY_VALUES, pytest.param(ONE_FOR_ONE, marks=SLOW)], ids=[kind.schema for kind in EACH]
)

WAYS = (("1", "97", "insert"), ("3", "1000", "load-data"))

OTHER_WAYS = (("3", "97", "insert"), ("1", "1000", "load-data"), ("2", "auto", "insert"), ("2", "30", "load-data"))


def seeded(database: Database, kind: Kind, *options: str) -> dict[str, Any]:
    """What seed says."""
    said: dict[str, Any] = json.loads(database.parloader("seed", *kind.plan(database), *options, "--json").stdout)
    return said


def verified(database: Database, *, check: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(database.parloader("verify", "--procs", "1", "--json", check=check).stdout)
    return found


def cleaned(database: Database, *options: str) -> None:
    database.parloader("clean", "--yes", "--procs", "1", *options)


@ONE_KIND
@pytest.mark.parametrize("ways", [WAYS, pytest.param(OTHER_WAYS, marks=SLOW)], ids=["two", "others"])
def test_the_rows_depend_on_the_seed_alone(database: Database, kind: Kind, ways: tuple[tuple[str, str, str], ...]) -> None:
    kind.create_tables(database)
    before, found = state(database), []
    for procs, batch, writer in ways:
        said = seeded(database, kind, "--procs", procs, "--batch", batch, "--writer", writer)
        assert said["counts"]["total"] == ROWS
        found.append(rows_of(database, kind.tables))
        cleaned(database)
        after = state(database)
        assert after == before
    assert all(rows == found[0] for rows in found)
    assert len(found[0][kind.target]) == ROWS


@KINDS
def test_another_seed_gives_other_rows(database: Database, kind: Kind) -> None:
    kind.create_tables(database)

    def sample(seed: str) -> list[dict[str, object]]:
        said = database.parloader("plan", *kind.plan(database), "--seed", seed, "--sample", "20", "--json").stdout
        rows: list[dict[str, object]] = json.loads(said)["tables"][-1]["sample"]
        return rows

    first = sample("0")
    assert len(first) == 20
    assert sample("0") == first
    assert sample("5") != first
    database.parloader("seed", *kind.plan(database, 30), "--seed", "0", "--procs", "1")
    assert "--new-run" in database.parloader("seed", *kind.plan(database, 30), "--seed", "5", check=3).stderr


def workers(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if any("workers.interpreter" in word for word in child.cmdline())]


@pytest.mark.parametrize(
    ("kind", "victim"),
    [
        pytest.param(BY_KEY, "parent", marks=SLOW),
        pytest.param(BY_KEY, "worker", marks=SLOW),
        (BY_VALUES, "parent"),
        pytest.param(BY_VALUES, "worker", marks=SLOW),
        pytest.param(ONE_FOR_ONE, "parent", marks=SLOW),
        pytest.param(ONE_FOR_ONE, "worker", marks=SLOW),
    ],
    ids=lambda value: str(getattr(value, "schema", value)),
)
def test_killed_in_the_middle_and_the_same_command_again(database: Database, kind: Kind, victim: str) -> None:
    """The plan of the second comes from the ledger: worked out anew it would be another one by then."""
    kind.create_tables(database)
    arguments = ("seed", *kind.plan(database), "--procs", "2", "--batch", "40")
    with running(database, *arguments, "--max-rate", "300", "--worker-restarts", "0") as command:
        process = psutil.Process(command.process.pid)
        with in_the_middle(database, kind, 2):
            if victim == "parent":
                command.process.kill()
            else:
                workers(process)[0].kill()
        assert command.ended() == (-signal.SIGKILL if victim == "parent" else 1)
    assert 0 < committed(database, kind.target) < ROWS
    definition = database.rows("SELECT run_id, definition FROM parloader_run")
    database.execute(kind.late_row)
    database.parloader(*arguments)
    assert database.rows("SELECT run_id, definition FROM parloader_run") == definition
    assert counts(database, (kind.target,)) == [ROWS]
    assert verified(database)["runs"][0]["checked"] >= ROWS
    cleaned(database)
    assert sum(counts(database, kind.tables)) == 1  # theirs


@KINDS
def test_rows_of_somebody_are_used_and_stay(database: Database, kind: Kind) -> None:
    kind.create_tables(database)
    database.execute(*kind.other_rows)
    before = state(database)
    (there,) = counts(database, (kind.target,))
    seeded(database, kind, "--procs", "2", "--batch", "150")
    verified(database)
    assert counts(database, (kind.target,)) == [there + ROWS]
    cleaned(database)
    after = state(database)
    assert after == before


@ONE_KIND
def test_a_second_run_next_to_the_first(database: Database, kind: Kind) -> None:
    kind.create_tables(database)
    before = state(database)
    seeded(database, kind, "--procs", "1")
    first = rows_of(database, (kind.target,))[kind.target]
    assert seeded(database, kind, "--procs", "1", "--new-run")["run_id"] == 2
    both = rows_of(database, (kind.target,))[kind.target]
    assert len(both) == 2 * ROWS
    assert set(first) < set(both)
    assert [run["checked"] >= ROWS for run in verified(database)["runs"]] == [True, True]
    cleaned(database)
    after = state(database)
    assert after == before


@ONE_KIND
def test_edited_and_deleted_rows_are_named(database: Database, kind: Kind) -> None:
    """Of the target and of a parent; and clean deletes nothing where one is edited."""
    kind.create_tables(database)
    before = state(database)
    seeded(database, kind, "--procs", "1")
    target, parent = kind.edited
    changed, deleted, changed_parent = target.row(database, 3), target.row(database, 7), parent.row(database, 0)
    database.execute(
        f"UPDATE {target.table} SET {target.change} WHERE {target.where(changed)}",
        f"DELETE FROM {target.table} WHERE {target.where(deleted)}",
        f"UPDATE {parent.table} SET {parent.change} WHERE {parent.where(changed_parent)}",
    )
    verdict = verified(database, check=1)
    assert (verdict["runs"][0]["different"], verdict["runs"][0]["missing"]) == (2, 1)
    assert {(d["kind"], d["table"], str(d["key"])) for d in verdict["differences"]} == {
        ("different", target.table, "/".join(map(str, changed))),
        ("missing", target.table, "/".join(map(str, deleted))),
        ("different", parent.table, "/".join(map(str, changed_parent))),
    }
    with_edits = state(database)
    said = database.parloader("clean", "--yes", "--procs", "1", check=3).stderr
    for edited, row in ((target, changed), (parent, changed_parent)):
        assert f"1 of {edited.table} ({'/'.join(edited.key)} {'/'.join(map(str, row))})" in said
    unchanged = state(database)
    assert unchanged == with_edits
    cleaned(database, "--edited-too")
    after = state(database)
    assert after == before


@ONE_KIND
def test_rows_of_somebody_that_point_at_ours_stop_a_clean(database: Database, kind: Kind) -> None:
    kind.create_tables(database)
    seeded(database, kind, "--procs", "1")
    database.execute(*kind.outside_reference)
    before = state(database)
    assert kind.refusal in database.parloader("clean", "--yes", "--procs", "1", check=3).stderr
    unchanged = state(database)
    assert unchanged == before


def test_a_twin_of_one_of_our_rows_is_not_deleted_with_it(database: Database) -> None:
    """Where somebody has dropped the key by which rows are found, their values may find somebody's row, too."""
    database.execute("CREATE TABLE coupon (code VARCHAR(20) NOT NULL PRIMARY KEY, worth INT NOT NULL) ENGINE=InnoDB")
    database.parloader("seed", "--table", "coupon", "--rows", "300", "--procs", "1")
    database.execute(
        "ALTER TABLE coupon DROP PRIMARY KEY", "INSERT INTO coupon SELECT * FROM (SELECT * FROM coupon ORDER BY code LIMIT 1) twin"
    )
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM coupon") == 1
