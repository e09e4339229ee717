from parloader.plans.domains import Domain
from parloader.plans.generators import Generator
from parloader.plans.moments import DEFAULT, Moments
from parloader.plans.shape import Column


def generator(column: Column, domain: Domain = Domain(), moments: Moments = DEFAULT) -> Generator | None:
    """Plausible values, all valid. None: the column cannot be filled by its type, or not so that the domain is kept."""
    raise NotImplementedError


def size(column: Column, domain: Domain = Domain()) -> int | None:
    """How many different values `enumerated` has at most; None: the column cannot be enumerated."""
    raise NotImplementedError


def enumerated(column: Column, domain: Domain, every: int, size: int) -> Generator:
    """Value number (i // every) mod size, another one for each number. `size`: at most what `size(column, domain)` says."""
    raise NotImplementedError
