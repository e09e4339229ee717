"""Short constructors of schemas, and the planner's result for them."""

from collections.abc import Collection
from dataclasses import replace

from parloader.planner.completion import complete
from parloader.planner.request import CompletedPlan, Fill
from parloader.plans.model import BELIEVABLE, Plan, Table
from parloader.plans.row_ranges import ExistingRows
from parloader.schema.model import Check, ColumnSchema, ColumnType, ForeignKey, Schema, TableSchema, UniqueKey

TINY = {"min_value": 0, "max_value": 255, "unsigned": True, "type_text": "tinyint unsigned"}


def integer(name: str, **more: object) -> ColumnSchema:
    return replace(ColumnSchema(name=name, kind=ColumnType.INTEGER, type_text="int", min_value=-(2**31), max_value=2**31 - 1), **more)  # type: ignore[arg-type]


def tiny(name: str, **more: object) -> ColumnSchema:
    return integer(name, **{**TINY, **more})


def text(name: str, length: int = 40, **more: object) -> ColumnSchema:
    column = ColumnSchema(
        name=name, kind=ColumnType.TEXT, type_text=f"varchar({length})", length=length, charset="utf8mb4", collation="utf8mb4_bin"
    )
    return replace(column, **more)  # type: ignore[arg-type]


def flag(name: str, *values: str, **more: object) -> ColumnSchema:
    return replace(ColumnSchema(name=name, kind=ColumnType.ENUM, type_text="enum", values=values or ("on", "off")), **more)  # type: ignore[arg-type]


def primary(*columns: str) -> UniqueKey:
    return UniqueKey(name="PRIMARY", columns=columns)


def unique(*columns: str, prefixes: tuple[int | None, ...] = ()) -> UniqueKey:
    return UniqueKey(name="uq_" + "_".join(columns), columns=columns, prefixes=prefixes)


def foreign(columns: str, parent: str, referenced: str = "id") -> ForeignKey:
    """A foreign key; several columns are separated by blanks."""
    return ForeignKey(
        name=f"fk_{columns.replace(' ', '_')}_{parent}",
        columns=tuple(columns.split()),
        parent=parent,
        referenced=tuple(referenced.split()),
    )


def table(
    name: str, *columns: ColumnSchema, keys: tuple[UniqueKey, ...] = (), to: tuple[ForeignKey, ...] = (), checks: tuple[str, ...] = ()
) -> TableSchema:
    """A table with a primary key `id` as its first column, unless `keys` has a primary key."""
    has_primary_key = any(key.name == "PRIMARY" for key in keys)
    return TableSchema(
        name=name,
        columns=columns if has_primary_key or any(c.name == "id" for c in columns) else (integer("id", auto_increment=True), *columns),
        unique_keys=keys if has_primary_key else (primary("id"), *keys),
        foreign_keys=to,
        checks=tuple(Check(name=f"chk_{n}", clause=clause) for n, clause in enumerate(checks)),
    )


def schema(*tables: TableSchema) -> Schema:
    return {t.name: t for t in tables}


def planned(name: str, rows: int, inference: int = 1) -> Plan:
    """The plan of `--table`, before columns and parents are added."""
    table = Table(name=name, rows=rows, columns={}, key=None, partitioned=True, reuse=False)
    return Plan(name=name, parameters={}, tables=(table,), inference=inference)


def infer(
    live: Schema,
    name: str,
    rows: int = 1_000,
    existing: dict[str, int] | None = None,
    parents: dict[str, int] | None = None,
    allowed: Collection[str] = (),
) -> CompletedPlan:
    rows_of = {table: ExistingRows(rows=rows) for table, rows in (existing or {}).items()}
    return complete(planned(name, rows), live, rows_of, parents or {}, Fill.ALL, allowed)


def believe(
    live: Schema, name: str, rows: int = 1_000, existing: dict[str, int] | None = None, parents: dict[str, int] | None = None
) -> CompletedPlan:
    """The plan of `--table`, whose values agree with each other."""
    rows_of = {table: ExistingRows(rows=rows) for table, rows in (existing or {}).items()}
    return complete(planned(name, rows, BELIEVABLE), live, rows_of, parents or {}, Fill.ALL)
