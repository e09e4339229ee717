from parloader.plans.domains import Domain
from parloader.plans.generators import Unique
from parloader.plans.shape import Column


def unique(column: Column, domain: Domain = Domain(), prefix: int | None = None, name: str = "") -> Unique | None:
    """Values that differ within the first `prefix` characters, whatever the collation. None: the type or the domain has none.

    `name`: what the values are called, where it is not the column's name.
    """
    raise NotImplementedError
