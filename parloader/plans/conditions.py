"""Conditions on the existing rows of a table: which of them a plan reuses. rows/conditions.py writes them as SQL."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from parloader.plans.generators import Scalar


class Operator(StrEnum):
    """How a column is compared. A plan file has these words."""

    IN = "in"
    NOT_IN = "not_in"
    ABOVE = "above"
    LEAST = "least"  # this value or a greater one
    BELOW = "below"
    MOST = "most"  # this value or a smaller one
    LIKE = "like"  # a pattern in which a backslash precedes a % or _ that is meant literally
    NOT_LIKE = "not_like"
    REGEXP = "regexp"
    NOT_REGEXP = "not_regexp"
    LETTERS = "letters"  # a regular expression that counts upper and lower case as different
    MIN_LENGTH = "min_length"  # characters
    MAX_LENGTH = "max_length"  # characters
    MAX_BYTES = "max_bytes"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A column compared with a constant; with a list of them for IN and NOT_IN. It is false for NULL."""

    column: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


Conditions: TypeAlias = tuple[Condition, ...]
"""Conditions, all of which a row meets."""
