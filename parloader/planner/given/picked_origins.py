"""Where a picked value comes from in the end: users.tenant_id comes from tenants.id, so a foreign key to tenants can pick it."""

from collections.abc import Iterator

from parloader.plans.generators import Pick
from parloader.plans.model import Plan, Table
from parloader.schema.model import ForeignKey, Schema


def misdirected(plan: Plan, live: Schema, table: Table) -> Iterator[tuple[str, Pick, ForeignKey]]:
    """The picks in columns of foreign keys whose values do not come from a table that the column references."""
    keys = live[table.name].foreign_keys
    for name, picks in table.picks.items():
        own = [key for key in keys if name in key.columns]
        for pick in picks if own else ():
            if any(key.parent == pick.parent for key in own):
                continue
            referenced = {(key.parent, key.referenced[key.columns.index(name)]) for key in own}
            if not referenced & set(_origins(plan, live, pick)):
                yield name, pick, own[0]
                break


def _origins(plan: Plan, live: Schema, pick: Pick) -> Iterator[tuple[str, str]]:
    """The columns that the picked value is a copy of: by the plan's picks, or by foreign keys for values that exist already."""
    waiting, seen = [(pick.parent, pick.column)], set[tuple[str, str]]()
    planned = {table.name: table for table in plan.tables}
    while waiting:
        table, column = at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        yield at
        if table in planned and column in planned[table].columns:
            waiting += [(each.parent, each.column) for each in planned[table].picks.get(column, ())]
        if table in live:
            keys = (key for key in live[table].foreign_keys if column in key.columns)
            waiting += [(key.parent, key.referenced[key.columns.index(column)]) for key in keys]
