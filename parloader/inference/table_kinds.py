"""What kind of table it is, by its name, columns and keys: a lookup of a few values, a tenant, an entity, the lines of a document, a log."""

import re
from enum import StrEnum

from parloader.schema.model import ColumnType, TableSchema


class TableKind(StrEnum):
    """How many rows a table has, compared with those that it references."""

    LOOKUP = "lookup"  # a few fixed values, however large the others are
    TENANT = "tenant"  # a few organisations or places, to which everything else belongs
    FEW = "few"  # things on offer and people who serve
    ENTITY = "entity"
    LINE = "line"  # parts of a document
    LOG = "log"  # what happens again and again
    ONE = "one"  # about one for each document: its invoice, its payment
    TWO = "two"  # one or two for each parent
    JUNCTION = "junction"  # pairs of others
    DETAIL = "detail"  # exactly one for one: a unique foreign key


# The last words of tables' names, in the singular
WORDS: dict[TableKind, str] = {
    TableKind.LOOKUP: "allergen brand bucket category carrier channel class color colour condition country currency department diagnosis discipline exchange feature"
    " flag format frequency gateway gender genre group icd incoterm industry kind language level locale location method mode option permission plan policy"
    " port priority privilege procedure province reason region relation role scope severity size skill source speciality specialty stage state"
    " status subject tag tariff tax term tier timezone topic type unit uom zone",
    TableKind.TENANT: "agency board branch campus chain clinic community depot facility factory forum franchise garage hospital hub instance laboratory library office"
    " org organisation organization plant practice realm school shop site store team tenant terminal university warehouse workspace yard",
    TableKind.FEW: "agent article artist asset author book campaign company container coupon course dealer device dish doctor driver employee equipment film item"
    " machine material manufacturer model moderator movie nurse operator partner physician practitioner producer product property provider publisher"
    " room service sku staff supplier teacher technician therapist title trailer truck variant vehicle vendor vessel",
    TableKind.LINE: "booking_item component detail element entry ingredient installment item leg line part position row segment step stop ticket_line",
    TableKind.LOG: "activity alert attempt audit change click delivery event execution history hit impression job log login message metric measurement movement"
    " notification observation ping reading record revision sample scan session sync telemetry track tracking transaction transition view visit",
    TableKind.ONE: "charge contract discharge document invoice payment payout prescription receipt settlement shipment subscription wallet",
    TableKind.TWO: "abuse account address attachment ban block card case claim complaint contact dispute file image incident note penalty"
    " phone photo preference rating referral refund report return review strike token warning",
}

KIND_OF_WORD = {word: kind for kind, listed in WORDS.items() for word in listed.split()}

# A column with such a name shows when a row was added: tables of a few fixed values seldom have one
TIME_NAME = re.compile(r"(?:^|_)(?:created|inserted|added|registered|joined)(?:_|$)|_at$|_time$|_on$|_date$", re.IGNORECASE)

NAMING_COLUMNS = ("code", "name", "label", "title", "slug", "description", "abbreviation", "symbol", "value", "iso", "short_name")

# A lookup table has at most this many columns besides its key
MAX_LOOKUP_COLUMNS = 5

# Longer keys are not codes that people know by heart
MAX_CODE_LENGTH = 12

# Columns of a junction table besides its foreign keys
MAX_JUNCTION_COLUMNS = 3


def words(name: str) -> tuple[str, ...]:
    """The words of a table's name in lower case, each in the singular: "OrderItems", "order_items" → order, item."""
    plain = name.rpartition(".")[2].strip("`")
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+", plain)
    return tuple(singular(part.lower()) for part in parts)


def singular(word: str) -> str:
    """The singular of an English word, by its ending."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "uses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def table_kind(table: TableSchema) -> TableKind:
    """What the table itself shows. Its foreign keys tell more (planner/table_sizes.py)."""
    named = words(table.name)
    last = named[-1] if named else ""
    if _is_junction(table):
        return TableKind.JUNCTION
    if _is_detail(table):
        return TableKind.DETAIL
    if _numbers_within_parent(table):
        return TableKind.LINE
    others = [key for key in table.foreign_keys if not key.within(table.name)]
    by_name = KIND_OF_WORD.get(last, TableKind.ENTITY)
    if by_name is TableKind.LINE and others and len(named) > 1:
        return TableKind.LINE
    if by_name in (TableKind.LOG, TableKind.LOOKUP):
        return by_name
    if _looks_up(table):
        return TableKind.LOOKUP
    if by_name in (TableKind.TENANT, TableKind.FEW) or (by_name in (TableKind.ONE, TableKind.TWO) and others):
        return by_name
    return TableKind.ENTITY


def _is_junction(table: TableSchema) -> bool:
    """Whether a unique key consists of the columns of two foreign keys, and the table has little else."""
    foreign = {column for key in table.foreign_keys for column in key.columns}
    for unique in table.unique_keys:
        parts = [key for key in table.foreign_keys if set(key.columns) <= set(unique.columns)]
        if len(parts) > 1 and len({key.columns for key in parts}) > 1 and set(unique.columns) <= foreign and not unique.expressions:
            rest = [c for c in table.columns if c.name not in foreign and not c.auto_increment and not c.generated]
            return len(rest) <= MAX_JUNCTION_COLUMNS
    return False


def _is_detail(table: TableSchema) -> bool:
    """Whether a foreign key that is never NULL is unique."""
    return any(
        set(unique.columns) <= set(key.columns) and not unique.expressions
        for key in table.foreign_keys
        if not key.within(table.name) and not any(table.column(column).nullable for column in key.columns)
        for unique in table.unique_keys
    )


def _numbers_within_parent(table: TableSchema) -> bool:
    """Whether a unique key is a foreign key and a number: (order_id, line_no)."""
    foreign = {column for key in table.foreign_keys for column in key.columns}
    for unique in table.unique_keys:
        own = [table.column(column) for column in unique.columns if column not in foreign]
        of_parent = any(set(key.columns) <= set(unique.columns) for key in table.foreign_keys if not key.within(table.name))
        if of_parent and len(own) == 1 and own[0].kind is ColumnType.INTEGER and not own[0].auto_increment and not unique.expressions:
            return True
    return False


def _looks_up(table: TableSchema) -> bool:
    """Whether the table has a few fixed values, by its key and columns."""
    key = table.primary_key
    if key is None or len(key.columns) != 1:
        return False
    identity = table.column(key.columns[0])
    columns = [column for column in table.columns if column.name != identity.name and not column.generated]
    if len(columns) > MAX_LOOKUP_COLUMNS or table.foreign_keys:
        return False
    if identity.kind is ColumnType.INTEGER and identity.max_value <= 255:
        return True
    has_time = any(column.kind in (ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP) for column in columns)
    if has_time or any(TIME_NAME.search(column.name) for column in columns):
        return False
    if identity.kind in (ColumnType.TEXT, ColumnType.ENUM) and identity.length <= MAX_CODE_LENGTH:
        return True
    has_code = any(column.name.lower() in ("code", "symbol", "iso", "abbreviation") for column in columns)
    return has_code or (len(columns) <= 2 and {column.name.lower() for column in columns} <= {*NAMING_COLUMNS} and bool(columns))
