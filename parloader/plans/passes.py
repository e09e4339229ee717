"""The two passes of a load: rows are inserted, and then, where tables point to each other in a cycle, some of their columns are set."""

import hashlib
from enum import StrEnum

MOST_NAME_CHARACTERS = 64
# No name of a table has it: neither server takes characters beyond U+FFFF in one (MySQL manual "Schema Object Names")
MARK = "\N{MATHEMATICAL MONOSPACE DIGIT TWO}"


class Pass(StrEnum):
    """FIRST: rows are inserted, with NULL in the columns that are set later. SECOND: these are set, when every table has its rows."""

    FIRST = "first"
    SECOND = "second"


def pass_name(table: str, of: Pass) -> str:
    """What the ledger calls the batches of the pass: a name of its own for each table and pass, of 64 characters at most."""
    if of is Pass.FIRST:
        return table
    if len(MARK + table) < MOST_NAME_CHARACTERS:
        return MARK + table
    digest = hashlib.sha256(table.encode()).hexdigest()[: MOST_NAME_CHARACTERS // 2]
    return MARK + table[: MOST_NAME_CHARACTERS - len(MARK + digest)] + digest
