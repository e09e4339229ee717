"""Columns of a row's parents, and of their parents, in the row itself: for values that follow them, such as a time after the parent's."""

from dataclasses import dataclass

from parloader.planner.refinement.reference import Path, Reference
from parloader.planner.refinement.references import ancestors, beside, is_child, is_new, picks_of, references, upward
from parloader.planner.refinement.refinement import Refinement

MAX_PATHS = 8
"""From a table to an ancestor: the shortest ones suffice."""


@dataclass(frozen=True, kw_only=True)
class ParentRow:
    """A parent of each row of a table."""

    reference: Reference
    existed: bool
    """It was created before the row, as far as the order of both tables tells: the parent of a child, or one picked among the first rows."""

    @property
    def parent(self) -> str:
        return self.reference.parent

    @property
    def required(self) -> bool:
        """Whether each row has this parent; otherwise columns of it may be NULL."""
        return self.reference.required


def parent_rows(refinement: Refinement, table: str) -> tuple[ParentRow, ...]:
    """The parents of the table's rows, the one whose children they are first."""
    found = []
    for reference in references(refinement, table):
        child = is_child(refinement, reference)
        existed = child or any(pick.growing for pick in picks_of(refinement, reference).values())
        found.append((not child, ParentRow(reference=reference, existed=existed)))
    return tuple(row for _, row in sorted(found, key=lambda each: each[0]))


def parent_column(refinement: Refinement, reference: Reference, column: str) -> str | None:
    """The column of the table that holds this column of the parent row: a foreign key column, or a helper column, which it adds if needed.

    `_orders_created_at = { pick = "orders.created_at", group = "order" }`. None: the plan does not say what the parent's column holds.
    """
    held = next((mine for mine, theirs in reference.referenced.items() if theirs == column), None)
    if held is not None:
        return held
    if not reference.generated or not _has(refinement, reference.parent, column):
        return None
    pick = beside(refinement, reference, column)
    table = refinement.tables[reference.table]
    same = next((name for name, generator in table.columns.items() if generator == pick), None)
    if same is not None:
        return same
    name = f"{reference.parent}_{column.lstrip('_')}"
    if f"_{name}" in table.columns:  # of another parent row of the same table
        name = f"{reference.role}_{column.lstrip('_')}"
    return refinement.add_helper(table.name, name, pick)


def carried(refinement: Refinement, path: Path, column: str) -> str | None:
    """The column of the path's first parent that holds `column` of its last one. None: it cannot have one, as existing rows have no helper columns."""
    _, *further = path
    if not further:
        return column
    inner = carried(refinement, tuple(further), column)
    return None if inner is None else parent_column(refinement, further[0], inner)


def paths(refinement: Refinement, table: str, ancestor: str, depth: int) -> list[Path]:
    """The paths of foreign keys that are never NULL from a table to an ancestor, the shortest first."""

    def leading(of: str) -> list[Reference]:
        known = (r for r in upward(refinement, of) if r.required)
        return [r for r in known if r.parent == ancestor or ancestor in ancestors(refinement, r.parent)]

    found: list[Path] = []
    waiting: list[Path] = [(reference,) for reference in leading(table)]
    while waiting and len(found) < MAX_PATHS:
        path = waiting.pop(0)
        if path[-1].parent == ancestor:
            found.append(path)
        elif len(path) < depth:
            seen = {step.table for step in path}
            waiting += [(*path, step) for step in leading(path[-1].parent) if step.parent not in seen]
    return found


def _has(refinement: Refinement, table: str, column: str) -> bool:
    """Whether a pick may read the column: it has a generator, or exists in rows that were there before."""
    planned = refinement.tables[table]
    schema = refinement.request.schema[table]
    if column in planned.columns:
        return column in schema.column_names or is_new(refinement, table)
    if column == planned.key:
        return True
    return table not in refinement.drafts and column in schema.column_names
