"""Pools of values for the generator Provider: texts, geometries and vectors.

Geometries and vectors are encoded as both servers store them. A geometry is its SRID (4 bytes, little-endian) and its WKB (OGC Simple
Features 06-103r4, section 8.2; little-endian): both manuals, "Internal Geometry Storage Format". A vector is its float32 numbers, little-endian.
"""

import json
import struct
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import TypeAlias

import polars as pl

from parloader.generation.hashing import draw_number, stream

Point: TypeAlias = tuple[float, float]

GEOMETRIES = 100  # per kind

# Valid as latitude and as longitude, whichever comes first
FARTHEST = 80

# The corners of a polygon around its center, counter-clockwise (as the standard orders exterior rings)
CORNERS = ((-1, -1), (1, -1), (2, 0), (1, 1), (-1, 1))

VECTORS = 64  # per number of dimensions


def _coordinate(number: int, purpose: str) -> float:
    """-70 … 70 in steps of 1/64, which are exact in double and single precision. (Polygons reach a little farther.)"""
    return (draw_number(number, stream(0, "pools", "geometry", purpose)) % (2 * 70 * 64 + 1)) / 64 - 70


def _point(number: int) -> Point:
    return _coordinate(number, "x"), _coordinate(number, "y")


def _wkb(kind: int, body: bytes) -> bytes:
    return struct.pack("<BI", 1, kind) + body


def _points(points: Sequence[Point]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<dd", *point) for point in points)


def _several(kind: int, parts: Sequence[bytes]) -> bytes:
    return _wkb(kind, struct.pack("<I", len(parts)) + b"".join(parts))


def point(number: int) -> bytes:
    return _wkb(1, struct.pack("<dd", *_point(number)))


def linestring(number: int) -> bytes:
    x, y = _point(number)
    return _wkb(2, _points([(x + k, y + k % 2 / 2) for k in range(2 + number % 4)]))


def polygon(number: int) -> bytes:
    x, y = _point(number)
    ring = [(x + dx, y + dy) for dx, dy in (*CORNERS, CORNERS[0])]
    return _wkb(3, struct.pack("<I", 1) + _points(ring))


def _multi(kind: int, part: Callable[[int], bytes], number: int) -> bytes:
    """Two geometries of a kind. Their numbers are far apart, so that polygons do not overlap (see the tests)."""
    return _several(kind, [part(number), part(number + GEOMETRIES)])


def _collection(number: int) -> bytes:
    return _several(7, [point(number), linestring(number)])


def _any(number: int) -> bytes:
    return (point, linestring, polygon)[number % 3](number)


KINDS: dict[str, Callable[[int], bytes]] = {
    "point": point,
    "linestring": linestring,
    "polygon": polygon,
    "multipoint": partial(_multi, 4, point),
    "multilinestring": partial(_multi, 5, linestring),
    "multipolygon": partial(_multi, 6, polygon),
    "geometrycollection": _collection,
    "geometry": _any,
}


def geometries(kind: str, srid: int) -> list[bytes]:
    """All geometries of the kind, with this SRID."""
    return [struct.pack("<I", srid) + KINDS[kind](number) for number in range(GEOMETRIES)]


def vectors(dimensions: int) -> list[bytes]:
    """Vectors with this number of dimensions, each -1 … 1 in steps of 1/128."""

    def vector(number: int) -> bytes:
        constant = stream(0, "pools", "vector", str(number))
        return struct.pack(f"<{dimensions}f", *(draw_number(k, constant) % 257 / 128 - 1 for k in range(dimensions)))

    return [vector(number) for number in range(VECTORS)]


VECTOR = "vector"


@cache
def _texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = json.loads(files("parloader.generation").joinpath("pools.json").read_text(encoding="ascii"))
    return texts


@lru_cache(maxsize=256)
def pool(name: str, length: int = 0, srid: int = 0) -> pl.Series:
    """The values of a provider: String, or Binary for geometries (with this SRID) and vectors (`length` dimensions).

    `length` is the maximum number of characters (0: any). A longer text is replaced by the next one that fits, so that values that belong
    together keep their position. If none fits, all are truncated.
    """
    if name in KINDS:
        return pl.Series(geometries(name, srid), dtype=pl.Binary)
    if name == VECTOR:
        return pl.Series(vectors(length), dtype=pl.Binary)
    return pl.Series(fitting(_texts()[name], length), dtype=pl.String)


def fitting(values: list[str], length: int) -> list[str]:
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
