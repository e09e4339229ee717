"""The second pass of a table, as the live schema has it."""

import sqlalchemy as sa

from parloader.database.reflection import column_shape
from parloader.loading.updating import Update
from parloader.plans.model import Table


def update_of(table: Table, live: sa.Table) -> Update:
    """What is set later in the table, of those columns that are there."""
    return Update(
        table=table.name,
        columns=tuple(name for name in table.columns if name in table.later and name in live.columns),
        kept=tuple(c.name for c in live.columns if c.server_onupdate is not None and c.name not in table.later),
        key=table.key,
        identity=tuple(column_shape(live.columns[name]) for name in table.identity),
    )
