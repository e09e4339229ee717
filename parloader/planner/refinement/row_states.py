"""What the rows of a table with a status are like in each of its states: the CHECKs' case, and which columns have a value.

The solver's rows alternate between the cases of the CHECKs: row i is of case i mod n. Here the status decides about the case instead, so
that a weighted status and all columns that depend on the same CHECKs still agree.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parloader.inference.statuses.event_times import quoted
from parloader.planner.check_cases import CheckCase
from parloader.plans.generators import Generator, Scalar, When
from parloader.plans.generators.expressions import NOTHING


def literal(value: Scalar) -> str:
    """A text or an integer in an expression."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def among(column: str, values: Collection[Scalar], all_values: Sequence[Scalar]) -> str | None:
    """The condition that the column has one of the values; None: it always has."""
    others = [value for value in all_values if value not in values]
    if not others:
        return None
    listed, word = ([v for v in all_values if v in values], "") if len(values) <= len(others) else (others, "NOT ")
    if len(listed) == 1:
        return f"{quoted(column)} {'<>' if word else '='} {literal(listed[0])}"
    return f"{quoted(column)} {word}IN ({', '.join(map(literal, listed))})"


def in_each_case(generator: Generator, cases: int) -> tuple[Generator, ...] | None:
    """The generator's parts of which row i uses number i mod `cases`. None: cases are in it in another way."""
    parts: list[Generator] = []
    rest = generator
    for number in range(cases - 1):
        if not (isinstance(rest, When) and rest.condition == f"i % {cases} = {number}"):
            break
        parts.append(rest.then)
        rest = rest.otherwise
    if parts and len(parts) < cases - 1:
        return None
    parts = [*parts, rest] if parts else [rest] * cases
    return (
        None
        if any(isinstance(g, When) and g.condition.startswith(f"i % {cases} = ") for part in parts for g in part.walk())
        else tuple(parts)
    )


def by_state(column: str, parts: Mapping[Scalar, Generator], states: Sequence[Scalar]) -> Generator:
    """The generator that uses the part of the state that the column has."""
    kinds = list(dict.fromkeys(parts[state] for state in states))
    kinds.sort(key=lambda part: part == NOTHING)
    result = kinds[-1]
    for part in reversed(kinds[:-1]):
        condition = among(column, [state for state in states if parts[state] == part], states)
        if condition is not None:
            result = When(condition=condition, then=part, otherwise=result)
    return result


@dataclass(kw_only=True)
class RowStates:
    """The states of a table's rows."""

    column: str  # the status
    states: tuple[Scalar, ...]  # its values
    cases: tuple[CheckCase, ...]  # all ways to satisfy the CHECKs
    present: dict[str, frozenset[Scalar]] = field(default_factory=dict)  # column → the states in which it has a value
    case_of: dict[Scalar, CheckCase] = field(default_factory=dict)

    def settle(self, allowed: Sequence[Collection[Scalar]]) -> bool:
        """Chooses the case of each state; what the CHECKs say about NULL comes before what is in `present`. False: a state has no case.

        `allowed`: for each case the states that it allows.
        """
        for state in self.states:
            possible = [case for case, states in zip(self.cases, allowed, strict=True) if state in states]
            if not possible:
                return False
            chosen = min(possible, key=lambda case: self._conflicts(state, case))
            self.case_of[state] = chosen
            for column in self.present:
                null = chosen.domain(column).null
                if null is not None:
                    states = self.present[column]
                    self.present[column] = states - {state} if null else states | {state}
        return True

    def _conflicts(self, state: Scalar, case: CheckCase) -> int:
        return sum(case.domain(column).null is (state in states) for column, states in self.present.items())

    def condition(self, column: str) -> str | None:
        """The condition that the column has a value; None: it always has."""
        return among(self.column, self.present[column], self.states)

    def only_present(self, column: str, generator: Generator) -> Generator:
        """The generator in the rows in which the column has a value."""
        condition = self.condition(column)
        return generator if condition is None else When(condition=condition, then=generator)


def have_all(states: Iterable[Scalar], others: Collection[Scalar]) -> bool:
    """Whether all states are among the others."""
    return all(state in others for state in states)
