"""A table's name throughout parloader: its own name, or `database`.`table` if it is in another database than the one connected to.

The second form is quoted as in SQL, so that it is unambiguous whatever characters the names have. A table of the current database whose own
name looks like that has its database in front, too.
Source: MySQL manual "Schema Object Names", "Identifier Qualifiers".
"""

import re

from parloader.schema.model import quote_identifier

QUALIFIED = re.compile(r"`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`")

# Of both parts 64 characters, each a doubled backquote at most, with quotes and the dot
MAX_CHARACTERS = 2 * (2 * 64 + 2) + 1


def table_name(database: str, table: str, *, current: str, any_case: bool) -> str:
    """The name of a table in this database. `current`: the database connected to; `any_case`: whether names that differ only in case are the same."""
    is_current = database == current or (any_case and database.lower() == current.lower())
    if is_current and not QUALIFIED.fullmatch(table):
        return table
    return f"{quote_identifier(current if is_current else database)}.{quote_identifier(table)}"


def split(name: str) -> tuple[str | None, str]:
    """The table's database (None: the current one) and its name there."""
    found = QUALIFIED.fullmatch(name)
    return (found[1].replace("``", "`"), found[2].replace("``", "`")) if found else (None, name)


def database_of(name: str) -> str | None:
    """The database of the table; None: the current one."""
    return split(name)[0]


def quote_table(name: str) -> str:
    """The name in a statement sent without parameters. If the driver fills in parameters, use database.sql.quote_table."""
    return name if QUALIFIED.fullmatch(name) else quote_identifier(name)
