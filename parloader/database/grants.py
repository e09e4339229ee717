"""Reads the server's texts about privileges: what a refusal says is missing, and what SHOW GRANTS says an account has.

Sources: MySQL "Server Error Message Reference" (ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR), MySQL manual "SHOW GRANTS Statement".
"""

import re
from collections.abc import Iterable

from parloader.schema.model import quote_identifier

# "SELECT command denied to user 'u'@'localhost' for table 't'"; MariaDB writes `database`.`t`, MySQL only 't'
DENIED_COMMAND = re.compile(
    r"(?P<privileges>[A-Z][A-Za-z, ]*) command denied\b.*?(?:`(?P<database>(?:[^`]|``)+)`\.`(?:[^`]|``)+`|$)", re.DOTALL
)

# "Access denied; you need (at least one of) the PROCESS privilege(s) for this operation"; the first of several is enough
DENIED_GLOBALLY = re.compile(r"\(at least one of\) the (?P<privilege>[A-Z_ ]+?)(?:,| or| privilege)")

GLOBAL_GRANT = re.compile(r"GRANT (?P<privileges>.+) ON \*\.\* TO ")

# A global privilege of these makes information_schema list the columns, and so the foreign keys, of every table
SHOWS_ALL_TABLES = frozenset({"ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "REFERENCES"})

# A locking read needs one of several privileges; this one is the usual one
LOCKING = re.compile(r"SELECT with locking clause")


def account_literal(account: str) -> str:
    """CURRENT_USER() as an account name in a statement: 'user'@'host'."""
    user, _, host = account.rpartition("@")
    return "@".join("'" + part.replace("\\", "\\\\").replace("'", "''") + "'" for part in (user, host))


def grant(privileges: str, database: str, account: str) -> str:
    """The statement that gives an account (as CURRENT_USER() reports it) privileges on a database."""
    return f"GRANT {privileges} ON {quote_identifier(database)}.* TO {account_literal(account)}"


def how_to_grant(message: str, account: str, database: str) -> str:
    """What an administrator can do about a refused statement, by the server's message: the GRANT of the missing privilege.

    `account`: as CURRENT_USER() reports it; empty: unknown. Some messages name no privilege ("Access denied for user … to database …"), and
    messages may be in another language.
    """
    if account and (found := DENIED_COMMAND.search(message)):
        privileges = LOCKING.sub("SELECT, UPDATE", found["privileges"]).upper()
        named = (found["database"] or "").replace("``", "`")
        return f"An administrator can grant it: {grant(privileges, named or database, account)}"
    if account and (found := DENIED_GLOBALLY.search(message)):
        return f"An administrator can grant it: GRANT {found['privilege']} ON *.* TO {account_literal(account)}"
    return f"The server does not say which privilege is missing: compare SHOW GRANTS with what the command needs on {database} (docs/privileges.md)"


def shows_all_tables(grants: Iterable[str]) -> bool:
    """Whether an account with these lines of SHOW GRANTS sees the columns of every table of the server.

    On MySQL, a partial revoke (a line that begins with REVOKE) takes a database out of a global privilege. Roles count if they are active.
    """
    lines = tuple(grants)
    if any(line.startswith("REVOKE ") for line in lines):
        return False
    held = {p.strip() for line in lines if (found := GLOBAL_GRANT.match(line)) for p in found["privileges"].split(",")}
    return bool(held & SHOWS_ALL_TABLES)
