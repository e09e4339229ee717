"""Tables whose rows are the children of one parent row: order_items of orders.

A table has at most one such parent. It is, by the first of these rules that finds one:

1. the parent in a unique key (parent, number): `PRIMARY KEY (order_id, line_no)`; the number counts the parent's children
2. the parent in a unique key of several foreign keys, of the one that the table's name begins with, otherwise of the one with the most rows;
   the other one is different in each child of it: `PRIMARY KEY (product_id, tag_id)`
3. the parent whose name the table's name begins with: order_items
4. the first one that has parts, if the table's name says that its rows are parts: lines (invoice_id, product_id), legs
5. the parent with fewest children per row, if there are at most two and both tables tell when rows are created: a payment of an order

Its foreign key must not accept NULL, and all rows of the table must be new.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from parloader.inference import table_names
from parloader.planner.check_cases import compared_columns
from parloader.planner.refinement.child_counts import child_of
from parloader.planner.refinement.reference import Reference
from parloader.planner.refinement.references import change, grows, identifies_parent, is_even, is_new, picks_of, references
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import Distribution, NumberIn, Pick
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnType, UniqueKey

MAX_FEW = 2
"""Children per parent that come soon after it."""

MAX_MEAN = 10_000
"""Children per parent: a table with more is no list of parts."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A parent, and what tells its children apart."""

    reference: Reference
    number: str | None = None  # the column that counts the children
    start: int = 1
    other: Reference | None = None  # different in each child
    most: int | None = None  # children that a parent may have
    is_key: bool = False  # the unique keys hold because of the family


def group_children(refinement: Refinement) -> None:
    """Gives tables the generators of their families; parents first, because children of children are counted by them."""
    for table in reversed(tuple(refinement.drafts)):
        for family in _families(refinement, table):
            if _set(refinement, family):
                break


def _families(refinement: Refinement, table: str) -> Iterator[Family]:
    """The families that a table may have, the best first."""
    if not is_new(refinement, table):
        return
    found = [
        r for r in references(refinement, table) if r.required and (not refinement.request.has_rows(table) or is_new(refinement, r.parent))
    ]
    draft = refinement.drafts[table]
    for key in draft.keys:
        for reference in found:
            yield from _numbered(refinement, reference, key, [r for r in found if r is not reference])
    for key in draft.keys:
        yield from _pairs(refinement, table, [r for r in found if identifies_parent(refinement, r, key)], key)
    if draft.self_references:  # the rows before a row are not only its siblings
        return
    plain = [r for r in found if not r.counts]
    named = [r for r in references(refinement, table) if table_names.extends(table, r.parent)]
    yield from (_with_number(refinement, r) for r in plain if r in named)
    wholes = [r for r in plain if not table_names.is_any(r.parent, table_names.NO_WHOLES)]
    if table_names.is_part(table) and not named:
        order = draft.schema.column_names
        yield from (_with_number(refinement, r) for r in sorted(wholes, key=lambda r: order.index(r.column)))
    for reference in sorted(wholes, key=lambda r: -refinement.tables[r.parent].rows) if not named else ():
        few = refinement.tables[table].rows <= MAX_FEW * refinement.tables[reference.parent].rows
        if few and grows(refinement, table) and grows(refinement, reference.parent):
            yield Family(reference=reference)


def _by_rows(refinement: Refinement, found: list[Reference]) -> list[Reference]:
    return sorted(found, key=lambda r: (not table_names.extends(r.table, r.parent), -refinement.tables[r.parent].rows))


def _numbered(refinement: Refinement, reference: Reference, key: UniqueKey, others: list[Reference]) -> Iterator[Family]:
    """Rule 1. `others`: of which one may have to be different in each child, because of another unique key."""
    if not identifies_parent(refinement, reference, key) or key.period is not None:
        return
    for column in key.columns:
        if column not in reference.key.columns and (ends := _numbers(refinement, reference.table, column)):
            family = Family(reference=reference, number=column, start=ends[0], most=ends[1] - ends[0] + 1, is_key=True)
            pairs = (replace(family, other=r, most=min(family.most or 0, refinement.tables[r.parent].rows)) for r in others if r.counts)
            yield from (each for each in (family, *pairs) if _all_hold(refinement, each))


def _numbers(refinement: Refinement, table: str, column: str) -> tuple[int, int] | None:
    """The first and the last number of a column in which children may be counted; None: not this column."""
    draft, layout = refinement.drafts[table], refinement.layouts[table]
    schema, domain = draft.schema.column(column), refinement.domain(table, column)
    bound = any(column in compared_columns(case) for case in draft.cases) or column in layout.null_from or column in layout.period_ends
    bound = bound or column in draft.distinct_columns
    if schema.kind is not ColumnType.INTEGER or not draft.is_open(column) or bound or domain is None:
        return None
    if replace(domain, null=None, low=None, high=None, low_open=False, high_open=False) != Domain():
        return None
    low, high = schema.min_value, schema.max_value
    if isinstance(domain.low, int):
        low = max(low, domain.low + domain.low_open)
    if isinstance(domain.high, int):
        high = min(high, domain.high - domain.high_open)
    start = 1 if low <= 1 <= high else low
    return (start, high) if start <= high and (domain.low is None or isinstance(domain.low, int)) else None


def _with_number(refinement: Refinement, reference: Reference) -> Family:
    """A family by name, with a column that counts the children if there is one by name."""
    for column in refinement.drafts[reference.table].schema.columns:
        free = table_names.numbers_siblings(column) and refinement.is_free(reference.table, column.name)
        if free and (ends := _numbers(refinement, reference.table, column.name)):
            return Family(reference=reference, number=column.name, start=ends[0], most=ends[1] - ends[0] + 1)
    return Family(reference=reference)


def _pairs(refinement: Refinement, table: str, found: list[Reference], key: UniqueKey) -> Iterator[Family]:
    """Rule 2."""
    if len(found) < 2:
        return
    for reference in _by_rows(refinement, found):
        for other in sorted((r for r in found if r is not reference), key=lambda r: -refinement.tables[r.parent].rows):
            if set(reference.key.columns).isdisjoint(other.key.columns):
                family = Family(reference=reference, other=other, most=refinement.tables[other.parent].rows, is_key=True)
                if _all_hold(refinement, family):
                    yield family


def _all_hold(refinement: Refinement, family: Family) -> bool:
    """Whether all unique keys hold with the family: each has a column that differs in each row, or the parent and what tells its children apart."""
    draft, layout = refinement.drafts[family.reference.table], refinement.layouts[family.reference.table]

    def is_distinct(column: str) -> bool:
        return column != family.number and (
            column == draft.key or layout.is_distinct(column) or draft.is_null(column) or layout.null_from.get(column) == 0
        )

    def holds(key: UniqueKey) -> bool:
        if any(map(is_distinct, key.compared)):
            return True
        if key.expressions or not identifies_parent(refinement, family.reference, key):
            return False
        numbered = family.number is not None and family.number in key.compared and not any(key.prefixes)
        return numbered or (family.other is not None and identifies_parent(refinement, family.other, key))

    digits = layout.group_digits.keys() - {r.key.name for r in (family.reference, family.other) if r is not None}
    return all(map(holds, draft.keys)) and not layout.doubtful and _are_free(refinement, family, digits)


def _are_free(refinement: Refinement, family: Family, digits: set[str]) -> bool:
    """Whether no other group of foreign keys has to stay in step with those of the family."""
    draft = refinement.drafts[family.reference.table]
    return not (digits & draft.lockstep_groups)


def _set(refinement: Refinement, family: Family) -> bool:
    """Gives the columns of the family their generators. False: no counts fit."""
    reference, table = family.reference, refinement.tables[family.reference.table]
    parents = refinement.tables[reference.parent].rows
    if not parents or not table.rows or table.rows > MAX_MEAN * parents:
        return False
    if not all(map(_may_change, picks_of(refinement, reference).values())):
        return False
    first = child_of(refinement.request.plan.seed, table, reference, parents, family.most)
    if first is None:
        return False
    group = None if len(reference.key.columns) == 1 else reference.key.name
    for column, referenced in reference.referenced.items():
        other = Pick(parent=reference.parent, column=referenced, group=group)
        refinement.set(table.name, column, replace(first, group=group) if column == reference.column else other)
    if family.number is not None:
        refinement.set(table.name, family.number, NumberIn(column=reference.column, start=family.start))
    for rest in references(refinement, table.name):
        if family.is_key and rest.counts and rest not in (reference, family.other):  # the unique keys hold without it
            change(refinement, rest, distribution=Distribution.EVEN, every=1)
            refinement.released.add((table.name, rest.key.name))
    if family.other is not None:
        for column, pick in picks_of(refinement, family.other).items():
            refinement.set(table.name, column, replace(pick, distribution=Distribution.POPULAR, every=1, distinct_in=reference.column))
    return True


def _may_change(pick: Pick) -> bool:
    return is_even(pick) or pick.distribution is Distribution.CYCLE
