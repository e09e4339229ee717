"""Tables whose rows are found in the three ways that there are: by a key that a run assigns, by values, and one for one in a big parent's."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from schemas_sources import load, own_schema
from support.servers import Database, until

from parloader.database import error_codes, sql
from parloader.ledger import control, store

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
    """`change`: what an UPDATE sets in a row of the table, whose primary key is `key`."""

    table: str
    key: tuple[str, ...]
    change: str

    def row(self, database: Database, number: int) -> tuple[object, ...]:
        """The key of one of its rows."""
        columns = ", ".join(self.key)
        return database.rows(f"SELECT {columns} FROM {self.table} ORDER BY {columns} LIMIT {number}, 1")[0]

    def where(self, row: tuple[object, ...]) -> str:
        return " AND ".join(f"{column} = {value!r}" for column, value in zip(self.key, row, strict=True))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`tables`: all of the plan, parents first. `held`: few rows of a parent, one of which each worker needs before it is done.

    `theirs`: makes rows of somebody's in all tables; `later`: one more in a parent. `edited`: of the target, and of a parent. `pointing`: makes
    a row of somebody's that points at one of ours; `named`: how clean names it.
    """

    schema: str
    tables: tuple[str, ...]
    held: str
    theirs: tuple[str, ...]
    later: str
    edited: tuple[Edited, Edited]
    pointing: tuple[str, ...]
    named: str

    @property
    def target(self) -> str:
        return self.tables[-1]

    def made(self, database: Database) -> None:
        load(own_schema(self.schema, database.server.kind), database.target)

    def plan(self, database: Database, rows: int = ROWS) -> tuple[str, ...]:
        """The options that say what is loaded."""
        if self.schema != "one_to_one":
            return ("--table", self.target, "--rows", str(rows))
        file = database.folder / f"employees-{rows}.toml"
        file.write_text(ONE_TO_ONE.format(rows=rows))
        return ("--plan", str(file))


BY_KEY = Kind(
    schema="junctions",
    tables=("student", "course", "enrolment"),
    held="course ORDER BY id DESC LIMIT 1",
    theirs=(
        "INSERT INTO student VALUES (3, 'A', 'B'), (70, 'C', 'D'), (71, 'E', 'F')",
        "INSERT INTO course VALUES (12, 'X'), (9000, 'Y')",
        "INSERT INTO enrolment VALUES (5, 70, 12, '2020-01-01'), (44, 3, 9000, '2020-01-01')",
        "ALTER TABLE student AUTO_INCREMENT = 100",
    ),
    later="INSERT INTO student VALUES (5000, 'A', 'B')",
    edited=(
        Edited(table="enrolment", key=("id",), change="enrolled_at = '1999-09-09'"),
        Edited(table="student", key=("id",), change="last_name = 'edited'"),
    ),
    pointing=("INSERT INTO student_course SELECT 1, MIN(id) FROM course",),
    named="rows of student_course that parloader did not create reference rows of ",
)

BY_VALUES = Kind(
    schema="text_keys",
    tables=("country", "warehouse", "product", "stock"),
    held="product ORDER BY sku DESC LIMIT 1",
    theirs=(
        "INSERT INTO country VALUES ('de', 'Deutschland'), ('zz', 'the last')",
        "INSERT INTO warehouse VALUES ('O''Hare', 'de'), ('Halle Ä', 'zz')",
        "INSERT INTO product VALUES ('sku-1', 'one', NULL, 1.5), ('ÄÖ', 'two', 'de', 2)",
        "INSERT INTO stock VALUES ('Halle Ä', 'sku-1', 3)",
    ),
    later="INSERT INTO product VALUES ('later', 'x', NULL, 1.5)",
    edited=(
        Edited(table="stock", key=("warehouse_name", "product_sku"), change="pieces = 4000000000"),
        Edited(table="country", key=("code",), change="name = 'edited'"),
    ),
    pointing=(
        "CREATE TABLE note (id INT PRIMARY KEY, warehouse VARCHAR(60) NOT NULL, FOREIGN KEY (warehouse) REFERENCES warehouse (name))",
        "INSERT INTO note SELECT 41, MIN(name) FROM warehouse",
    ),
    named="rows of note that parloader did not create reference rows of warehouse that parloader generated: id 41",
)

ONE_FOR_ONE = Kind(
    schema="one_to_one",
    tables=("person", "employee"),
    held="person WHERE id IN (210, 510)",
    theirs=(
        "INSERT INTO person VALUES (7, 'A'), (5000, 'B')",
        "INSERT INTO employee VALUES (7, 1), (5000, 2)",
        "INSERT INTO manager VALUES (5000, 3)",
    ),
    later="INSERT INTO person VALUES (5000, 'A')",
    edited=(
        Edited(table="employee", key=("person_id",), change="salary = 1"),
        Edited(table="person", key=("id",), change="full_name = 'edited'"),
    ),
    pointing=("INSERT INTO manager VALUES (50, 1)",),
    named="rows of manager that parloader did not create reference rows of employee that parloader generated: employee_id 50",
)


def rows_of(database: Database, tables: tuple[str, ...]) -> dict[str, list[tuple[object, ...]]]:
    """All rows, in an order that does not depend on how they came there."""
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


def counts(database: Database, tables: tuple[str, ...]) -> list[int]:
    return [int(str(database.value(f"SELECT COUNT(*) FROM {table}"))) for table in tables]


def state(database: Database) -> dict[str, object]:
    """Each table's rows and definition, AUTO_INCREMENT counter included; but not who was at work."""
    names = [str(name) for (name,) in database.rows("SHOW TABLES") if name != control.CONTROL]
    return {name: (rows_of(database, (name,)), database.rows(f"SHOW CREATE TABLE {name}")) for name in names}


def committed(database: Database, table: str) -> int:
    """How many of its rows the ledger has."""
    if not database.rows(f"SHOW TABLES LIKE '{store.BATCHES}'"):
        return 0
    return int(str(database.value(f"SELECT COALESCE(SUM(row_count), 0) FROM {store.BATCHES} WHERE table_name = '{table}'")))


@contextlib.contextmanager
def in_the_middle(database: Database, kind: Kind, procs: int) -> Iterator[None]:
    """Waits until every worker is in the middle of a batch, and keeps it there until the end of the block: it waits for a row of a parent."""
    with database.server.connection(database.target.database) as holder, database.server.connection() as watcher:
        until(lambda: committed(database, kind.target), f"a batch of {kind.target} is committed")
        holder.begin()
        sql.rows(holder, f"SELECT * FROM {kind.held} FOR UPDATE")
        waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"
        until(lambda: int(sql.row(watcher, waits)[1]) >= procs, "every worker waits for the locked rows")
        yield
        error_codes.rollback(holder)
