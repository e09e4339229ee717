"""References: how the rows of a table belong to rows of another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from parloader.plans.model import Table
from parloader.schema.model import ForeignKey


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key of a table."""

    table: str
    key: ForeignKey
    required: bool  # none of its columns is ever NULL
    counts: bool = False  # its columns are a part of a unique key, which holds because of how they pick
    generated: bool = True  # rows of the table are generated, and the steps may choose how the foreign key picks

    @property
    def parent(self) -> str:
        return self.key.parent

    @property
    def column(self) -> str:
        """The column that stands for the foreign key."""
        return self.key.columns[0]

    @property
    def referenced(self) -> Mapping[str, str]:
        """Column of the table → the parent's column that it holds."""
        return dict(zip(self.key.columns, self.key.referenced, strict=True))

    @property
    def role(self) -> str:
        """What the parent is for the row, by the name of the column: `user` for user_id."""
        name = self.key.columns[-1]
        return name.removesuffix("_id") if name != "_id" else name


Path: TypeAlias = tuple[Reference, ...]
"""References from a table up to an ancestor: each is one of the parent of the one before it."""


@dataclass(frozen=True)
class UnfinishedPlan:
    """The tables of a plan that is being made."""

    tables: tuple[Table, ...]
