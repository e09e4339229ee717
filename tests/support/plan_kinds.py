"""Plans for tables whose rows are found in each of the three ways: by an assigned key, by generated values, by the key of a large parent."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from schemas_sources import load, own_schema
from support.servers import Database, until

from parloader.database import error_codes, sql
from parloader.ledger import control, recorded_batches

ROWS = 600

ONE_TO_ONE = """
plan = "employees"

[table.person]
rows = {rows}
partitioned = true

[table.person.column]
full_name = {{ provider = "name" }}

[table.employee]
rows = {rows}

[table.employee.column]
salary = {{ uniform = ["100.00", "999.99"] }}
"""


@dataclass(frozen=True, kw_only=True)
class Edited:
    """An edit of a row."""

    table: str
    key: tuple[str, ...]  # the primary key
    change: str  # the assignment of an UPDATE

    def row(self, database: Database, number: int) -> tuple[object, ...]:
        """The key of the row with this number."""
        columns = ", ".join(self.key)
        return database.rows(f"SELECT {columns} FROM {self.table} ORDER BY {columns} LIMIT {number}, 1")[0]

    def where(self, row: tuple[object, ...]) -> str:
        return " AND ".join(f"{column} = {value!r}" for column, value in zip(self.key, row, strict=True))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A plan and statements that change its tables."""

    schema: str
    tables: tuple[str, ...]  # all tables of the plan, parents first
    locked: str  # rows of a parent; every worker needs one of them
    other_rows: tuple[str, ...]  # creates rows in all tables before the load
    late_row: str  # creates a row of a parent after the load
    edited: tuple[Edited, Edited]  # a row of the target, and one of a parent
    outside_reference: tuple[str, ...]  # creates a row that references a generated one
    refusal: str  # what clean then reports

    @property
    def target(self) -> str:
        return self.tables[-1]

    def create_tables(self, database: Database) -> None:
        load(own_schema(self.schema, database.server.kind), database.target)

    def plan(self, database: Database, rows: int = ROWS) -> tuple[str, ...]:
        """The options that choose the plan."""
        if self.schema != "one_to_one":
            return ("--table", self.target, "--rows", str(rows))
        file = database.folder / f"employees-{rows}.toml"
        file.write_text(ONE_TO_ONE.format(rows=rows))
        return ("--plan", str(file))


BY_KEY = Kind(
    schema="junctions",
    tables=("student", "course", "enrolment"),
    locked="course",
    other_rows=(
        "INSERT INTO student VALUES (3, 'A', 'B'), (70, 'C', 'D'), (71, 'E', 'F')",
        "INSERT INTO course VALUES (12, 'X'), (9000, 'Y')",
        "INSERT INTO enrolment VALUES (5, 70, 12, '2020-01-01'), (44, 3, 9000, '2020-01-01')",
        "ALTER TABLE student AUTO_INCREMENT = 100",
    ),
    late_row="INSERT INTO student VALUES (5000, 'A', 'B')",
    edited=(
        Edited(table="enrolment", key=("id",), change="enrolled_at = '1999-09-09'"),
        Edited(table="student", key=("id",), change="last_name = 'edited'"),
    ),
    outside_reference=("INSERT INTO student_course SELECT 1, MIN(id) FROM course",),
    refusal="rows of student_course that parloader did not create reference rows of ",
)

BY_VALUES = Kind(
    schema="text_keys",
    tables=("country", "warehouse", "product", "stock"),
    locked="product",
    other_rows=(
        "INSERT INTO country VALUES ('de', 'Deutschland'), ('zz', 'the last')",
        "INSERT INTO warehouse VALUES ('O''Hare', 'de'), ('Halle Ä', 'zz')",
        "INSERT INTO product VALUES ('sku-1', 'one', NULL, 1.5), ('ÄÖ', 'two', 'de', 2)",
        "INSERT INTO stock VALUES ('Halle Ä', 'sku-1', 3)",
    ),
    late_row="INSERT INTO product VALUES ('later', 'x', NULL, 1.5)",
    edited=(
        Edited(table="stock", key=("warehouse_name", "product_sku"), change="pieces = 4000000000"),
        Edited(table="country", key=("code",), change="name = 'edited'"),
    ),
    outside_reference=(
        "CREATE TABLE note (id INT PRIMARY KEY, warehouse VARCHAR(60) NOT NULL, FOREIGN KEY (warehouse) REFERENCES warehouse (name))",
        "INSERT INTO note SELECT 41, MIN(name) FROM warehouse",
    ),
    refusal="rows of note that parloader did not create reference rows of warehouse that parloader created: id 41",
)

ONE_FOR_ONE = Kind(
    schema="one_to_one",
    tables=("person", "employee"),
    locked="person WHERE id IN (210, 510)",
    other_rows=(
        "INSERT INTO person VALUES (7, 'A'), (5000, 'B')",
        "INSERT INTO employee VALUES (7, 1), (5000, 2)",
        "INSERT INTO manager VALUES (5000, 3)",
    ),
    late_row="INSERT INTO person VALUES (5000, 'A')",
    edited=(
        Edited(table="employee", key=("person_id",), change="salary = 1"),
        Edited(table="person", key=("id",), change="full_name = 'edited'"),
    ),
    outside_reference=("INSERT INTO manager VALUES (50, 1)",),
    refusal="rows of manager that parloader did not create reference rows of employee that parloader created: employee_id 50",
)


def rows_of(database: Database, tables: tuple[str, ...]) -> dict[str, list[tuple[object, ...]]]:
    """All rows, sorted."""
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


def counts(database: Database, tables: tuple[str, ...]) -> list[int]:
    return [int(str(database.value(f"SELECT COUNT(*) FROM {table}"))) for table in tables]


def state(database: Database) -> dict[str, object]:
    """The rows and definition of each table, with its AUTO_INCREMENT counter; without the table that names the last command."""
    names = [str(name) for (name,) in database.rows("SHOW TABLES") if name != control.CONTROL]
    return {name: (rows_of(database, (name,)), database.rows(f"SHOW CREATE TABLE {name}")) for name in names}


def committed(database: Database, table: str) -> int:
    """The number of committed rows of the table in the ledger."""
    if not database.rows(f"SHOW TABLES LIKE '{recorded_batches.BATCHES}'"):
        return 0
    return int(str(database.value(f"SELECT COALESCE(SUM(row_count), 0) FROM {recorded_batches.BATCHES} WHERE table_name = '{table}'")))


@contextlib.contextmanager
def in_the_middle(database: Database, kind: Kind, procs: int) -> Iterator[None]:
    """Waits until every worker is in the middle of a batch, and blocks it there until the end of the block by locking rows of a parent."""
    with database.server.connection(database.target.database) as holder, database.server.connection() as watcher:
        until(lambda: committed(database, kind.target), f"a batch of {kind.target} is committed")
        holder.begin()
        sql.rows(holder, f"SELECT * FROM {kind.locked} FOR UPDATE")
        waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"
        until(lambda: int(sql.row(watcher, waits)[1]) >= procs, "every worker waits for the locked rows")
        yield
        error_codes.rollback(holder)
