"""How the columns of a table are numbered so that all of its unique keys hold: the result of unique_keys.py."""

from dataclasses import dataclass, field

from parloader.plans.generators import Unique
from parloader.schema.model import UniqueKey


@dataclass(frozen=True, kw_only=True)
class MixedRadixDigit:
    """Row i has the digit (i // every) mod size, where the modulus may also be larger than `size`."""

    every: int
    size: int

    @property
    def period(self) -> int:
        return self.every * self.size


@dataclass
class UniquenessLayout:
    """How the columns and foreign keys of a table are numbered so that all of its unique keys hold."""

    unique: dict[str, Unique] = field(default_factory=dict)  # columns with a different value in each row
    unique_by_case: dict[str, tuple[Unique, ...]] = field(
        default_factory=dict
    )  # the same, if the cases of the CHECKs allow different values
    period_ends: dict[str, str] = field(default_factory=dict)  # start of a period → its end, one unit later and among `unique`
    column_digits: dict[str, MixedRadixDigit] = field(default_factory=dict)  # columns that count as a part of a key
    group_digits: dict[str, MixedRadixDigit] = field(default_factory=dict)  # foreign key groups, by name, that do
    null_from: dict[str, int] = field(default_factory=dict)  # column → the first row in which it is NULL, as in all later ones
    only_new: set[str] = field(default_factory=set)  # parents whose existing rows must not be used
    distinct_in_parent: set[tuple[str, str]] = field(default_factory=set)  # (parent, column): all rows of the parent must differ in it
    required_by: dict[str, str] = field(default_factory=dict)  # column or group with a digit → the unique key that needs it
    doubtful: list[UniqueKey] = field(default_factory=list)  # keys that may or may not hold: a guess, which a sample tests
    identity: tuple[str, ...] = ()  # of a table without a key: the columns by which its rows are told apart

    def is_distinct(self, column: str) -> bool:
        """Whether the column has a different value in each row."""
        return column in self.unique or column in self.unique_by_case

    def make_distinct(self, column: str, by_case: tuple[Unique, ...]) -> None:
        """Gives the column these values, a generator for each case of the CHECKs."""
        if len(set(by_case)) == 1:
            self.unique[column] = by_case[0]
        else:
            self.unique_by_case[column] = by_case
