"""Foreign keys from generated columns, as foreign keys from the columns that these are made of.

A STORED column that is `target_id`, or that is it in some rows and NULL in the others, references the parent's row that `target_id` picks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from parloader.schema.checks.clause_text import FUNCTION_MARK, parsed_expression
from parloader.schema.checks.parser import parse_check
from parloader.schema.checks.predicates import UnsupportedCheck
from parloader.schema.model import Check, ColumnType, ForeignKey, TableSchema, quote_identifier

# Functions that return their first argument unchanged, if it is what a foreign key picks: a key of the parent, not NULL
SAME = ("coalesce", "ifnull", "nullif", "lower", "lcase", "trim", "ltrim", "rtrim")

WHOLE_NUMBERS = (exp.DataType.Type.BIGINT, exp.DataType.Type.UBIGINT)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """The written column whose values a generated column has."""

    column: str
    conditional: bool = False  # NULL instead in some rows


def with_written_columns(table: TableSchema, *, fills_conditional: bool = True) -> TableSchema:
    """The table with foreign keys from written columns, and with conditions that the rows satisfy as they do the CHECKs.

    If several foreign keys are made of the same column, each in other rows, the first one is filled and the others are NULL; without
    `fills_conditional`, all of them are. A foreign key that cannot be followed stays as it is.
    """
    foreign_keys, checks = list[ForeignKey](), list[Check]()
    picked: set[str] = set()  # columns of which every row is picked for a conditional key
    for key in table.foreign_keys:
        if not any(table.column(name).generated for name in key.columns):
            foreign_keys.append(key)
            continue
        sources = [_source_of_column(table, name) for name in key.columns]
        found = [source for source in sources if source is not None]
        if len(found) < len(sources):
            foreign_keys.append(key)
            continue
        written = replace(key, columns=tuple(source.column for source in found))
        conditional = [name for name, source in zip(key.columns, found, strict=True) if source.conditional]
        fills = fills_conditional and key.parent != table.name and not picked & {*written.columns}
        conditions = list(_conditions(table, key, conditional, null=not fills))
        if len(conditions) < len(conditional):
            foreign_keys.append(key)
            continue
        checks += conditions
        if conditional:
            picked |= {*written.columns}
        if fills or not conditional:
            checks += _not_null(table, key, found)
            same = any(replace(other, name=key.name) == written for other in table.foreign_keys)
            foreign_keys += [] if same else [written]
    return replace(table, foreign_keys=tuple(foreign_keys), checks=(*table.checks, *checks))


def _conditions(table: TableSchema, key: ForeignKey, columns: list[str], *, null: bool) -> Iterator[Check]:
    """That the generated columns are NULL, or are not, as far as it can be analysed."""
    for name in columns:
        condition = Check(name=key.name, clause=f"(({table.column(name).expression}) is {'null' if null else 'not null'})")
        parsed = parse_check(condition.clause, table.column_names)
        used = {column for case in parsed.cases for predicate in case for column in _columns(predicate)} if parsed else set()
        if parsed and parsed.cases and not any(table.column(column).generated for column in used):
            yield condition


def _columns(predicate: object) -> list[str]:
    names = (getattr(predicate, name, None) for name in ("column", "left", "right"))
    return [name for name in names if isinstance(name, str)]


def _not_null(table: TableSchema, key: ForeignKey, sources: list[_Source]) -> Iterator[Check]:
    """That the columns have values: a generated column may have another one instead of NULL."""
    for name, source in zip(key.columns, sources, strict=True):
        if table.column(name).generated and table.column(source.column).nullable and not source.conditional:
            yield Check(name=key.name, clause=f"({quote_identifier(source.column)} is not null)")


def _source_of_column(table: TableSchema, name: str) -> _Source | None:
    column = table.column(name)
    if not column.generated:
        return _Source(column=name)
    try:
        return _source(table, parsed_expression(column.expression, {other.lower(): other for other in table.column_names}))
    except (UnsupportedCheck, RecursionError):
        return None


def _source(table: TableSchema, node: exp.Expr) -> _Source | None:
    match node:
        case exp.Paren() | exp.Collate() | exp.Trim():
            return _source(table, node.this)
        case exp.Column() if node.name in table.column_names:
            return _source_of_column(table, node.name)
        case exp.Cast():
            found = _source(table, node.this)
            whole = found is not None and table.column(found.column).kind is ColumnType.INTEGER and node.to.this in WHOLE_NUMBERS
            return found if whole else None
        case exp.Anonymous() if node.name.lower().removeprefix(FUNCTION_MARK) in SAME and node.expressions:
            return _source(table, node.expressions[0])
        case exp.Case() | exp.If():
            ifs = [node] if isinstance(node, exp.If) else node.args["ifs"]
            otherwise = node.args.get("false" if isinstance(node, exp.If) else "default")
            results = [branch.args["true"] for branch in ifs] + ([otherwise] if otherwise else [])
            sources = {_source(table, result) for result in results if not isinstance(result.unnest(), exp.Null)}
            (only, *others) = sources or {None}
            return None if only is None or others else replace(only, conditional=True)
    return None
