"""The order in which the columns of relations get their values: the same in all cases of a table's CHECKs, so that none waits for another."""

from collections.abc import Iterable, Iterator, Sequence

from parloader.schema.checks.formulas import columns
from parloader.schema.checks.predicates import Relation


def precedence(names: Sequence[str], relations: Iterable[Relation]) -> tuple[str, ...]:
    """The names in order: what a column is computed from, before it; of two that are compared, the smaller one first; a limit before what
    it limits. Where these contradict each other, equations decide, then the order in `names`."""
    after: dict[str, set[str]] = {name: set() for name in names}  # column → all that follow it, also through others

    def put(first: str, second: str) -> None:
        if first == second or first in after[second] or not {first, second} <= after.keys():
            return
        following = {second} | after[second]
        for name, known in after.items():
            if name == first or first in known:
                known |= following

    wanted = list(relations)
    for relation in sorted(wanted, key=lambda one: (one.operator != "=", one.lone is None)):
        for first, second in _pairs(relation):
            put(first, second)
    found: list[str] = []
    while len(found) < len(names):
        waiting = [name for name in names if name not in found]
        found.append(next(name for name in waiting if not any(name in after[other] for other in waiting)))
    return tuple(found)


def _pairs(relation: Relation) -> Iterator[tuple[str, str]]:
    """(earlier, later) columns, as far as the relation suggests an order."""
    target = relation.lone if relation.operator == "=" else None
    inputs = {name for atom, _ in relation.left.terms if not isinstance(atom, str) for name in columns(atom)}
    sign = -1 if target is not None and relation.left.coefficient(target) > 0 else 1
    plain = [(atom, c * sign) for atom, c in relation.left.terms if isinstance(atom, str) and atom != target]
    for name in inputs:
        yield from ((name, other) for other, _ in plain if other not in inputs)
    if target is not None:
        yield from ((name, target) for name in (*inputs, *(atom for atom, _ in plain)))
        added, subtracted = ([atom for atom, c in plain if (c > 0) is positive] for positive in (True, False))
        first, second = (subtracted, added) if relation.times else (added, subtracted)  # of a difference of dates, the earlier one first
        yield from ((one, other) for one in first for other in second)
        return
    small, large = ([atom for atom, c in plain if (c > 0) is positive] for positive in (True, False))
    first, second = (small, large) if len(small) == len(large) == 1 else (large, small)
    yield from ((one, other) for one in first for other in second)
