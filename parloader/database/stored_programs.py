"""The text of the database's triggers, routines and views, and which tables each trigger names, directly or through the others.

Sources: MySQL manual "The INFORMATION_SCHEMA TRIGGERS Table", "… ROUTINES Table" (a routine's text is NULL without the privilege to see it)
and "… VIEWS Table"; MariaDB documentation likewise.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parloader.database import sql
from parloader.database.driver import Connection

# A quoted name, or a word with the characters of an unquoted name (MySQL manual "Schema Object Names")
NAMES = re.compile(r"`((?:[^`]|``)+)`|([0-9A-Za-z_$\u0080-\uffff]+)")

# What follows these words, up to columns, values, a query or a condition, are tables; nothing in ON DUPLICATE KEY UPDATE, FOR UPDATE and REPLACE()
TARGETS = r"\b([^(;]*?)(?=\b(?:SET|VALUES?|SELECT|WITH|WHERE)\b|[(;]|$)"

INSERTED = re.compile(rf"\b(?:INSERT|REPLACE){TARGETS}", re.IGNORECASE)

CHANGED = re.compile(rf"(?<!KEY )(?<!FOR )\b(?:UPDATE|DELETE){TARGETS}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class StoredPrograms:
    """The triggers, routines and views that the account can see."""

    triggers: Mapping[tuple[str, str], str]  # (table, trigger) → its body
    others: Mapping[str, str]  # routine or view → its text

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


def read_stored_programs(connection: Connection) -> StoredPrograms:
    """The programs of the current database."""
    triggers = (
        "SELECT event_object_table, trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    )
    routines = "SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE()"
    views = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
    return StoredPrograms(
        triggers={(table, name): body or "" for table, name, body in sql.rows(connection, triggers)},
        others={name: text or "" for name, text in (*sql.rows(connection, routines), *sql.rows(connection, views))},
    )
