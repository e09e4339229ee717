"""The foreign keys of a table whose parents the steps may choose: a row of the table belongs to one row of the parent."""

from dataclasses import replace

from parloader.inference.statuses.events import created
from parloader.planner.overlapping_keys import ForeignKeyGroup
from parloader.planner.refinement.reference import Reference
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import ChildOf, Distribution, Pick
from parloader.plans.model import Table
from parloader.schema.model import UniqueKey


class _MadeOf:
    """A table as it is now: equal only to the same object, because comparing all generators takes long."""

    def __init__(self, table: Table | None, *counts: int) -> None:
        self.table, self.counts = table, counts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _MadeOf) and self.table is other.table and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]


def references(refinement: Refinement, table: str) -> tuple[Reference, ...]:
    """The foreign keys to other tables by which the table's rows pick their parents, each independent of the others."""
    made_of = _MadeOf(refinement.tables.get(table), len(refinement.loosened), len(refinement.released))
    if table not in refinement.known or refinement.known[table][0] != made_of:
        refinement.known[table] = (made_of, _references(refinement, table))
    return refinement.known[table][1]


def _references(refinement: Refinement, table: str) -> tuple[Reference, ...]:
    draft = refinement.drafts.get(table)
    if draft is None:
        return _existing(refinement, table)
    found = []
    for group in draft.groups:
        keys = refinement.loosened.get((table, group.name), ())
        if not keys and _is_choosable(refinement, draft, group):
            keys = group.keys
        counts = group.name in refinement.layouts[table].group_digits and (table, group.name) not in refinement.released
        for key in keys:
            required = not any(draft.may_be_null(column) for column in key.columns)
            found.append(Reference(table=table, key=key, required=required, counts=counts))
    return tuple(found)


def upward(refinement: Refinement, table: str) -> tuple[Reference, ...]:
    """As `references`, and the foreign keys that are tied to others: they hold, too, although no step may choose how they pick."""
    known = references(refinement, table)
    if table not in refinement.drafts:
        return known
    keys = {each.key for each in known}
    return (*known, *(each for each in _existing(refinement, table) if each.key not in keys))


def _existing(refinement: Refinement, table: str) -> tuple[Reference, ...]:
    """The foreign keys that are never NULL, as the schema has them."""
    schema = refinement.request.schema.get(table)
    return tuple(
        Reference(table=table, key=key, required=True, generated=False)
        for key in (schema.foreign_keys if schema else ())
        if key.parent != table
        and schema
        and not any(schema.column(column).nullable or schema.column(column).generated for column in key.columns)
    )


def _is_choosable(refinement: Refinement, draft: TableDraft, group: ForeignKeyGroup) -> bool:
    """Whether nothing but the foreign key itself decides which parent row its columns pick."""
    (key, *more), layout = group.keys, refinement.layouts[draft.name]
    columns = refinement.tables[draft.name].columns
    picks = [pick for column in key.columns if isinstance(pick := columns.get(column), Pick) and pick.index is None]
    plain = [(pick.parent, pick.column) for pick in picks] == [(key.parent, referenced) for referenced in key.referenced]
    bound = bool(more) or bool(group.lockstep_tables) or group.name in draft.lockstep_groups or group.max_offset
    settled = draft.given.keys() | draft.shared_columns | layout.null_from.keys() | refinement.tables[draft.name].later
    doubtful = any(unique.expressions or not set(unique.columns).isdisjoint(key.columns) for unique in layout.doubtful)
    return plain and not (bound or doubtful) and settled.isdisjoint(key.columns)


def identifies_parent(refinement: Refinement, reference: Reference, unique: UniqueKey) -> bool:
    """Whether rows with different parents differ in the unique key."""
    shown = {referenced for column, referenced in reference.referenced.items() if column in unique.columns}
    parent = refinement.request.schema.get(reference.parent)
    if parent is None or unique.expressions or any(unique.prefixes):
        return False
    if (draft := refinement.drafts.get(reference.parent)) and not draft.distinct_columns.isdisjoint(shown):
        return True
    return any(set(key.columns) <= shown and not key.expressions and not any(key.prefixes) for key in parent.unique_keys)


def ancestors(refinement: Refinement, table: str) -> frozenset[str]:
    """The tables to which foreign keys lead from a table, directly or through others."""
    if table not in refinement.ancestors:
        found, waiting = set[str](), [table]
        while waiting:
            schema = refinement.request.schema.get(waiting.pop())
            further = {key.parent for key in schema.foreign_keys} - found if schema else set()
            found |= further
            waiting += further
        refinement.ancestors[table] = frozenset(found)
    return refinement.ancestors[table]


def is_new(refinement: Refinement, table: str) -> bool:
    """Whether the plan generates every row of the table that it uses."""
    return table in refinement.drafts and (not refinement.request.has_rows(table) or not refinement.tables[table].reuse)


def picks_of(refinement: Refinement, reference: Reference) -> dict[str, Pick]:
    """The generators of the reference's columns."""
    columns = refinement.tables[reference.table].columns
    return {column: pick for column in reference.key.columns if isinstance(pick := columns[column], Pick)}


def change(refinement: Refinement, reference: Reference, **options: object) -> None:
    """Gives the picks of the reference these options, and those of other columns of the same parent row."""
    picks = picks_of(refinement, reference)
    group, columns = picks[reference.column].group, refinement.tables[reference.table].columns
    tied = {c: g for c, g in columns.items() if type(g) is Pick and group is not None and (g.parent, g.group) == (reference.parent, group)}
    for column, pick in {**picks, **tied}.items():
        refinement.set(reference.table, column, replace(pick, **options))  # type: ignore[arg-type]


def group_of(refinement: Refinement, reference: Reference) -> str:
    """The name by which picks of other columns of the same parent row are tied to the reference's own."""
    pick = picks_of(refinement, reference)[reference.column]
    if pick.group is not None:
        return pick.group
    taken = {g.group for generator in refinement.tables[reference.table].columns.values() for g in generator.walk() if isinstance(g, Pick)}
    group = reference.role if reference.role not in taken else reference.column
    change(refinement, reference, group=group)
    return group


def beside(refinement: Refinement, reference: Reference, column: str) -> Pick:
    """A generator of another column of the parent row that the reference picks."""
    group = group_of(refinement, reference)
    pick = picks_of(refinement, reference)[reference.column]
    if isinstance(pick, ChildOf):
        return Pick(parent=pick.parent, column=column, group=group)
    return replace(pick, column=column)


def is_child(refinement: Refinement, reference: Reference) -> bool:
    """Whether the rows are the children of this parent."""
    return any(isinstance(pick, ChildOf) for pick in picks_of(refinement, reference).values())


def grows(refinement: Refinement, table: str) -> bool:
    """Whether the table's rows are in the order of the times at which they were created."""
    schema = refinement.request.schema.get(table)
    return schema is not None and created(schema.columns) is not None


def is_even(pick: Pick) -> bool:
    """Whether the pick is as the solver made it, any row of the parent."""
    return (
        type(pick) is Pick
        and pick.distribution is Distribution.EVEN
        and pick.among is None
        and pick.distinct_in is None
        and pick.where is None
    )
