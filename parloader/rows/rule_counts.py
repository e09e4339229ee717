"""Counts rows on the server: a plan's counts, and how many rows break its rules or foreign keys.

Whether a row counts or breaks a rule depends only on the columns that the counts, rules and foreign keys name. So the server first groups
the rows by these columns and joins the groups with the parents: a few hundred look-ups instead of four per row.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.plans.model import ExactlyOne, Plan, Rule, SameThrough
from parloader.plans.row_ranges import IndexRange, split

# A server counts this many rows in a few hundredths of a second; a new connection takes about as long, and a dozen statements
ROWS_PER_CONNECTION = 100_000

KeyRange: TypeAlias = tuple[int, int]
"""The first and last of consecutive keys."""

References: TypeAlias = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
"""(parent, pick group) → its (column, referenced column) pairs."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    total: int
    """All rows."""
    figures: Mapping[str, int]
    """Rows per count of the plan, by name."""
    violations: Mapping[str, int]
    """Rows that break a rule, by rule."""

    @property
    def violation_count(self) -> int:
        return sum(self.violations.values())

    def as_json(self) -> dict[str, object]:
        return {"total": self.total, **self.figures, "violations": self.violation_count, "violations_by_rule": dict(self.violations)}


def update_statistics(connection: Connection, table: str) -> None:
    """Updates the optimizer's statistics, which are outdated after a load."""
    sql.rows(connection, f"ANALYZE TABLE {sql.quote_table(table)}")


def count(target: Target, plan: Plan, key_ranges: tuple[KeyRange, ...], connections: int) -> Counts:
    """Counts the target table's rows with these keys, over several connections at once if there are many. The server does the work, so threads suffice.

    Raises the driver's errors, so that the caller can tell whether a retry helps.
    """
    references = _references(plan)
    violations = _violation_conditions(plan, references)
    conditions = ["TRUE", *(f"e.{sql.quote(c.column)} IS NOT NULL" for c in plan.counts), *violations.values()]
    statement = _count_statement(plan, references, conditions)

    def count_range(key_range: KeyRange) -> tuple[int, ...]:
        with connected(target) as connection:
            return tuple(int(figure) for figure in sql.row(connection, statement, *key_range))

    with ThreadPoolExecutor(max_workers=max(1, connections)) as threads:
        per_range = list(threads.map(count_range, _split(key_ranges, connections))) or [(0,) * len(conditions)]
    total, *others = (sum(figures) for figures in zip(*per_range, strict=True))
    return Counts(
        total=total,
        figures=dict(zip((c.name for c in plan.counts), others[: len(plan.counts)], strict=True)),
        violations=dict(zip(violations, others[len(plan.counts) :], strict=True)),
    )


def _split(key_ranges: tuple[KeyRange, ...], parts: int) -> list[KeyRange]:
    shares = split([IndexRange(first, last + 1) for first, last in key_ranges], parts, ROWS_PER_CONNECTION)
    return [(piece.start, piece.stop - 1) for share in shares for piece in share]


def _references(plan: Plan) -> References:
    """Without helper columns, which the server does not have, in the target or in the parent."""
    table, helpers = plan.target, {table.name: table.helpers for table in plan.tables}
    references: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for column, pick in table.references.items():
        if column in table.helpers or pick.column in helpers.get(pick.parent, ()):
            continue
        group = pick.parent, pick.group or column
        references[group] = (*references.get(group, ()), (column, pick.column))
    return references


def _violation_conditions(plan: Plan, references: References) -> dict[str, str]:
    """Rule → the condition under which a row breaks it: the plan's rules, then the foreign keys."""
    aliases = _aliases(plan, references)
    return {
        **{rule.name: _rule_violation(rule, aliases) for rule in plan.rules},
        **{
            f"{', '.join(c for c, _ in pairs)} points to a row of {parent}": _foreign_key_violation(parent, pairs)
            for (parent, _), pairs in references.items()
        },
    }


def _rule_violation(rule: Rule, aliases: Mapping[str, str]) -> str:
    if isinstance(rule, ExactlyOne):
        return "(" + " + ".join(f"(e.{sql.quote(column)} IS NOT NULL)" for column in rule.columns) + ") <> 1"
    return (
        f"NOT ({aliases[rule.via]}.{sql.quote(rule.parent_column)} <=> e.{sql.quote(rule.column)}) AND e.{sql.quote(rule.via)} IS NOT NULL"
    )


def _foreign_key_violation(parent: str, pairs: tuple[tuple[str, str], ...]) -> str:
    is_set = " AND ".join(f"e.{sql.quote(column)} IS NOT NULL" for column, _ in pairs)
    # Not a join: several rows may match, because MariaDB allows foreign keys to columns that are not unique
    return f"{is_set} AND NOT EXISTS (SELECT 1 FROM {sql.quote_table(parent)} p WHERE {_join_condition(pairs, 'p')})"


def _aliases(plan: Plan, references: References) -> dict[str, str]:
    """The column that a rule follows to a parent → the alias of that parent in the statement."""
    via = {rule.via for rule in plan.rules if isinstance(rule, SameThrough)}
    return {column: f"p{n}" for n, pairs in enumerate(references.values()) for column, _ in pairs if column in via}


def _join_condition(pairs: tuple[tuple[str, str], ...], parent: str) -> str:
    return " AND ".join(f"{parent}.{sql.quote(referenced)} = e.{sql.quote(column)}" for column, referenced in pairs)


def _count_statement(plan: Plan, references: References, conditions: Sequence[str]) -> str:
    """Counts, for each condition, the rows of a key range for which it is true. Parameters: the first and the last key."""
    sums = ", ".join(f"COALESCE(SUM(e.group_rows * ({condition})), 0)" for condition in conditions)
    return f"SELECT {sums} FROM ({_grouped_rows(plan, references)}) e {_parent_joins(plan, references)}"


def _grouped_rows(plan: Plan, references: References) -> str:
    """The rows of a key range, grouped by the columns that the conditions use."""
    table = plan.target
    assert table.key is not None
    source = f"FROM {sql.quote_table(table.name)} WHERE {sql.quote(table.key)} BETWEEN %s AND %s"
    grouped = ", ".join(map(sql.quote, _used_columns(plan, references)))
    return f"SELECT {grouped}, COUNT(*) AS group_rows {source} GROUP BY {grouped}" if grouped else f"SELECT COUNT(*) AS group_rows {source}"


def _used_columns(plan: Plan, references: References) -> tuple[str, ...]:
    columns = [*(c for pairs in references.values() for c, _ in pairs), *(c.column for c in plan.counts)]
    for rule in plan.rules:
        columns += rule.columns if isinstance(rule, ExactlyOne) else (rule.column, rule.via)
    return tuple(dict.fromkeys(columns))


def _parent_joins(plan: Plan, references: References) -> str:
    """Joins the parents that rules follow."""
    aliases = _aliases(plan, references)
    return " ".join(
        f"LEFT JOIN {sql.quote_table(parent)} {alias} ON {_join_condition(pairs, alias)}"
        for (parent, _), pairs in references.items()
        if (alias := next((aliases[column] for column, _ in pairs if column in aliases), None))
    )
