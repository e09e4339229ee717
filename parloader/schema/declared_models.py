"""The tables that an application's models declare, as values."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DeclaredTable:
    """A table as the models name it."""

    name: str
    database: str | None = None  # None: the one connected to

    def __str__(self) -> str:
        return f"{self.database}.{self.name}" if self.database else self.name


@dataclass(frozen=True, kw_only=True)
class Models:
    """The models of an application."""

    source: str  # package.module:NAME, or a text in <> if a program gave the models themselves
    tables: tuple[DeclaredTable, ...]

    @property
    def digest(self) -> str:
        """The same for the same tables, in any order."""
        return hashlib.sha256(json.dumps(sorted(map(str, self.tables))).encode()).hexdigest()[:12]
