"""The pools of the providers: some hundred values each, made once (scripts/pools), so that a row is the same on every machine and version."""

import json
from functools import cache, lru_cache
from importlib.resources import files

import polars as pl

from parloader.plans.geometry import KINDS, geometries, vectors
from parloader.plans.guessing import guess

__all__ = ["guess", "names", "pool"]

VECTOR = "vector"


@cache
def _texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = json.loads(files("parloader.plans").joinpath("pools.json").read_text(encoding="ascii"))
    return texts


def names() -> tuple[str, ...]:
    """Every provider."""
    return tuple(sorted((*_texts(), *KINDS, VECTOR)))


@lru_cache(maxsize=256)
def pool(name: str, length: int = 0, srid: int = 0) -> pl.Series:
    """The values of a provider: String, or Binary of geometries (with this SRID) and vectors (of `length` dimensions). KeyError: there is none.

    No text is longer than `length` characters (0: any): in the place of a longer one stands the next one that is short enough, so that
    values that go together still stand at the same place; where none is short enough, each is cut.
    """
    if name in KINDS:
        return pl.Series(geometries(name, srid), dtype=pl.Binary)
    if name == VECTOR:
        return pl.Series(vectors(length), dtype=pl.Binary)
    return pl.Series(_fitting(_texts()[name], length), dtype=pl.String)


def _fitting(values: list[str], length: int) -> list[str]:
    if not length or all(len(value) <= length for value in values):
        return values
    if not any(len(value) <= length for value in values):
        return [value[:length].rstrip() for value in values]
    fitting = []
    following = next(value for value in values if len(value) <= length)
    for value in reversed(values):
        if len(value) <= length:
            following = value
        fitting.append(following)
    return fitting[::-1]
