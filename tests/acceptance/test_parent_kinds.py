"""Foreign keys that can reference only some rows of their parent, because of a CHECK or a shorter type: those rows are used, or created."""

from schemas_sources import load, own_schema
from support.servers import Database, everything

ROWS = "60"

EXISTING = (
    "INSERT INTO country VALUES ('US', 'States'), ('FR', 'France'), ('CH', 'Switzerland')",
    "INSERT INTO vehicle (kind, name) VALUES ('boat', 'a'), ('car', 'b'), ('bike', 'c'), ('car', 'd'), ('car', 'e')",
    "INSERT INTO account (id, name) VALUES (5, 'a'), (100, 'b'), (250, 'c'), (300, 'd')",
    "INSERT INTO article (sku, status, price, token) VALUES ('too-long-for-it', 'sold', 5000, 'a long token'), ('short', 'new', 12.5, 'tok')",
)


def seeded(database: Database, *tables: str) -> dict[str, object]:
    """Seeds the tables, verifies them, and returns what was there before."""
    before = everything(database)
    names = [option for table in tables for option in ("--table", table)]
    database.parloader("seed", *names, "--rows", ROWS, "--procs", "1")
    database.parloader("verify", "--procs", "1")
    return before


def cleaned(database: Database, before: dict[str, object]) -> None:
    database.parloader("clean", "--yes", "--procs", "1")
    assert everything(database) == before


def column(database: Database, table: str, name: str) -> set[object]:
    return {value for (value,) in database.rows(f"SELECT {name} FROM {table}")}


def test_existing_parents_are_used_if_they_fit(database: Database) -> None:
    load(own_schema("parent_kinds", database.server.kind), database.target)
    database.execute(*EXISTING)
    before = seeded(database, "address", "user_account", "article_of_shorter_columns", "ferry_trip")
    assert column(database, "address", "country_code") == {"FR"}
    assert column(database, "user_account", "account_id") == {250, 300}
    assert column(database, "ferry_trip", "car_id") == {2}  # one row of each kind is used, because there is one boat
    assert column(database, "ferry_trip", "boat_id") == {1}
    assert column(database, "article_of_shorter_columns", "sku") == {"short"}
    assert all(len(database.rows(f"SELECT * FROM {table}")) == n for table, n in (("country", 3), ("vehicle", 5), ("account", 4)))
    cleaned(database, before)


def test_parents_are_created_if_none_fits(database: Database) -> None:
    load(own_schema("parent_kinds", database.server.kind), database.target)
    database.execute(*EXISTING, "DELETE FROM vehicle WHERE kind = 'boat'", "DELETE FROM country WHERE code = 'FR'")
    before = seeded(database, "border", "ferry_trip", "car")
    assert column(database, "border", "inner_code") <= {"DE", "FR"}
    assert column(database, "border", "outer_code") == {"CH"}
    assert {kind for (kind,) in database.rows("SELECT DISTINCT v.kind FROM vehicle v JOIN ferry_trip f ON v.id = f.boat_id")} == {"boat"}
    assert len(column(database, "car", "vehicle_id")) == int(ROWS)
    cleaned(database, before)


def test_a_parent_whose_key_has_the_discriminator(database: Database) -> None:
    database.execute(
        "CREATE TABLE vehicle (id INT, kind VARCHAR(9), PRIMARY KEY (id, kind), CHECK (kind IN ('car', 'boat')))",
        "CREATE TABLE car (vehicle_id INT PRIMARY KEY, kind VARCHAR(9) NOT NULL CHECK (kind = 'car'), "
        "FOREIGN KEY (vehicle_id, kind) REFERENCES vehicle (id, kind))",
        "INSERT INTO vehicle VALUES (1, 'boat'), (2, 'boat'), (2, 'car'), (3, 'car')",
        "INSERT INTO car VALUES (3, 'car')",
    )
    before = seeded(database, "car")
    assert len(column(database, "car", "vehicle_id")) == int(ROWS) + 1
    cleaned(database, before)
