"""Tables that parloader has never seen: seeded, verified and cleaned away, or refused with the reason. scripts/schemas tries every table."""

import pytest
from schemas_sources import load, own_schema
from schemas_trial import state
from support.servers import Database

SLOW = pytest.mark.slow


def made(database: Database, schema: str) -> dict[str, tuple[str, int]]:
    """Makes the schema's tables; returns their definitions and row counts."""
    load(own_schema(schema, database.server.kind), database.target)
    return state(database.target)


def rows_of(database: Database) -> dict[str, int]:
    return {table: rows for table, (_, rows) in state(database.target).items() if not table.startswith("parloader_")}


def seeded_and_verified(database: Database, *arguments: str) -> dict[str, int]:
    """How many rows each table has then."""
    database.parloader("seed", "--procs", "2", *arguments)
    database.parloader("verify", "--procs", "2")
    return rows_of(database)


def cleaned(database: Database, before: dict[str, tuple[str, int]]) -> None:
    """All is gone: rows, counters and the ledger."""
    database.parloader("clean", "--yes", "--procs", "2")
    after = state(database.target)
    assert after == before


@pytest.mark.parametrize(
    ("schema", "table", "rows"),
    [
        ("production", "script_execution", 1000),
        ("tenants", "ticket", 1000),
        ("tenants", "project_member", 600),
        ("junctions", "exam", 1000),
        pytest.param("junctions", "homework", 600, marks=SLOW),
        pytest.param("junctions", "enrolment", 600, marks=SLOW),
        ("one_to_one", "manager", 500),
        pytest.param("one_to_one", "locker", 500, marks=SLOW),
        ("self_reference", "category", 600),
        pytest.param("self_reference", "folder", 600, marks=SLOW),
        ("required_self_reference", "leaf", 300),
        *(pytest.param("required_self_reference", table, 1200, marks=SLOW) for table in ("twice", "pair", "drive", "page", "term")),
        ("cycles", "badge", 300),
        pytest.param("cycles", "alpha", 300, marks=SLOW),
        ("text_keys", "stock", 800),
        pytest.param("binary_keys", "purchase", 800, marks=SLOW),
        pytest.param("referenced_keys", "account", 800, marks=SLOW),
        pytest.param("no_primary_key", "has_unique", 800, marks=SLOW),
        pytest.param("names", "Größe", 300, marks=SLOW),
        pytest.param("deep_chain", "flat", 2000, marks=SLOW),
        ("types", "optional", 500),
        *(pytest.param("types", table, 500, marks=SLOW) for table in ("numbers", "texts", "bytes", "moments", "choices", "shapes")),
        ("checks", "columns_compared", 500),
        ("text_checks", "parts", 300),
        *(pytest.param("text_checks", table, 300, marks=SLOW) for table in ("both_ends", "email_like", "either", "expressions")),
        *(pytest.param("checks", table, 500, marks=SLOW) for table in ("compared_with_constants", "of_patterns", "either_or", "by_state")),
        pytest.param("collations", "others", 800, marks=SLOW),
        *(pytest.param("old_character_sets", table, 300, marks=SLOW) for table in ("swedish", "asian", "picks_wide")),
        *(
            pytest.param("storage", table, 300, marks=SLOW)
            for table in ("compressed", "document", "place", "person", "picks_unseen", f"甲{'語' * 49}")
        ),
        pytest.param("unique_keys", "by_prefix", 800, marks=SLOW),
        pytest.param("triggers", "changed", 300, marks=SLOW),
    ],
)
def test_a_table_by_its_name(database: Database, schema: str, table: str, rows: int) -> None:
    before = made(database, schema)
    assert seeded_and_verified(database, "--table", table, "--rows", str(rows))[table] == rows
    cleaned(database, before)


@pytest.mark.parametrize(
    ("schema", "table", "named"),
    [
        ("unique_keys", "holds_255", ("position", "255")),
        ("cycles", "chicken", ("chicken", "egg")),
        ("checks", "never_met", ("chk_never",)),
        pytest.param("checks", "not_understood", ("chk_hardly_met",), marks=SLOW),
        pytest.param("views", "all_songs", ("view",), marks=SLOW),
        pytest.param("engines", "old_log", ("MyISAM",), marks=SLOW),
        pytest.param("triggers", "closed", ("this table is closed",), marks=SLOW),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(database: Database, schema: str, table: str, named: tuple[str, ...]) -> None:
    before = made(database, schema)
    said = database.parloader("seed", "--table", table, "--rows", "300", "--procs", "2", check=3).stderr
    assert said.count("error: ") == 1, said
    assert all(word.lower() in said.lower() for word in named), said
    after = state(database.target)
    assert after == before


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_periods_do_not_overlap_with_each_other_and_existing_ones(database: Database) -> None:
    made(database, "application_periods")
    database.execute("INSERT INTO room VALUES (1, 'mine')", "INSERT INTO stay VALUES (1, 1, '2020-01-01', '9999-12-31')")
    before = state(database.target)
    assert seeded_and_verified(database, "--table", "stay", "--rows", "400")["stay"] == 401
    following = "SELECT LEAD(arrival) OVER (PARTITION BY room_id ORDER BY arrival) < departure AS overlaps FROM stay"
    assert database.value(f"SELECT COALESCE(SUM(overlaps), 0) FROM ({following}) stays") == 0
    cleaned(database, before)


def test_as_many_as_fit_are_seeded(database: Database) -> None:
    before = made(database, "unique_keys")
    assert seeded_and_verified(database, "--table", "holds_255", "--rows", "255")["holds_255"] == 255
    cleaned(database, before)


def test_rows_that_are_there_are_used_and_stay(database: Database) -> None:
    made(database, "tenants")
    database.execute(
        "INSERT INTO tenant VALUES (7, 'ours'), (9, 'theirs')",
        "INSERT INTO project VALUES (7, 3, 'old'), (9, 3, 'other')",
        "INSERT INTO member VALUES (7, 1, 'a@example.com'), (9, 1, 'a@example.com')",
    )
    before = state(database.target)
    rows = seeded_and_verified(database, "--table", "ticket", "--rows", "400")
    assert rows["ticket"] == 400
    assert database.value("SELECT COUNT(*) FROM ticket WHERE tenant_id IN (7, 9)") == 400
    cleaned(database, before)


def test_a_cycle_of_rows_that_are_there_is_used(database: Database) -> None:
    made(database, "cycles")
    database.execute("SET foreign_key_checks = 0", "INSERT INTO chicken VALUES (1, 5)", "INSERT INTO egg VALUES (5, 1)")
    before = state(database.target)
    rows = seeded_and_verified(database, "--table", "omelette", "--rows", "300")
    assert (rows["omelette"], rows["egg"], rows["chicken"]) == (300, 1, 1)
    cleaned(database, before)


@SLOW
def test_the_rows_are_the_same_for_any_number_of_processes(database: Database) -> None:
    made(database, "types")
    checksums = set()
    for procs, batch in (("1", "1000"), ("3", "77")):
        database.parloader("seed", "--table", "optional", "--rows", "500", "--procs", procs, "--batch", batch)
        checksums.add(database.rows("CHECKSUM TABLE optional"))
        database.parloader("clean", "--yes")
    assert len(checksums) == 1
