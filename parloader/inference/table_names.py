"""What names of tables and columns suggest about how the rows of two tables belong together."""

import re
from collections.abc import Iterable

from parloader.inference.column_names import words
from parloader.schema.model import ColumnSchema, ColumnType

# To whom the rows of other tables belong: a row and the rows that it references belong to the same one
OWNERS = words(
    "tenant organization organisation org account workspace company client merchant shop store clinic practice hospital school university"
    " customer site community instance"
)

# Owners that share nothing with each other, so that whatever two things one row references, both belong to the same one
TENANTS = words("tenant organization organisation org workspace clinic practice hospital school university shop instance")

# Tables of people
PEOPLE = words("user member person people author profile employee staff contact subscriber player student customer agent")

# What one person writes and others read, answer or work on: a comment is not by the author of its post
PUBLIC = words(
    "post thread topic article comment reply story question answer photo picture image video album page blog entry message room channel chat"
    " group event project task ticket issue repository document file product listing ad recipe playlist track course lesson poll category"
    " community forum board review book movie film song"
)

# What people do with the things of others
INTERACTIONS = words(
    "vote like reaction follow follower comment reply answer bookmark favorite favourite read view visit watch share report flag rating review"
    " mention invitation participant membership member collaborator enrollment enrolment"
)

# What answers other rows of its own table, or none of them
ANSWERS = words("comment reply answer message post note response")

# Last words of tables whose rows are the parts of one row of another table
PARTS = words("line item entry position leg step detail part segment stop row piece allocation installment instalment")

# What has no parts: people and owners, and what parts refer to
NO_WHOLES = PEOPLE | OWNERS | words("product article sku item material service category type status country currency tax rate price unit")

# Columns that number such parts
NUMBERS = re.compile(
    r"(?:.*_)?(?:line|item|row|position|pos|seq|sequence|step|leg|stop|part|entry|number|no|num|nr|rank|ordinal|sort|order|idx|index|week|page|chapter"
    r"|version|revision)(?:_?(?:no|nr|num|number|order|index|idx|id))?"
)


def parts(name: str) -> tuple[str, ...]:
    """The words of a table's name in lower case and in the singular; without its database."""
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.rsplit(".", 1)[-1].strip("`")).lower()
    return tuple(map(singular, re.findall(r"[^\W_]+", parts)))


def singular(word: str) -> str:
    """
    >>> [singular(word) for word in ("orders", "categories", "addresses", "boxes", "status", "address", "houses")]
    ['order', 'category', 'address', 'box', 'status', 'address', 'house']
    """
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:sses|xes|ches|shes)$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not re.search(r"(?:ss|us|is)$", word) else word


def is_any(name: str, of: Iterable[str]) -> bool:
    """Whether the last word of the table's name is one of these."""
    found = parts(name)
    return bool(found) and found[-1] in frozenset(of)


def extends(name: str, parent: str) -> bool:
    """Whether a table's name is the parent's and more: order_items of orders."""
    longer, shorter = parts(name), parts(parent)
    return len(longer) > len(shorter) > 0 and longer[: len(shorter)] == shorter


def is_part(name: str) -> bool:
    """Whether the table's name says that its rows are parts of others: invoice_lines, legs."""
    return is_any(name, PARTS)


def is_interaction(name: str) -> bool:
    return is_any(name, INTERACTIONS)


def is_owner(name: str) -> bool:
    return is_any(name, OWNERS)


def numbers_siblings(column: ColumnSchema) -> bool:
    """Whether the column counts the rows with the same parent, by its name: line_no, position, sort_order."""
    return column.kind is ColumnType.INTEGER and NUMBERS.fullmatch(column.name.lower()) is not None
