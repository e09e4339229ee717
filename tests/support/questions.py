"""Questions about seeded rows: whether an application could have made them. Asked in SQL, of any schema."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from support.servers import Database

MIN_PARENTS, MIN_CHILDREN = 50, 500
"""Smaller tables say little about a distribution."""

RARE = re.compile("cancel|delet|error|fail|bann|block|reject|clos|left_on|retired|withdrawn|terminat|refund", re.IGNORECASE)
"""Names of columns that say what happens to few rows: most of them are NULL."""


@dataclass(frozen=True, kw_only=True)
class Children:
    """How the rows of a table are distributed over the rows that one of its foreign keys references."""

    reference: str
    parents: int
    children: int
    largest: int  # children of one parent
    without: int  # parents that have none
    of_top: int  # children of the top 1 % of the parents

    @property
    def faults(self) -> Iterator[str]:
        mean = self.children / self.parents
        if not 0 < self.without / self.parents < 0.5:
            yield f"{self.reference}: {self.without} of {self.parents} parents have no children"
        if self.largest >= 100 * mean:
            yield f"{self.reference}: one parent has {self.largest} of {self.children} children, {self.parents} parents"
        if not 0.02 <= self.of_top / self.children <= 0.5:
            yield f"{self.reference}: the top 1 % of {self.parents} parents have {self.of_top} of {self.children} children"


def foreign_keys(database: Database) -> list[tuple[str, str, str, str]]:
    """(table, column, parent, referenced column) of each foreign key of one column to another table."""
    rows = database.rows(
        "SELECT table_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage k "
        "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL AND referenced_table_name <> table_name "
        "AND 1 = (SELECT COUNT(*) FROM information_schema.key_column_usage o WHERE o.table_schema = k.table_schema "
        "AND o.table_name = k.table_name AND o.constraint_name = k.constraint_name) ORDER BY 1, 2"
    )
    return [(str(a), str(b), str(c), str(d)) for a, b, c, d in rows]


def children(database: Database) -> Iterator[Children]:
    """Of each foreign key between tables that are large enough; not of keys that are UNIQUE."""
    for table, column, parent, referenced in foreign_keys(database):
        counts = [
            int(str(n))
            for (n,) in database.rows(
                f"SELECT COUNT(c.`{column}`) FROM `{parent}` p LEFT JOIN `{table}` c ON c.`{column}` = p.`{referenced}` "
                f"GROUP BY p.`{referenced}` ORDER BY 1 DESC"
            )
        ]
        if len(counts) >= MIN_PARENTS and sum(counts) >= MIN_CHILDREN and counts[0] > 1:
            yield Children(
                reference=f"{table}.{column}",
                parents=len(counts),
                children=sum(counts),
                largest=counts[0],
                without=counts.count(0),
                of_top=sum(counts[: max(1, len(counts) // 100)]),
            )


def null_shares(database: Database) -> dict[str, float]:
    """The share of NULLs in each nullable column of a table with at least MIN_CHILDREN rows."""
    shares = {}
    for table, column in database.rows(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE c.table_schema = DATABASE() AND c.is_nullable = 'YES' AND c.extra NOT LIKE '%%GENERATED%%' AND t.table_type = 'BASE TABLE' "
        "AND c.table_name NOT LIKE 'parloader%%' ORDER BY 1, 2"
    ):
        ((rows, nulls),) = database.rows(f"SELECT COUNT(*), COALESCE(SUM(`{column}` IS NULL), 0) FROM `{table}`")
        if int(str(rows)) >= MIN_CHILDREN:
            shares[f"{table}.{column}"] = int(str(nulls)) / int(str(rows))
    return shares


def faults(database: Database) -> list[str]:
    """What no application would have made: of the distributions of children, and of the shares of NULLs."""
    found = [fault for each in children(database) for fault in each.faults]
    for column, share in null_shares(database).items():
        most = 0.995 if RARE.search(column) else 0.6
        if not 0.01 <= share <= most:
            found.append(f"{column}: {share:.1%} NULL")
    return found


def spread(database: Database, table: str, column: str) -> list[str]:
    """What is wrong with the hours and weekdays of the timestamps: equal by day and by night, or at weekends."""
    found = []
    for part, most in (("HOUR", 24), ("WEEKDAY", 7)):
        rows = database.rows(f"SELECT {part}(`{column}`), COUNT(*) FROM `{table}` WHERE `{column}` IS NOT NULL GROUP BY 1")
        counts = {int(str(value)): int(str(rows_with_it)) for value, rows_with_it in rows}
        numbers = [counts.get(n, 0) for n in range(most)]
        if max(numbers) < 1.3 * max(1, min(numbers)):
            found.append(f"{table}.{column}: the {most} counts by {part} lie between {min(numbers)} and {max(numbers)}")
    return found
