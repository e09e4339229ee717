"""A plan's counts and rules, asked of the server: how many rows, and how many of them break a rule or a foreign key.

Whether a row counts or breaks a rule depends only on those of its columns that the counts, the rules and the foreign keys name. So the
server first groups the rows by these columns, and joins the groups with the parents: some hundred look-ups, not four a row.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from parloader.database import sql
from parloader.database.connect import Target, connected
from parloader.plans.model import ExactlyOne, Plan, Rule
from parloader.plans.partition import Partition, split


@dataclass(frozen=True, kw_only=True)
class Counts:
    """`figures`: the plan's counts by name. `violations`: by rule, how many rows break it."""

    total: int
    figures: Mapping[str, int]
    violations: Mapping[str, int]

    @property
    def violation_count(self) -> int:
        return sum(self.violations.values())

    def as_json(self) -> dict[str, object]:
        return {"total": self.total, **self.figures, "violations": self.violation_count, "violations_by_rule": dict(self.violations)}


def count(target: Target, plan: Plan, key_ranges: tuple[tuple[int, int], ...], connections: int) -> Counts:
    """Of the rows with these keys, over several connections at once (the server does the work, so threads are enough)."""
    table = plan.target
    parents = table.references
    alias = {column: f"p{n}" for n, column in enumerate(parents)}
    violations = {rule.name: _broken(rule, alias) for rule in plan.rules}
    for column, parent in parents.items():
        violations[f"{column} points to a row of {parent}"] = (
            f"e.{sql.quote(column)} IS NOT NULL AND {alias[column]}.{sql.quote(plan.table(parent).key)} IS NULL"
        )
    conditions = ["TRUE", *(f"e.{sql.quote(c.column)} IS NOT NULL" for c in plan.counts), *violations.values()]
    sums = ", ".join(f"COALESCE(SUM(e.group_rows * ({condition})), 0)" for condition in conditions)
    grouped = ", ".join(map(sql.quote, _columns(plan)))
    groups = f"""SELECT {grouped}, COUNT(*) AS group_rows FROM {sql.quote(table.name)} WHERE {sql.quote(table.key)} BETWEEN %s AND %s
        GROUP BY {grouped}"""
    joins = " ".join(
        f"LEFT JOIN {sql.quote(parent)} {alias[column]} ON {alias[column]}.{sql.quote(plan.table(parent).key)} = e.{sql.quote(column)}"
        for column, parent in parents.items()
    )
    statement = f"SELECT {sums} FROM ({groups}) e {joins}"

    def ask(piece: tuple[int, int]) -> tuple[int, ...]:
        with connected(target) as connection, target.explained(f"counting {table.name}"):
            return tuple(int(figure) for figure in sql.row(connection, statement, *piece))

    pieces = [
        (share.start, share.stop - 1)
        for shares in split([Partition(first, last + 1) for first, last in key_ranges], connections)
        for share in shares
    ]
    with ThreadPoolExecutor(max_workers=max(1, connections)) as threads:
        answers = list(threads.map(ask, pieces)) or [(0,) * len(conditions)]
    total, *others = (sum(figures) for figures in zip(*answers, strict=True))
    figures = others[: len(plan.counts)]
    return Counts(
        total=total,
        figures={c.name: figure for c, figure in zip(plan.counts, figures, strict=True)},
        violations=dict(zip(violations, others[len(plan.counts) :], strict=True)),
    )


def _columns(plan: Plan) -> tuple[str, ...]:
    """Those that say whether a row counts and whether it breaks a rule."""
    columns = [*plan.target.references, *(c.column for c in plan.counts)]
    for rule in plan.rules:
        columns += rule.columns if isinstance(rule, ExactlyOne) else (rule.column, rule.via)
    return tuple(dict.fromkeys(columns))


def _broken(rule: Rule, alias: Mapping[str, str]) -> str:
    """The condition under which a row breaks the rule."""
    if isinstance(rule, ExactlyOne):
        return "(" + " + ".join(f"(e.{sql.quote(column)} IS NOT NULL)" for column in rule.columns) + ") <> 1"
    return f"NOT ({alias[rule.via]}.{sql.quote(rule.parent_column)} <=> e.{sql.quote(rule.column)}) AND e.{sql.quote(rule.via)} IS NOT NULL"
