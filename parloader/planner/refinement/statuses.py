"""The statuses of a table, with the values that they may have and the order in which these follow each other."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parloader.inference.column_names import is_boolean
from parloader.inference.default_values import default_text
from parloader.inference.statuses.lifecycles import Lifecycle, canonical, is_status_name, lifecycle, words_of_comment
from parloader.inference.statuses.status_values import status_values
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Choice, Const, Generator, Scalar, Uniform
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType
from parloader.schema.string_literals import unescape

LITERAL = re.compile(r"'((?:[^'\\]|\\.|'')*)'")

WORDS = frozenset((ColumnType.ENUM, ColumnType.TEXT))


@dataclass(frozen=True, kw_only=True)
class Status:
    """A column with a status."""

    column: str
    lifecycle: Lifecycle
    values: Mapping[str, Scalar]  # member of the lifecycle → the value in the column
    allowed: tuple[frozenset[Scalar], ...]  # for each alternative of the table's CHECKs, the values that it allows

    def values_of(self, members: frozenset[str]) -> frozenset[Scalar]:
        return frozenset(self.values[member] for member in members)

    def reached(self, event: str) -> frozenset[Scalar]:
        """The values with which the event has happened."""
        return self.values_of(self.lifecycle.reached(event))

    def has(self, event: str) -> bool:
        """Whether the event is one of the members."""
        return canonical(event) in {canonical(word) for word in self.lifecycle.words.values()}


def statuses(refinement: Refinement, table: str, events: Sequence[str]) -> tuple[Status, ...]:
    """The statuses of the table; first the one that the others follow."""
    found = [status for column in refinement.drafts[table].schema.columns if (status := _status(refinement, table, column, events))]
    return tuple(sorted(found, key=lambda status: (status.column.lower() not in ("status", "state"), not is_status_name(status.column))))


def _status(refinement: Refinement, table: str, column: ColumnSchema, events: Sequence[str]) -> Status | None:
    draft = refinement.drafts[table]
    settled = refinement.is_settled(table, column.name)
    if settled or not refinement.is_own(table, column.name) or draft.group_of(column.name) or draft.self_reference_of(column.name):
        return None
    if any(column.name in (c.left, c.right) for case in draft.cases for c in case.compared):
        return None
    named = is_status_name(column.name)
    if named and column.kind is ColumnType.INTEGER and not is_boolean(column):
        return _coded(refinement, table, column)
    if column.kind not in WORDS:
        return None
    by_domain: dict[Domain, Generator | None] = {}
    for case in draft.alternatives:
        domain = case.domain(column.name)
        if domain not in by_domain:
            by_domain[domain] = refinement.builders[table].in_case(column, case)
    listed = {domain: _listed(part) for domain, part in by_domain.items()}
    if all(values is not None for values in listed.values()):
        return _of_values(
            column,
            [listed[case.domain(column.name)] or () for case in draft.alternatives],
            named,
            [check.clause for check in draft.schema.checks],
        )
    if named and refinement.is_free(table, column.name) and not refinement.is_limited(table, column.name):
        words = tuple(words_of_comment(column.comment)) or status_values(table, events, default_text(column))
        if not column.length or max(map(len, words)) <= column.length:
            return _of_values(column, [words] * len(draft.alternatives), named)
    return None


def _listed(part: Generator | None) -> tuple[Scalar, ...] | None:
    if isinstance(part, Choice) and not part.weights and all(isinstance(value, str) for value in part.values):
        return part.values
    return (part.value,) if isinstance(part, Const) and isinstance(part.value, str) else None


def _declared_orders(column: ColumnSchema, clauses: Iterable[str]) -> Iterator[list[str]]:
    """Orders in which the schema lists values: the ENUM, and each CHECK. The alternatives of the CHECKs list them in another order."""
    yield list(column.values)
    for clause in clauses:
        if column.name in clause:
            yield [unescape(text) for text in LITERAL.findall(clause.replace("\\'", "'"))]  # MySQL prints quotes escaped


def _of_values(column: ColumnSchema, listed: Sequence[tuple[Scalar, ...]], named: bool, clauses: Iterable[str] = ()) -> Status | None:
    members = dict.fromkeys(str(value) for values in listed for value in values if value != "")
    order = next((order for order in _declared_orders(column, clauses) if {*order} >= members.keys()), list(members))
    order = [value for value in order if value in members]
    found = lifecycle(order, is_status=named)
    allowed = tuple(frozenset(values) for values in listed)
    if found is None:
        return None
    return Status(column=column.name, lifecycle=found, values={member: member for member in order}, allowed=allowed)


def _coded(refinement: Refinement, table: str, column: ColumnSchema) -> Status | None:
    """A status of codes that the column's comment explains."""
    means = words_of_comment(column.comment)
    generator = refinement.tables[table].columns[column.name]
    if not means or not all(code.isdigit() for code in means) or not refinement.is_free(table, column.name):
        return None
    if isinstance(generator, Choice) and not generator.weights:
        means = {code: word for code, word in means.items() if int(code) in generator.values}
    elif not isinstance(generator, Uniform) or refinement.is_limited(table, column.name):
        return None
    if any(int(code) > column.max_value for code in means):
        return None
    found = lifecycle(tuple(means), means, is_status=True)
    values: dict[str, Scalar] = {code: int(code) for code in means}
    if found is None:
        return None
    return Status(
        column=column.name,
        lifecycle=found,
        values=values,
        allowed=(frozenset(values.values()),) * len(refinement.drafts[table].alternatives),
    )
