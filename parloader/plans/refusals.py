"""What no row can be made in, by the kind of table it is."""

from parloader.plans.question import CannotBeMade
from parloader.plans.shape import Table, TableType, UniqueKey

ENGINE = "InnoDB"
REASONS = {
    TableType.VIEW: ("it is a view", "Name the table behind it"),
    TableType.SEQUENCE: ("it is a sequence, not a table", "Name a table"),
    TableType.SYSTEM_VERSIONED: (
        "it is system versioned, so its history would keep the rows after clean",
        "Take the versioning off first: ALTER TABLE … DROP SYSTEM VERSIONING",
    ),
}


def require_makeable(table: Table) -> None:
    """CannotBeMade, with the reason and what to do."""
    if table.table_type in REASONS:
        raise CannotBeMade(table.name, *REASONS[table.table_type])
    if table.engine.lower() != ENGINE.lower():
        raise CannotBeMade(
            table.name,
            f"its engine {table.engine} has no transactions, so a batch could be there in half",
            f"ALTER TABLE … ENGINE={ENGINE}, or name another table",
        )
    if identity(table) is None:
        raise CannotBeMade(
            table.name,
            "it has no PRIMARY KEY and no UNIQUE key whose columns are all NOT NULL, so clean could not find its rows again",
            "Give the table a PRIMARY KEY",
        )


def identity(table: Table) -> UniqueKey | None:
    """The key by which a row is found again: of columns that are written and never NULL."""
    return next((key for key in table.unique_keys if _identifies(table, key)), None)


def _identifies(table: Table, key: UniqueKey) -> bool:
    columns = [table.column(name) for name in key.columns]
    return not key.expressions and bool(columns) and not any(column.nullable or column.generated for column in columns)
