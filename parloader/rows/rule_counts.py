"""A plan's counts and rules, asked of the server: how many rows, and how many of them break a rule or a foreign key.

Whether a row counts or breaks a rule depends only on those of its columns that the counts, the rules and the foreign keys name. So the
server first groups the rows by these columns, and joins the groups with the parents: some hundred look-ups, not four a row.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from parloader.database import sql
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.plans.model import ExactlyOne, Plan, Rule, SameThrough, Table
from parloader.plans.row_ranges import IndexRange, split


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
    """Of the target's rows with these keys, over several connections at once (the server does the work, so threads are enough)."""
    table = plan.target
    assert table.key is not None
    links = _links(table)
    via = {rule.via for rule in plan.rules if isinstance(rule, SameThrough)}
    alias = {column: f"p{n}" for n, pairs in enumerate(links.values()) for column, _ in pairs if column in via}
    violations = {rule.name: _broken(rule, alias) for rule in plan.rules}
    for (parent, _), pairs in links.items():
        points = " AND ".join(f"e.{sql.quote(c)} IS NOT NULL" for c, _ in pairs)
        # not a join: there may be several rows that it points to (MariaDB has foreign keys to columns that are not unique)
        there = f"EXISTS (SELECT 1 FROM {sql.quote(parent)} p WHERE {_same(pairs, 'p')})"
        violations[f"{', '.join(c for c, _ in pairs)} points to a row of {parent}"] = f"{points} AND NOT {there}"
    conditions = ["TRUE", *(f"e.{sql.quote(c.column)} IS NOT NULL" for c in plan.counts), *violations.values()]
    sums = ", ".join(f"COALESCE(SUM(e.group_rows * ({condition})), 0)" for condition in conditions)
    where = f"FROM {sql.quote(table.name)} WHERE {sql.quote(table.key)} BETWEEN %s AND %s"
    grouped = ", ".join(map(sql.quote, _columns(plan, links)))
    groups = f"SELECT {grouped}, COUNT(*) AS group_rows {where} GROUP BY {grouped}" if grouped else f"SELECT COUNT(*) AS group_rows {where}"
    joins = " ".join(
        f"LEFT JOIN {sql.quote(parent)} {alias[pairs[0][0]]} ON {_same(pairs, alias[pairs[0][0]])}"
        for (parent, _), pairs in links.items()
        if pairs[0][0] in alias
    )
    statement = f"SELECT {sums} FROM ({groups}) e {joins}"

    def ask(piece: tuple[int, int]) -> tuple[int, ...]:
        with connected(target) as connection, target.translate_errors(f"counting {table.name}"):
            return tuple(int(figure) for figure in sql.row(connection, statement, *piece))

    pieces = [
        (share.start, share.stop - 1)
        for shares in split([IndexRange(first, last + 1) for first, last in key_ranges], connections)
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


Links: TypeAlias = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
"""(parent, the pick's group) → its (column, the parent's column) pairs."""


def _links(table: Table) -> Links:
    links: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for column, pick in table.references.items():
        of = pick.parent, pick.group or column
        links[of] = (*links.get(of, ()), (column, pick.column))
    return links


def _same(pairs: tuple[tuple[str, str], ...], parent: str) -> str:
    return " AND ".join(f"{parent}.{sql.quote(referenced)} = e.{sql.quote(column)}" for column, referenced in pairs)


def _columns(plan: Plan, links: Links) -> tuple[str, ...]:
    """Those that say whether a row counts and whether it breaks a rule."""
    columns = [*(c for pairs in links.values() for c, _ in pairs), *(c.column for c in plan.counts)]
    for rule in plan.rules:
        columns += rule.columns if isinstance(rule, ExactlyOne) else (rule.column, rule.via)
    return tuple(dict.fromkeys(columns))


def _broken(rule: Rule, alias: Mapping[str, str]) -> str:
    """The condition under which a row breaks the rule."""
    if isinstance(rule, ExactlyOne):
        return "(" + " + ".join(f"(e.{sql.quote(column)} IS NOT NULL)" for column in rule.columns) + ") <> 1"
    return f"NOT ({alias[rule.via]}.{sql.quote(rule.parent_column)} <=> e.{sql.quote(rule.column)}) AND e.{sql.quote(rule.via)} IS NOT NULL"
