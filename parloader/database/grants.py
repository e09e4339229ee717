"""The GRANT statement that gives an account a privilege that the server denied.

Sources: MySQL manual "GRANT Statement" and "Server Error Message Reference" (1142, 1143, 1227); MariaDB writes `database`.`table`.
"""

import re
from dataclasses import dataclass

from parloader.schema.model import quote_identifier

# "SELECT, INSERT command denied to user 'u'@'h' for column 'c' in table 't'"; the words depend on lc_messages, the privileges do not
DENIED = re.compile(r"^([A-Z][A-Z ]*(?:, [A-Z][A-Z ]*)*) command denied\b.*?(?:`((?:[^`]|``)+)`\.`(?:[^`]|``)+`)?$", re.DOTALL)

GLOBAL = re.compile(r"\b([A-Z][A-Z_ ]*(?:, [A-Z][A-Z_ ]*)*) privilege\(s\)")


@dataclass(frozen=True, kw_only=True)
class Denial:
    """What the server denied, according to its message."""

    privileges: str  # as GRANT has them: "INSERT, UPDATE"
    database: str | None = None  # None: the message names none
    everywhere: bool = False  # a privilege that can only be granted ON *.*


def denial(message: str) -> Denial | None:
    """The privileges that the server's message names; None: it names none (or is in another language)."""
    if found := DENIED.match(message):
        return Denial(privileges=found[1], database=found[2] and found[2].replace("``", "`"))
    if found := GLOBAL.search(message):
        return Denial(privileges=found[1].split(", ")[0], everywhere=True)  # any one of them is sufficient
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
