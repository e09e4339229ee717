"""Brings a database back to its mark: finds what may have changed, compares it, and takes back what has."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from parloader.database import error_codes, introspection, sql
from parloader.database.driver import Connection, DriverError
from parloader.database.pristine import definitions, evidence, mark, rows
from parloader.database.pristine.evidence import Evidence, Suspects
from parloader.database.pristine.helpers import Helpers
from parloader.database.pristine.mark import Mark
from parloader.database.pristine.rows import Differences
from parloader.database.session import foreign_key_checks_off
from parloader.database.target import Target
from parloader.errors import Refused

# From so many rows on, several tables are compared at the same time: less time than a connection takes
MANY_ROWS = 5000


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What a reset has found and done. Tables by name."""

    known: bool  # whether it was known which tables may have changed; if not, all were compared
    compared: tuple[str, ...]  # tables whose rows were compared
    rows: dict[str, int] = field(default_factory=dict)  # table → rows that were changed, added or deleted, and are as they were
    counters: tuple[str, ...] = ()  # tables whose AUTO_INCREMENT was set back
    rebuilt: tuple[str, ...] = ()  # tables that were dropped and created again, with the rows of their copies
    dropped: tuple[str, ...] = ()  # tables that the mark does not have
    programs: tuple[str, ...] = ()  # views, triggers, routines and events that were created again or dropped, as "view names"


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What has changed."""

    rows: dict[str, Differences]
    rebuilt: frozenset[str]
    dropped: frozenset[str]
    programs: bool  # whether views, triggers, routines or events may have changed, or triggers would fire
    counters: tuple[str, ...]
    nothing: bool  # nothing was suspected: the evidence is as it was

    @property
    def definitions(self) -> bool:
        """Whether statements are needed that cannot be rolled back."""
        return bool(self.rebuilt or self.dropped or self.programs)


def take_back(connection: Connection, target: Target, to: Mark) -> TakenBack:
    """Brings the connection's database back to the mark. Nobody else may write to it meanwhile. Raises Refused and the driver's errors.

    Rows alone are brought back in one transaction. Everything else commits in between: if that is interrupted, the next reset compares all.
    """
    mark.be_lenient(connection)
    if not to.known:
        evidence.keep(connection)  # a restart has set it back
    now = evidence.read(connection)
    suspects = evidence.suspects(to.evidence, now) if to.known else evidence.everything(to.evidence, now)
    with Helpers(connection, target) as helpers:
        found, compared = _compare(helpers, to, now, suspects)
    with foreign_key_checks_off(connection):
        taken = _rows_alone(connection, to, found, now) if to.known and not found.definitions else None
        if taken is None:
            taken = _everything(connection, to, found, now)
    return replace(taken, known=to.known, compared=compared)


def _compare(helpers: Helpers, to: Mark, now: Evidence, suspects: Suspects) -> tuple[_Found, tuple[str, ...]]:
    """Looks at what is suspected; returns what has changed, and the tables whose rows were compared."""
    connection = helpers.connection
    here = to.tables.keys() & now.tables.keys()
    redefined = _redefined(connection, to, suspects.definitions & here)
    if redefined:  # the server changes the definitions of tables that reference a renamed table or column, and notes nothing
        redefined = _redefined(connection, to, here)
    rebuilt = frozenset(redefined | (to.tables.keys() - now.tables.keys()))
    compared = tuple(sorted(((suspects.rows | to.again) & here) - rebuilt))
    if sum(to.tables[name].rows for name in compared) >= MANY_ROWS:
        helpers.open()
    parts = [(name, part) for name in compared for part in rows.parts(to.tables[name])]
    found_parts = helpers.each(parts, lambda connection, each: rows.compare(connection, to, to.tables[each[0]], each[1]))
    found_rows: dict[str, list[tuple[int, int]]] = {name: [] for name in compared}
    for (name, _), of_part in zip(parts, found_parts, strict=True):
        found_rows[name] += of_part
    differences = helpers.each(compared, lambda connection, name: rows.differences(connection, to, to.tables[name], found_rows[name]))
    differing = {name: differs for name, differs in zip(compared, differences, strict=True) if differs}
    for name in (*rebuilt, *differing):
        if name in to.tables and to.tables[name].versioned:
            raise Refused(
                f"{name} was changed, and it is system-versioned: its earlier rows cannot be brought back",
                "Restore a snapshot: parloader snapshot restore NAME",
            )
    found = _Found(
        rows=differing,
        rebuilt=rebuilt,
        dropped=frozenset(now.tables.keys() - to.tables.keys()),
        programs=definitions.programs(connection) != to.programs or bool(rebuilt) or _firing(to, differing),
        counters=_moved_counters(connection, to, to.tables.keys() - rebuilt, now),
        nothing=not (compared or redefined),
    )
    return found, compared


def _redefined(connection: Connection, to: Mark, names: Collection[str]) -> set[str]:
    """Which of the tables have another definition."""
    return {name for name in names if introspection.definition(connection, name) != to.tables[name].definition}


def _moved_counters(connection: Connection, to: Mark, names: Collection[str], now: Evidence) -> tuple[str, ...]:
    """Which of the tables have another AUTO_INCREMENT. All of them were opened since the server started: until then MySQL shows an earlier one."""
    seen = {name: now.tables[name].counter for name in names} if to.known else evidence.counters(connection)
    wanted = {name: counter for name in names if (counter := to.tables[name].counter) is not None}
    return tuple(sorted(name for name, counter in wanted.items() if (seen.get(name) or 1) != counter))


def _firing(to: Mark, tables: Collection[str]) -> bool:
    """Whether one of the tables has a trigger that would run if its rows were deleted or inserted."""
    return any(p.table in tables and p.event in ("INSERT", "DELETE") for p in to.programs)


def _rows_alone(connection: Connection, to: Mark, found: _Found, now: Evidence) -> TakenBack | None:
    """Takes back rows and counters; None: nothing was done, because a table does not take its rows."""
    if not found.nothing and not _in_one_transaction(connection, to, found, now):
        return None
    _set_counters(connection, to, found.counters)
    return TakenBack(known=True, compared=(), rows=_numbers(found), counters=found.counters)


def _in_one_transaction(connection: Connection, to: Mark, found: _Found, now: Evidence | None) -> bool:
    """Brings the rows of all tables back, and saves the evidence, if any; False: rolled back, because one of them does not take its rows."""
    connection.begin()
    try:
        for name, differences in found.rows.items():
            if not rows.restore(connection, to, to.tables[name], differences):
                error_codes.rollback(connection)
                return False
        if now:
            mark.save_evidence(connection, to, now, found.rows)
        connection.commit()
    except BaseException as error:
        error_codes.rollback(connection)
        if isinstance(error, DriverError) and error_codes.is_about_values(error):
            return False
        raise
    return True


def _everything(connection: Connection, to: Mark, found: _Found, now: Evidence) -> TakenBack:
    """Takes back rows, counters, tables and programs."""
    mark.distrust_evidence(connection, to)
    existing = definitions.programs(connection)
    triggers = [p for p in existing if p.kind == "TRIGGER" and p.table in found.rows]
    definitions.drop(connection, triggers)
    definitions.drop(connection, [p for p in existing if p.kind == "VIEW" and p.name in found.rebuilt])  # it has taken a table's name
    rebuilt = set(found.rebuilt)
    if found.rows and not _in_one_transaction(connection, to, found, None):
        rebuilt |= found.rows.keys()
    _drop(connection, found.dropped | rebuilt)
    for name in sorted(rebuilt):
        connection.query(to.tables[name].definition)
        rows.fill(connection, to, to.tables[name])
    _set_counters(connection, to, {*found.counters, *rebuilt})
    programs = definitions.restore_programs(connection, to.programs)
    own = {f"trigger {trigger.name}" for trigger in triggers if trigger in to.programs}
    left = {name: table for name, table in now.tables.items() if name not in found.dropped}
    mark.trust_evidence(connection, to, replace(now, tables=left), found.rows.keys() | rebuilt)
    return TakenBack(
        known=True,
        compared=(),
        rows={name: number for name, number in _numbers(found).items() if name not in rebuilt},
        counters=found.counters,
        rebuilt=tuple(sorted(rebuilt)),
        dropped=tuple(sorted(found.dropped)),
        programs=tuple(program for program in programs if program not in own),
    )


def _numbers(found: _Found) -> dict[str, int]:
    return {name: max(differences.deleted, differences.inserted) for name, differences in found.rows.items()}


def _set_counters(connection: Connection, to: Mark, tables: Collection[str]) -> None:
    """One after the other: MySQL reports a deadlock if two tables of one foreign key are altered at the same time."""
    for name in sorted(tables):
        if (counter := to.tables[name].counter) is not None:
            sql.execute(connection, f"ALTER TABLE {sql.quote_table(name)} AUTO_INCREMENT = %s", counter)


def _drop(connection: Connection, tables: Collection[str]) -> None:
    if tables:
        sql.execute(connection, f"DROP TABLE IF EXISTS {', '.join(sql.quote_table(name) for name in sorted(tables))}")
