"""Counting groups of rows on the server gives the same figures as counting row by row."""

import random

import pytest
from support.servers import Database

from parloader.builtin.plan import script_execution
from parloader.database import sql
from parloader.database.driver import DriverError
from parloader.rows import rule_counts

ROWS = 400

COLUMNS = ("script_reference_id", "script_version_id", "schedule_id", "triggering_event_id")


def row_by_row(database: Database, first: int, last: int) -> rule_counts.Counts:
    """The expected counts, computed from all rows and parents."""
    parents = {"script_reference_id": "script_reference", "schedule_id": "task_schedule"}
    there = {column: {key for (key,) in database.rows(f"SELECT id FROM {parent}")} for column, parent in parents.items()}
    version = {key: of for key, of in database.rows("SELECT id, script_reference_id FROM script_version")}  # noqa: C416
    trigger = {key: of for key, of in database.rows("SELECT id, script_reference_id FROM event_trigger")}  # noqa: C416
    there |= {"script_version_id": set(version), "triggering_event_id": set(trigger)}
    found = database.rows(f"SELECT {', '.join(COLUMNS)} FROM script_execution WHERE id BETWEEN {first} AND {last}")
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in found]

    def number(broken: list[bool]) -> int:
        return sum(broken)

    violations = {
        "exactly one of schedule_id and triggering_event_id": number(
            [(r["schedule_id"] is None) == (r["triggering_event_id"] is None) for r in rows]
        ),
        "the version belongs to the reference": number([version.get(r["script_version_id"]) != r["script_reference_id"] for r in rows]),
        "the reference is the trigger's": number(
            [r["triggering_event_id"] is not None and trigger.get(r["triggering_event_id"]) != r["script_reference_id"] for r in rows]
        ),
    }
    plan = script_execution(ROWS)
    for column, pick in plan.target.references.items():
        violations[f"{column} points to a row of {pick.parent}"] = number(
            [r[column] is not None and r[column] not in there[column] for r in rows]
        )
    figures = {
        "scheduled": number([r["schedule_id"] is not None for r in rows]),
        "triggered": number([r["triggering_event_id"] is not None for r in rows]),
    }
    return rule_counts.Counts(total=len(rows), figures=figures, violations=violations)


@pytest.mark.parametrize("connections", [1, 3])
def test_as_a_count_row_by_row(database: Database, connections: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_counts, "ROWS_PER_CONNECTION", 1)
    database.parloader("seed", "--rows", str(ROWS))
    plan = script_execution(ROWS)
    drop = "DROP CONSTRAINT" if database.server.kind == "mariadb" else "DROP CHECK"
    database.execute(f"ALTER TABLE script_execution {drop} chk_execution_source")
    randomness = random.Random(connections)
    for damage in range(12):
        with database.connection() as connection:
            sql.execute(connection, "SET SESSION foreign_key_checks = 0")  # of the test, to make what cannot be
            column = randomness.choice(COLUMNS)
            value = randomness.choice([1, 2, 10, 999, *(["NULL"] if column in COLUMNS[2:] else [])])
            sql.execute(connection, f"UPDATE script_execution SET {column} = {value} WHERE MOD(id, {randomness.randint(2, 40)}) = 0")
            if damage % 3 == 2:
                sql.execute(
                    connection,
                    f"DELETE FROM {randomness.choice(('event_trigger', 'task_schedule', 'script_version'))} WHERE id = {randomness.randint(1, 10)}",
                )
                sql.execute(connection, f"DELETE FROM script_execution WHERE id = {randomness.randint(1, ROWS)}")
                sql.execute(
                    connection,
                    f"UPDATE event_trigger SET script_reference_id = {randomness.randint(1, 10)} WHERE id = {randomness.randint(11, 100)}",
                )
        first, last = sorted(randomness.sample(range(1, ROWS + 1), 2))
        expected = row_by_row(database, first, last)
        assert rule_counts.count(database.target, plan, ((first, last),), connections) == expected
    assert expected.violation_count


def test_no_rows_have_no_violations(database: Database) -> None:
    database.parloader("seed", "--rows", "10")
    for ranges in ((), ((100, 200),)):
        counts = rule_counts.count(database.target, script_execution(10), ranges, 2)
        assert (counts.total, counts.violation_count) == (0, 0)


def test_an_error_of_the_server_is_raised_as_it_is(database: Database) -> None:
    """So that the caller can tell whether a retry helps."""
    with pytest.raises(DriverError):
        rule_counts.count(database.target, script_execution(10), ((1, 10),), 2)
