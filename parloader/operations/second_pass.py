"""The second pass of a table, as the live schema has it."""

from parloader.loading.updating import Update
from parloader.plans.model import Table
from parloader.plans.shape import Table as Shape


def update_of(table: Table, live: Shape) -> Update:
    """What is set later in the table, of those columns that are there."""
    return Update(
        table=table.name,
        columns=tuple(name for name in table.columns if name in table.later and name in live.column_names),
        kept=tuple(c.name for c in live.columns if c.on_update and c.name not in table.later),
        key=table.key,
        identity=tuple(live.column(name) for name in table.identity),
    )
