"""Finds out whether the account has the privileges that a command will need, without changing anything.

The server decides: each trial is a statement without effect that needs the privilege. Both servers check privileges before they look for
tables and columns, so a statement on a table that does not exist fails in one way with the privilege and in another way without it. That
also counts privileges of roles, global ones and those on tables and columns, which SHOW GRANTS lists in many forms.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from parloader.database import error_codes, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.grants import grant
from parloader.errors import PrivilegeMissing
from parloader.schema.model import quote_identifier
from parloader.schema.table_names import database_of

# A name that no table or column of the database has
NOTHING = "parloader_nothing"

TRIGGER_GRANT = re.compile(r"GRANT (?:.*, )?(?:TRIGGER|ALL PRIVILEGES)(?:, .*)? ON (.+?)\.\* TO ")

# A join has at most 61 tables (MySQL manual "JOIN Clause")
JOINED = 50


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A privilege that is needed, and a statement without effect that needs it."""

    privilege: str
    table: str
    statement: str


def select(table: str) -> Trial:
    """SELECT on all columns."""
    return Trial(privilege="SELECT", table=table, statement=f"SELECT * FROM {sql.quote_table(table)} LIMIT 0")


def insert(table: str, columns: Collection[str]) -> Trial:
    """INSERT on these columns."""
    names, nulls = ", ".join(map(sql.quote, columns)), ", ".join(["NULL"] * len(columns))
    return Trial(
        privilege="INSERT", table=table, statement=f"INSERT INTO {sql.quote_table(table)} ({names}) SELECT {nulls} FROM DUAL WHERE FALSE"
    )


def update(table: str, columns: Collection[str]) -> Trial:
    """UPDATE on these columns."""
    same = ", ".join(f"{name} = {name}" for name in map(sql.quote, columns))
    return Trial(privilege="UPDATE", table=table, statement=f"UPDATE {sql.quote_table(table)} SET {same} WHERE FALSE")


def delete(table: str) -> Trial:
    return Trial(privilege="DELETE", table=table, statement=f"DELETE FROM {sql.quote_table(table)} WHERE FALSE")


def drop(connection: Connection, table: str) -> Iterator[Trial]:
    """None if the account has privileges on the table itself: then only its DROP can show whether they include DROP."""
    if not any(f".{quote_identifier(table)} TO " in line for (line,) in sql.rows(connection, "SHOW GRANTS")):
        yield Trial(privilege="DROP", table=table, statement=f"DROP TABLE {NOTHING}")


def alter(table: str) -> Trial:
    """ALTER on the table."""
    return Trial(privilege="ALTER", table=table, statement=f"ALTER TABLE {sql.quote_table(table)} ALTER COLUMN {NOTHING} DROP DEFAULT")


def create(table: str) -> Trial:
    """CREATE for a table of this name."""
    return Trial(privilege="CREATE", table=table, statement=f"CREATE TABLE {sql.quote_table(table)} LIKE {NOTHING}")


def index(table: str) -> Trial:
    """INDEX on the table."""
    return Trial(privilege="INDEX", table=table, statement=f"CREATE INDEX {NOTHING} ON {sql.quote_table(table)} ({NOTHING})")


def references(table: str) -> Trial:
    """REFERENCES, for a foreign key to the table."""
    return Trial(
        privilege="REFERENCES",
        table=table,
        statement=f"CREATE TABLE {NOTHING} (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES {sql.quote_table(table)} ({NOTHING}))",
    )


def require(connection: Connection, trials: Iterable[Trial]) -> None:
    """PrivilegeMissing names every missing privilege, and the GRANT that gives them. Commits: call it before a transaction begins."""
    denied = [trial for trial in trials if _is_denied(connection, trial)]
    if denied:
        raise _missing(connection, denied)


def require_select(connection: Connection, tables: Sequence[str]) -> None:
    """PrivilegeMissing: the account may not read every column of these tables, so what it sees of the schema is not all of it."""
    for at in range(0, len(tables), JOINED):
        part = tables[at : at + JOINED]
        joined = ", ".join(f"(SELECT * FROM {sql.quote_table(name)} LIMIT 0) t{n}" for n, name in enumerate(part))
        if _is_denied(connection, Trial(privilege="SELECT", table=part[0], statement=f"SELECT 1 FROM {joined}")):
            raise _missing(connection, [trial for trial in map(select, part) if _is_denied(connection, trial)])


def may_select(connection: Connection, table: str) -> bool:
    """Whether the account may read every column of the table; also true if there is no such table."""
    return not _is_denied(connection, select(table))


def grant_to_see_triggers(connection: Connection, tables: Iterable[str] = ()) -> str | None:
    """The GRANTs without which information_schema lists no trigger of the current database, and of those of these tables, to the account; None:
    the account has that privilege.

    Judged by SHOW GRANTS, which includes active roles. No trial shows it: both servers look for the trigger first.
    """
    current = sql.value(connection, "SELECT DATABASE()")
    found = [TRIGGER_GRANT.match(line) for (line,) in sql.rows(connection, "SHOW GRANTS")]
    granted = {each[1] for each in found if each}
    databases = dict.fromkeys([current, *(database_of(name) or current for name in tables)])
    lacking = [database for database in databases if not granted & {"*", quote_identifier(database)}]
    return "; ".join(grant("TRIGGER", database, connection.account) for database in lacking) or None


def _is_denied(connection: Connection, trial: Trial) -> bool:
    try:
        sql.execute(connection, trial.statement)
    except DriverError as error:
        if error_codes.classify(error) is not error_codes.Action.GIVE_UP:
            raise
        return error_codes.is_privilege_missing(error)
    return False


def _missing(connection: Connection, denied: Sequence[Trial]) -> PrivilegeMissing:
    current, by_database = sql.value(connection, "SELECT DATABASE()"), dict[str, dict[str, None]]()
    for trial in denied:
        by_database.setdefault(database_of(trial.table) or current, {})[trial.privilege] = None
    grants = "; ".join(grant(", ".join(privileges), database, connection.account) for database, privileges in by_database.items())
    return PrivilegeMissing(
        f"the account {connection.account} lacks {' and '.join(_on_tables(denied))}; nothing was changed",
        f"An administrator can grant it: {grants}",
    )


def _on_tables(denied: Sequence[Trial]) -> Iterator[str]:
    """ "INSERT on a, b" for each privilege."""
    for privilege in dict.fromkeys(trial.privilege for trial in denied):
        yield f"{privilege} on {', '.join(dict.fromkeys(t.table for t in denied if t.privilege == privilege))}"
