"""What fills a column, by its type, its name and what CHECKs allow. All that is asked of it by inference is importable from here."""

from parloader.plans.column_values import enumerated, generator, size
from parloader.plans.domains import Domain
from parloader.plans.moments import DEFAULT, Moments
from parloader.plans.pairs import Pair, later, pairs
from parloader.plans.unique_values import unique

__all__ = ["DEFAULT", "Domain", "Moments", "Pair", "enumerated", "generator", "later", "pairs", "size", "unique"]
