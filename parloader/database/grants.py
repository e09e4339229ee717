"""Privileges: the GRANT statement that gives an account what the server denied, and what SHOW GRANTS says an account has.

Sources: MySQL manual "GRANT Statement" and "Server Error Message Reference" (1142, 1143, 1227); MariaDB writes `database`.`table`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from parloader.schema.model import quote_identifier

# "SELECT, INSERT command denied to user 'u'@'h' for column 'c' in table 't'"; the words depend on lc_messages, the privileges do not
DENIED = re.compile(r"^([A-Z][A-Z ]*(?:, [A-Z][A-Z ]*)*) command denied\b.*?(?:`((?:[^`]|``)+)`\.`(?:[^`]|``)+`)?$", re.DOTALL)

# "you need (at least one of) the SUPER, BINLOG ADMIN privilege(s)"; MySQL also writes "the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s)"
GLOBAL = re.compile(r"\b([A-Z][A-Z_ ]*?)(?:(?:, | or )[A-Z][A-Z_ ]*)* privilege\(s\)")

# A locking read needs one of several privileges; this one is the usual one
LOCKING = "SELECT with locking clause command denied"

GLOBAL_GRANT = re.compile(r"GRANT (?P<privileges>.+) ON \*\.\* TO ")

# A global privilege of these makes information_schema list the columns, and so the foreign keys, of every table
SHOWS_ALL_TABLES = frozenset({"ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "REFERENCES"})


@dataclass(frozen=True, kw_only=True)
class Denial:
    """What the server denied, according to its message."""

    privileges: str  # as GRANT has them: "INSERT, UPDATE"
    database: str | None = None  # None: the message names none
    everywhere: bool = False  # a privilege that can only be granted ON *.*


def denial(message: str) -> Denial | None:
    """The privileges that the server's message names; None: it names none (or is in another language)."""
    if message.startswith(LOCKING):
        return Denial(privileges="SELECT, UPDATE")
    if found := DENIED.match(message):
        return Denial(privileges=found[1], database=found[2] and found[2].replace("``", "`"))
    if found := GLOBAL.search(message):
        return Denial(privileges=found[1], everywhere=True)  # the first of those that are sufficient
    return None


def account_literal(account: str) -> str:
    """CURRENT_USER() as an account name in a statement: 'user'@'host'."""
    user, _, host = account.rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))


def grant(privileges: str, database: str, account: str) -> str:
    """The statement that gives an account (as CURRENT_USER() reports it) privileges on a database."""
    return f"GRANT {privileges} ON {quote_identifier(database)}.* TO {account_literal(account)}"


def next_step(message: str, database: str, account: str) -> str:
    """What to do about a denied privilege. `account`: as CURRENT_USER() reports it; empty: unknown."""
    denied = denial(message)
    if denied is None or not account:
        return "An administrator can grant it; docs/privileges.md lists what each command needs"
    if denied.everywhere:
        return f"An administrator can grant it: GRANT {denied.privileges} ON *.* TO {account_literal(account)}"
    return f"An administrator can grant it: {grant(denied.privileges, denied.database or database, account)}"


def shows_all_tables(grants: Iterable[str]) -> bool:
    """Whether an account with these lines of SHOW GRANTS sees the columns of every table of the server.

    On MySQL, a partial revoke (a line that begins with REVOKE) takes a database out of a global privilege. Roles count if they are active.
    """
    lines = tuple(grants)
    if any(line.startswith("REVOKE ") for line in lines):
        return False
    held = {p.strip() for line in lines if (found := GLOBAL_GRANT.match(line)) for p in found["privileges"].split(",")}
    return bool(held & SHOWS_ALL_TABLES)
