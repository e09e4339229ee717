"""The text of a database's triggers, routines and views, and which tables each trigger names, directly or through the others.

Sources: MySQL manual "The INFORMATION_SCHEMA TRIGGERS Table", "… ROUTINES Table" (a routine's text is NULL without the privilege to see it)
and "… VIEWS Table"; MariaDB documentation likewise.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.introspection import list_tables
from parloader.schema.table_names import database_of, split

# A quoted name, or a word with the characters of an unquoted name (MySQL manual "Schema Object Names")
NAMES = re.compile(r"`((?:[^`]|``)+)`|([0-9A-Za-z_$\u0080-\uffff]+)")

# What follows these words, up to columns, values, a query or a condition, are tables; nothing in ON DUPLICATE KEY UPDATE, FOR UPDATE and REPLACE()
TARGETS = r"\b([^(;]*?)(?=\b(?:SET|VALUES?|SELECT|WITH|WHERE)\b|[(;]|$)"

INSERTED = re.compile(rf"\b(?:INSERT|REPLACE){TARGETS}", re.IGNORECASE)

FIRING = {
    "INSERT": INSERTED,
    "UPDATE": re.compile(rf"(?<!KEY )(?<!FOR )\bUPDATE{TARGETS}", re.IGNORECASE),
    "DELETE": re.compile(rf"\bDELETE{TARGETS}", re.IGNORECASE),
}
"""Event → the statements whose targets' triggers for it run."""

# A comment, except the code in one that only some versions run (/*!50003 … */, /*M! … */), and a text: with a blank, also in
# double quotes, which may otherwise contain a name (ANSI_QUOTES)
NO_CODE = re.compile(r"""/\*(?!M?!).*?\*/|#[^\n]*|--(?=\s|$)[^\n]*|'(?:[^'\\]|''|\\.)*'|"[^"]*\s[^"]*"|(?P<quoted>`[^`]*`)""", re.DOTALL)

QUOTED_OR_WORD = r"(?:`(?:[^`]|``)+`|[0-9A-Za-z_$\u0080-\uffff]+)"

# A name with what qualifies it: a table, or database.table
QUALIFIED = re.compile(rf"{QUOTED_OR_WORD}(?:\s*\.\s*{QUOTED_OR_WORD})*")

CHANGED = re.compile(rf"(?<!KEY )(?<!FOR )\b(?:UPDATE|DELETE){TARGETS}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class StoredPrograms:
    """The triggers, routines and views that the account can see."""

    triggers: Mapping[tuple[str, str], str]  # (table, trigger) → its body
    others: Mapping[str, str]  # routine or view → its text
    events: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (table, trigger) → INSERT, UPDATE or DELETE
    database: str = ""

    def tables_named(self, table: str, trigger: str, tables: Iterable[str]) -> frozenset[str]:
        """Those of the tables that the trigger may write: their names occur in its body, or in what it calls or fires.

        The names are compared without regard to case. Some of these tables may only be read.
        """
        named = {name for text in self._reached(table, trigger) for name in _names(text)}
        return frozenset(name for name in tables if name.lower() in named)

    def tables_written(self, table: str, trigger: str, tables: Iterable[str], *, by: Sequence[re.Pattern[str]]) -> frozenset[str]:
        """Those of the tables that a statement in one of these texts writes, directly or through a view. `by`: INSERTED, CHANGED or both."""
        targets = [target for text in self._reached(table, trigger) for pattern in by for target in pattern.findall(text)]
        written = {name for target in targets for name in _names(target)}
        views = [text for name, text in self.others.items() if name.lower() in written]
        written.update(*map(_names, views))
        return frozenset(name for name in tables if name.lower() in written)

    def tables_inserted(self, table: str, trigger: str, tables: Iterable[str]) -> frozenset[str]:
        """Those of the tables into which the trigger inserts, itself, by a routine, or by a trigger that one of these statements fires.

        Other than in `tables_written`, a table does not count in doubt: one of another database, one behind a view of several tables.
        """
        known = {name.lower(): name for name in tables}
        others = {name.lower(): text for name, text in self.others.items()}
        found: set[str] = set()
        seen: set[object] = set()
        pending = [self.triggers.get((table, trigger), "")]
        while pending:
            code = NO_CODE.sub(lambda match: match["quoted"] or " ", pending.pop())
            targets = {event: self._local_names(" ; ".join(pattern.findall(code))) for event, pattern in FIRING.items()}
            for name in targets["INSERT"]:
                behind = _names(others.get(name, "")) & known.keys()
                found |= behind if len(behind) == 1 else {name}
            reached: dict[object, str] = {name: others[name] for name in self._local_names(code) if name in others}
            for key, body in self.triggers.items():
                if key[0].lower() in targets[self.events[key]]:
                    reached[key] = body
            pending += [text for key, text in reached.items() if key not in seen]
            seen |= reached.keys()
        return frozenset(known[name] for name in found & known.keys())

    def _local_names(self, code: str) -> set[str]:
        """The names in the code that may be tables or routines of this database, in lower case."""
        parts = ([(quoted.replace("``", "`") or word).lower() for quoted, word in NAMES.findall(name)] for name in QUALIFIED.findall(code))
        return {part[-1] for part in parts if len(part) == 1 or part[:-1] == [self.database.lower()]}

    def _reached(self, table: str, trigger: str) -> Iterator[str]:
        """The trigger's body, and the texts of what it names: routines, views, and triggers of tables."""
        others = {name.lower(): text for name, text in self.others.items()}
        seen: set[str] = set()
        pending = [self.triggers.get((table, trigger), "")]
        while pending:
            text = pending.pop()
            yield text
            for word in _names(text) - seen:
                seen.add(word)
                pending += [others[word]] if word in others else []
                pending += [body for (fired_by, _), body in self.triggers.items() if fired_by.lower() == word]


def _names(text: str) -> set[str]:
    return {(quoted.replace("``", "`") or word).lower() for quoted, word in NAMES.findall(text)}


@dataclass(frozen=True, kw_only=True)
class ProgramsOfTables:
    """The stored programs of the databases that have some tables. A trigger's names are looked up in the trigger's own database only."""

    by_database: Mapping[str | None, StoredPrograms]
    tables: Collection[str]  # all of these databases, and of the current one

    def tables_named(self, table: str, trigger: str, tables: Iterable[str]) -> frozenset[str]:
        """See StoredPrograms."""
        programs, own, local = self._of(table, tables)
        return _with_database(programs.tables_named(own, trigger, local), local)

    def tables_written(self, table: str, trigger: str, tables: Iterable[str], *, by: Sequence[re.Pattern[str]]) -> frozenset[str]:
        """See StoredPrograms."""
        programs, own, local = self._of(table, tables)
        return _with_database(programs.tables_written(own, trigger, local, by=by), local)

    def tables_inserted(self, table: str, trigger: str, tables: Iterable[str]) -> frozenset[str]:
        """See StoredPrograms."""
        programs, own, local = self._of(table, tables)
        return _with_database(programs.tables_inserted(own, trigger, local), local)

    def _of(self, table: str, tables: Iterable[str]) -> tuple[StoredPrograms, str, dict[str, str]]:
        """The programs of the table's database, its name there, and those of the tables that are there as well, by their names there."""
        database, own = split(table)
        return self.by_database[database], own, {split(name)[1]: name for name in tables if database_of(name) == database}


def _with_database(found: Iterable[str], local: Mapping[str, str]) -> frozenset[str]:
    return frozenset(local[name] for name in found)


def read_programs(connection: Connection, tables: Iterable[str]) -> ProgramsOfTables:
    """The programs of the databases that have these tables."""
    databases = dict.fromkeys(map(database_of, tables))
    return ProgramsOfTables(
        by_database={database: _read_stored_programs(connection, database) for database in databases},
        tables=[name for database in {None: None, **databases} for name in list_tables(connection, database).tables],
    )


def _read_stored_programs(connection: Connection, database: str | None) -> StoredPrograms:
    """The programs of a database (None: the current one)."""
    schema, of = ("DATABASE()", ()) if database is None else ("%s", (database,))
    triggers = f"SELECT event_object_table, trigger_name, action_statement, event_manipulation, trigger_schema FROM information_schema.triggers WHERE trigger_schema = {schema}"
    routines = f"SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = {schema}"
    views = f"SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = {schema}"
    listed = sql.rows(connection, triggers, *of)
    return StoredPrograms(
        triggers={(table, name): body or "" for table, name, body, _, _ in listed},
        events={(table, name): event for table, name, _, event, _ in listed},
        database=listed[0][-1] if listed else "",
        others={name: text or "" for name, text in (*sql.rows(connection, routines, *of), *sql.rows(connection, views, *of))},
    )
