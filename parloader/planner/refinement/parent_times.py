"""When a row's parents were created, as helper columns of the row, so that it is created after them."""

from parloader.inference import table_names
from parloader.inference.statuses.event_times import clock, converted
from parloader.inference.statuses.events import created
from parloader.planner.refinement.parent_columns import parent_column, parent_rows
from parloader.planner.refinement.references import is_child
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import After
from parloader.schema.model import ColumnType


def carry_parent_times(refinement: Refinement) -> None:
    """orders: `_users_created_at = { pick = "users.created_at", group = "user" }`, which times.py uses in created_at.

    Parts of a parent are created with it: `created_at = { after = "_orders_created_at" }`.
    """
    for table, draft in refinement.drafts.items():
        own = created(column for column in draft.schema.columns if column.name in refinement.tables[table].columns)
        if own is None or not refinement.is_own(table, own.name) or refinement.is_limited(table, own.name):
            continue
        for row in parent_rows(refinement, table):
            schema = refinement.request.schema.get(row.parent)
            theirs = created(schema.columns) if schema else None
            if theirs is None or (clock(theirs) != clock(own) and converted(theirs, own) is None):
                continue
            column = parent_column(refinement, row.reference, theirs.name)
            dated = own.kind in (ColumnType.DATETIME, ColumnType.TIMESTAMP) and clock(theirs) == clock(own)
            if column and dated and not theirs.nullable and table_names.is_part(table) and is_child(refinement, row.reference):
                refinement.set(table, own.name, After(column=column))
