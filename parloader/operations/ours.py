"""Which rows of a table are ours, as an SQL condition: ranges of keys where runs assigned them, else a temporary table of their identities."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from parloader.database import connect, sql
from parloader.database.ledger import Run
from parloader.database.sql import Connection
from parloader.loading.generate import Generation, only
from parloader.loading.writers import writer_to
from parloader.plans.partition import batches
from parloader.plans.passes import Pass

LISTED_ROWS = 10_000  # at a time


@dataclass(frozen=True)
class Ours:
    """The rows of the table `name` that the pass `of` of these runs has written."""

    name: str
    runs: list[Run] = field(default_factory=list)
    of: Pass = Pass.FIRST

    @property
    def in_order(self) -> bool:
        """Whether every run knows that its rows point at each other, and clean deletes them in an order that allows for it."""
        return all(run.plan.table(self.name).roots.rows for run in self.runs)

    @property
    def _key(self) -> str | None:
        return self.runs[0].table(self.name).key

    @property
    def _ranges(self) -> tuple[tuple[int, int], ...]:
        return tuple(r for run in self.runs for r in run.key_ranges(self.name, self.of))

    def others_are_there(self, connection: Connection) -> bool:
        """Whether there are rows of the table that are not ours."""
        if self._key is not None:
            return bool(sql.rows(connection, f"SELECT 1 FROM {sql.quote(self.name)} WHERE {sql.outside(self._key, self._ranges)} LIMIT 1"))
        made = sum(part.rows for run in self.runs for part in run.done_in(self.name, self.of))
        return bool(sql.value(connection, f"SELECT COUNT(*) FROM {sql.quote(self.name)}") > made)

    @contextmanager
    def condition(self, connection: Connection, of: str) -> Iterator[str]:
        """A condition that holds for our rows of the table that has the alias `of`, as long as the block runs."""
        if self._key is not None:
            yield sql.within(self._key, self._ranges, of=of)
            return
        listed, columns = f"parloader_ours_{of}", self.runs[0].plan.table(self.name).identity
        names = ", ".join(map(sql.quote, columns))
        sql.execute(
            connection,
            f"CREATE TEMPORARY TABLE {listed} (PRIMARY KEY ({names})) ENGINE=InnoDB SELECT {names} FROM {sql.quote(self.name)} LIMIT 0",
        )
        try:
            self._list(connection, listed, columns)
            same = " AND ".join(f"ours.{sql.quote(column)} = {of}.{sql.quote(column)}" for column in columns)
            yield f"EXISTS (SELECT 1 FROM {listed} ours WHERE {same})"
        finally:
            sql.execute(connection, f"DROP TEMPORARY TABLE {listed}")

    def _list(self, connection: Connection, into: str, columns: tuple[str, ...]) -> None:
        writer = writer_to(into, connect.facts(connection))
        for run in self.runs:
            table = run.plan.table(self.name)
            made = Generation(run.plan, only(table, table.identity), run.rows)
            for part in run.done_in(self.name, self.of):
                for batch in batches(part, lambda: LISTED_ROWS):
                    writer.write(connection, writer.render(made.frame(batch).select(columns)))
