"""Row kinds: which rows of a table its children can reference, because a CHECK or a shorter type limits the columns of a foreign key.

    CREATE TABLE car (…, kind VARCHAR(10) NOT NULL CHECK (kind = 'car'), FOREIGN KEY (id, kind) REFERENCES vehicle (id, kind));

A row of car references only vehicles of the kind 'car'. If all demands of a table's children can be met by the same rows, the table has one
kind of rows; otherwise it has several (cars and boats): row i of n kinds is of kind number i mod n.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from parloader.plans.conditions import Condition, Conditions, Operator
from parloader.plans.generators import Scalar
from parloader.schema.checks.domains import Domain, domains
from parloader.schema.checks.predicates import Constant, Matches, Predicate, together

Demand: TypeAlias = tuple[Predicate, ...]
"""Predicates on the columns of a parent, all of which its rows have to satisfy. Empty: any row will do."""


@dataclass
class RowKinds:
    """The kinds of rows that the children of each table demand. They only grow in number, or become narrower."""

    of: dict[str, list[Demand]] = field(default_factory=dict)

    def count(self, table: str) -> int:
        """How many kinds of rows the table has: 1 if its children demand nothing."""
        return max(1, len(self.of.get(table, ())))

    def demands(self, table: str) -> tuple[Demand, ...]:
        return tuple(self.of.get(table, ()))

    def conditions(self, table: str) -> tuple[Conditions, ...]:
        """For each kind the conditions on existing rows. Empty: any row will do."""
        return tuple(map(conditions, self.of.get(table, ())))

    def number(self, table: str, wanted: Demand) -> int | None:
        """Which kind of rows satisfies the demand; None: all rows do, or none."""
        return next((n for n, kind in enumerate(self.of.get(table, ())) if wanted and set(wanted) <= set(kind)), None)

    def add(self, table: str, wanted: Demand, is_possible: Callable[[Demand], bool]) -> None:
        """Adds a demand: to the first kind whose rows can satisfy it as well, else as another kind."""
        kinds = self.of.get(table, [])
        if not wanted or self.number(table, wanted) is not None:
            return
        for n, kind in enumerate(kinds):
            if is_possible(together(kind, wanted)):
                self.of[table] = [*kinds[:n], together(kind, wanted), *kinds[n + 1 :]]
                return
        self.of[table] = [*kinds, wanted]


def conditions(wanted: Demand) -> Conditions:
    """The conditions under which an existing row satisfies the demand. What they cannot express is left out."""
    return tuple(condition for column, domain in domains(wanted).items() for condition in _conditions(column, domain))


def _conditions(column: str, domain: Domain) -> list[Condition]:
    if domain.values is not None:  # already without values that the rest of the domain does not allow
        return [Condition(column=column, operator=Operator.IN, value=_scalars(domain.values))]
    ends = [
        (Operator.ABOVE if domain.low_open else Operator.LEAST, domain.low),
        (Operator.BELOW if domain.high_open else Operator.MOST, domain.high),
        (Operator.MIN_LENGTH, domain.min_length or None),
        (Operator.MAX_LENGTH, domain.max_length),
        (Operator.MAX_BYTES, domain.max_bytes),
    ]
    found = [Condition(column=column, operator=operator, value=value) for operator, value in ends if value is not None]
    if domain.excluded:
        found.append(Condition(column=column, operator=Operator.NOT_IN, value=_scalars(domain.excluded)))
    return found + [_pattern(column, matches) for matches in domain.all_patterns]


def _scalars(values: tuple[Constant, ...]) -> tuple[Scalar, ...]:
    return tuple(values)


def _pattern(column: str, matches: Matches) -> Condition:
    source = matches.source
    if source is None:
        return Condition(column=column, operator=Operator.LETTERS, value=_expression(matches))
    word = f"{'not_' if source.negated else ''}{'regexp' if source.regexp else 'like'}"
    return Condition(column=column, operator=Operator(word), value=source.pattern)


def _expression(matches: Matches) -> str:
    parts = ((letters + matches.punctuation, low, high) for letters, low, high in matches.parts)
    text = "".join(f"[{_escaped(letters)}]{{{low},{'' if high is None else high}}}" for letters, low, high in parts)
    return f"^{text}$" if matches.whole else text


def _escaped(letters: str) -> str:
    return "".join(letter if letter.isalnum() else f"\\{letter}" for letter in letters)
