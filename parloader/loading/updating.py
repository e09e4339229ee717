"""The second pass of a load: how rows that are there get the values of the columns that are set later, and lose them again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from parloader.database import sql
from parloader.database.names import identifier
from parloader.database.sql import Connection
from parloader.loading.generate import Generation, only
from parloader.loading.identity import by_identity, conditions
from parloader.loading.render import literals
from parloader.plans.model import Plan, Rows
from parloader.plans.partition import Partition
from parloader.plans.shape import Column


@dataclass(frozen=True, kw_only=True)
class Update:
    """`columns` of the table are set. `kept`: those that the server changes in each row that is updated (ON UPDATE CURRENT_TIMESTAMP), where
    the statement does not say what they become. Rows are found by the integer column `key`, or, where that is None, by `identity`."""

    table: str
    columns: tuple[str, ...]
    kept: tuple[str, ...]
    key: str | None
    identity: tuple[Column, ...]

    def generation(self, plan: Plan, rows: Mapping[str, Rows]) -> Generation:
        """What is set, and what rows are found by."""
        table = plan.table(self.table)
        return Generation(plan, only(table, (*table.identity, *self.columns)), rows)

    def statements(self, frame: pl.DataFrame, *, backslash_escapes: bool) -> pl.Series:
        """An UPDATE for each row."""
        values = frame.select(literals(frame.select(self.columns), backslash_escapes=backslash_escapes))
        where = conditions(frame, self.identity) if self.key is None else _by_key(frame, self.key)
        new = [pl.concat_str(pl.lit(f"{identifier(name)} = "), pl.col(name)) for name in self.columns]
        parts = [
            pl.lit(f"UPDATE {identifier(self.table)} SET "),
            pl.concat_str([*new, *self._as_it_is()], separator=", "),
            pl.lit(" WHERE "),
        ]
        return values.select(pl.concat_str([*parts, where]).alias("statement")).to_series()

    def _as_it_is(self) -> Iterator[pl.Expr]:
        return (pl.lit(f"{identifier(name)} = {identifier(name)}") for name in self.kept)

    def undo(self, connection: Connection, plan: Plan, rows: Mapping[str, Rows], part: Partition) -> None:
        """NULL again in these rows, in the caller's transaction."""
        if not self.columns:
            return
        new = [f"{sql.quote(name)} = NULL" for name in self.columns] + [f"{sql.quote(name)} = {sql.quote(name)}" for name in self.kept]
        for condition in self._conditions(plan, rows, part):
            sql.execute(connection, f"UPDATE {sql.quote(self.table)} SET {', '.join(new)} WHERE {condition}")

    def _conditions(self, plan: Plan, rows: Mapping[str, Rows], part: Partition) -> Iterator[str]:
        keys = rows[self.table].keys
        if self.key is not None and keys is not None:
            yield from (sql.within(self.key, (key_range,)) for key_range in keys.ranges(part))
            return
        table = plan.table(self.table)
        frame = Generation(plan, only(table, table.identity), rows).frame(part)
        yield from (condition for _, condition in by_identity(frame, self.identity))


def _by_key(frame: pl.DataFrame, key: str) -> pl.Series:
    return frame.select(pl.concat_str(pl.lit(f"{identifier(key)} = "), pl.col(key).cast(pl.String))).to_series()
