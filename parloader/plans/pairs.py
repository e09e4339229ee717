from collections.abc import Sequence
from dataclasses import dataclass

from parloader.plans.domains import Domain
from parloader.plans.generators import After, Generator
from parloader.plans.moments import DEFAULT, Moments
from parloader.plans.shape import Column


@dataclass(frozen=True, kw_only=True)
class Pair:
    """`earlier` leaves room for `later`, which is an After of it."""

    earlier: Generator
    later: After


def pairs(columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    """(earlier, later) of the columns that go together by name and kind; a column is the later one at most once."""
    raise NotImplementedError


def later(
    earlier: Column,
    later: Column,
    domain: Domain = Domain(),
    earlier_domain: Domain = Domain(),
    *,
    strict: bool = False,
    moments: Moments = DEFAULT,
) -> Pair | None:
    """Generators of both columns: the later one is never less than the earlier one (`strict`: always more). `domain` is the later one's.

    None: their kinds cannot be compared, or the domains leave no room.
    """
    raise NotImplementedError
