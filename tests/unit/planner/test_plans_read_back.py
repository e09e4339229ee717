"""A plan that inference makes is one that the plan reader takes: as a file, and from the ledger."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.small_schemas import foreign, infer, integer, primary, schema, table, unique

from parloader.errors import Refused
from parloader.inference.default_generators import enumerable_values, enumerated, generator
from parloader.inference.unique_columns import unique_generator
from parloader.plans.documents.generator_syntax import decode_generator, encode_generator
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.documents.toml_file import text_of
from parloader.plans.model import Plan
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType, Schema

GOLDEN = Path(__file__).parents[2] / "golden"


def of_bytes(size: int, *, unsigned: bool) -> ColumnSchema:
    """An integer column."""
    bits = 8 * size
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return integer("c", min_value=low, max_value=high, unsigned=unsigned, type_text=f"int{size}")


def of_kind(kind: ColumnType, **fields: object) -> ColumnSchema:
    return replace(ColumnSchema(name="c", kind=kind, type_text=str(kind)), **fields)  # type: ignore[arg-type]


INTEGERS = [of_bytes(size, unsigned=unsigned) for size, unsigned in product((1, 2, 3, 4, 8), (False, True))]

TEXT = {"charset": "utf8mb4", "collation": "utf8mb4_bin"}

COLUMNS = [
    *INTEGERS,
    *(replace(column, auto_increment=True) for column in INTEGERS),
    *(
        of_kind(ColumnType.DECIMAL, precision=digits, scale=scale)
        for digits, scale in ((1, 0), (1, 1), (10, 2), (38, 38), (65, 0), (65, 38))
    ),
    of_kind(ColumnType.DECIMAL, precision=65, scale=30, unsigned=True),
    *(of_kind(ColumnType.REAL, single=single, unsigned=unsigned) for single, unsigned in product((False, True), repeat=2)),
    *(of_kind(ColumnType.BIT, max_value=2**bits - 1) for bits in (1, 63, 64)),
    of_kind(ColumnType.YEAR, min_value=1901, max_value=2155),
    *(
        of_kind(kind, fraction_digits=digits)
        for kind in (ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP, ColumnType.TIME)
        for digits in (0, 6)
    ),
    *(of_kind(ColumnType.TEXT, length=length, fixed=fixed, **TEXT) for length, fixed in product((1, 36, 255, 2**32 - 1), (False, True))),
    *(of_kind(ColumnType.BYTES, length=length, fixed=fixed) for length, fixed in product((1, 16, 2**32 - 1), (False, True))),
    *(of_kind(kind, values=("a", "b")) for kind in (ColumnType.ENUM, ColumnType.SET)),
    *(of_kind(kind) for kind in (ColumnType.JSON, ColumnType.UUID, ColumnType.INET4, ColumnType.INET6, ColumnType.GEOMETRY)),
    of_kind(ColumnType.VECTOR, length=16_383),
]
"""Columns of every type, as large as the servers have them, and as small."""

DOMAINS = [
    *(Domain(low=bound) for bound in (1, 2**31, 2**63, -(2**63))),
    *(Domain(high=bound) for bound in (-1, 100, 2**64 - 1)),
    Domain(excluded=(0, 2**63 - 1, 2**64 - 1)),
]
"""What CHECKs of integers allow."""


def of_any_column() -> Iterator[tuple[ColumnSchema, Domain]]:
    for column in COLUMNS:
        yield from ((replace(column, name=name), Domain()) for name in ("number", "created_at", "latitude", "expires_ms"))
        if column.kind is ColumnType.INTEGER:
            yield from ((column, domain) for domain in DOMAINS)


def test_the_generators_of_any_column_are_read_back() -> None:
    for column, domain in of_any_column():
        generators = [generator(column, domain), unique_generator(column, domain)]
        if count := enumerable_values(column, domain):
            generators.append(enumerated(column, domain, 2, min(count, 3)))
        for made in generators:
            assert made is None or decode_generator(json.loads(json.dumps(encode_generator(made)))) == made, column


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A table and its parent, whose columns are of any types; any of them may be a key, and any integer AUTO_INCREMENT."""
    drawn = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4))
    columns = [replace(column, name=f"c{number}", nullable=draw(st.booleans())) for number, column in enumerate(drawn)]
    counters = [column.name for column in columns if column.auto_increment]
    columns = [replace(column, auto_increment=column.name in counters[:1]) for column in columns]
    names = [column.name for column in columns]
    own = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    columns = [replace(column, nullable=column.nullable and column.name not in (*own, *counters)) for column in columns]
    others = draw(st.lists(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(tuple), max_size=2, unique=True))
    keys = ((primary(*own),) if own else ()) + tuple(unique(*key) for key in others)
    parent = table("parent", *columns, keys=keys)
    picked = parent.column(draw(st.sampled_from([key.columns[0] for key in parent.unique_keys])))
    child = table("child", replace(picked, name="parent_c", auto_increment=False), to=(foreign("parent_c", "parent", picked.name),))
    return schema(parent, child)


@settings(max_examples=15, deadline=None)
@given(schemas(), st.sampled_from(["parent", "child"]), st.sampled_from([1, 300, 2**40]))
def test_the_plan_of_any_schema_is_read_back(live: Schema, name: str, rows: int) -> None:
    try:
        plan = infer(live, name, rows).plan
    except Refused:
        return
    require_read_back(plan)


def require_read_back(plan: Plan) -> None:
    assert decode_plan(json.loads(json.dumps(encode_plan(plan)))) == plan
    assert decode_plan(tomllib.loads(text_of(plan))) == plan


def recorded_plans() -> Iterator[tuple[str, object]]:
    """(server, schema and table; plan) for each table of tests/schemas."""
    for file in sorted(GOLDEN.glob("*/*.json")):
        for name, inferred in json.loads(file.read_text()).get("inferred", {}).items():
            if "plan" in inferred:
                yield f"{file.parent.name} {file.stem}.{name}", inferred["plan"]


def test_the_plans_of_all_schemas_are_read_back() -> None:
    plans = dict(recorded_plans())
    assert len(plans) > 300
    for document in plans.values():
        require_read_back(decode_plan(document))
