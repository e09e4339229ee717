"""scripts/violations: what it says of a row that breaks a constraint is what is in the table."""

import pytest
from support.servers import Database, slow_on_mysql
from violations import measure, table
from violations_ways import CASES, ROWS, WAYS

BY_NAME = {way.name: way for way in WAYS}

CASE = {case.name: case for case in CASES}

MARIADB_ONLY = "**lost**: 100 rows acknowledged, 0 in the table"


@pytest.mark.parametrize(
    ("way", "summaries"),
    [
        ("PyMySQL executemany", ("rejected", "rejected", "rejected")),
        ("LOAD DATA LOCAL", ("**skipped**, a warning",) * 3),
        pytest.param("parloader, `--writer insert`", ("rejected",) * 3, marks=pytest.mark.slow),
        pytest.param("parloader, `--writer load-data`", ("rejected",) * 3, marks=pytest.mark.slow),
    ],
)
def test_each_way_does_the_same_on_both_servers(database: Database, way: str, summaries: tuple[str, ...]) -> None:
    outcomes = [measure(database.target, BY_NAME[way], case) for case in CASES]
    assert tuple(outcome.summary for outcome in outcomes) == summaries
    assert f"| {way} | {' | '.join(summaries)} |\n" in table("a server", {way: outcomes})


@slow_on_mysql("server")
def test_parloader_rejects_a_duplicate(database: Database) -> None:
    outcome = measure(database.target, BY_NAME["parloader, `--writer insert`"], CASE["UNIQUE"])
    assert outcome.summary == "rejected"
    assert "Duplicate entry '7' for key" in outcome.answer.error


def test_what_is_kept_or_lost_with_the_checks_off(database: Database) -> None:
    kept = measure(database.target, BY_NAME["checks off: INSERT"], CASE["FOREIGN KEY"])
    assert (kept.summary, kept.present, kept.violating, kept.constrained) == ("**kept**, nothing reported", ROWS, 1, True)
    lost = measure(database.target, BY_NAME["checks off: INSERT … SELECT"], CASE["UNIQUE"])
    if database.server.kind == "mariadb":
        assert (lost.summary, lost.answer.acknowledged, lost.present) == (MARIADB_ONLY, ROWS, 0)
    else:
        assert lost.summary == "rejected"


@pytest.mark.slow
def test_every_way_can_be_measured(database: Database) -> None:
    by_socket = bool(database.target.unix_socket)  # the programs are given nothing else
    for way in WAYS:
        if not way.missing and (by_socket or not way.needs):
            for case in CASES:
                assert measure(database.target, way, case).summary
