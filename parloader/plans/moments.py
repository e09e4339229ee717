"""The time that moments are spread over."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Moments:
    """`span_seconds` from `start` (ISO, UTC) on."""

    start: str = "2024-01-01T00:00:00Z"
    span_seconds: int = 365 * 86_400


DEFAULT = Moments()
