"""Hypothesis strategies: valid plans of every kind."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.plans import generators, templates
from parloader.plans.generators.times import HOURS, MONTHS, WEEKDAYS
from parloader.plans.locales import LOCALES
from parloader.plans.model import BELIEVABLE, Count, ExactlyOne, Plan, SameThrough, Table

texts = st.text(max_size=12)

names = st.text(min_size=1, max_size=8) | st.sampled_from(["id", "orders", "a.b", 'a"b', "é", "a b", "#", "plan", "const"])

whole = st.integers(-(2**63), 2**63 - 1)

positive = st.integers(1, 2**63 - 1)

any_whole = st.integers(1 - 10**65, 10**65 - 1)

exponents = st.floats(0, 100).map(abs)

finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)

not_negative = st.floats(0, allow_infinity=False).map(abs)

means = st.floats(0, 10.0**9).map(abs)
"""With nine digits after the point, they fit 64 bits."""

scalars = st.none() | st.booleans() | any_whole | finite | texts | st.binary(max_size=8)

several = st.lists(scalars, min_size=1, max_size=4).map(tuple)

options: dict[str, st.SearchStrategy[Any]] = {"null_share": st.just(0.0) | st.floats(0, 1).map(abs)}


def in_order(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(values, values).map(lambda two: (min(two), max(two)))


def built(kind: type[generators.Generator], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[generators.Generator]:
    return st.builds(kind, **fields, **options)


def bounded(
    kind: type[generators.Generator], low: str, high: str, values: st.SearchStrategy[Any], **fields: Any
) -> st.SearchStrategy[generators.Generator]:
    """With two fields, the first not greater than the second."""
    return st.builds(
        lambda two, rest: kind(**{low: two[0], high: two[1]}, **rest), in_order(values), st.fixed_dictionaries(fields | options)
    )


def weighted(values: tuple[generators.Scalar, ...]) -> st.SearchStrategy[generators.Generator]:
    size = len(values)
    weights = st.lists(st.integers(0, 2**60), min_size=size, max_size=size).filter(any).map(tuple)
    return built(generators.Choice, values=st.just(values), weights=st.just(()) | weights)


def histograms(edges: list[int | str]) -> st.SearchStrategy[generators.Generator]:
    size = len(edges) - 1
    weights = st.lists(st.integers(0, 2**60), min_size=size, max_size=size).filter(any).map(tuple)
    return built(
        generators.Histogram, edges=st.just(tuple(sorted(edges, key=Decimal))), weights=st.just(()) | weights, scale=st.integers(0, 38)
    )


decimals = st.decimals(-(10**6), 10**6, places=2)

timestamps = st.datetimes().map(lambda timestamp: timestamp.replace(microsecond=0))

timestamps_to_the_millisecond = st.datetimes(max_value=datetime(5000, 1, 1)).map(
    lambda timestamp: timestamp.replace(microsecond=timestamp.microsecond // 1000 * 1000)
)


def is_template(text: str) -> bool:
    try:
        templates.fields(text)
    except UsageError:
        return False
    return True


lengths = st.integers(0, 2**32 - 1)

uniform = st.one_of(
    bounded(generators.Uniform, "low", "high", any_whole),
    st.tuples(in_order(decimals), options["null_share"]).map(
        lambda v: generators.Uniform(low=f"{v[0][0]:f}", high=f"{v[0][1]:f}", null_share=v[1])
    ),
    in_order(st.dates()).map(lambda two: generators.Uniform(low=two[0].isoformat(), high=two[1].isoformat())),
    in_order(timestamps).map(lambda two: generators.Uniform(low=two[0].isoformat(), high=f"{two[1].isoformat()}Z")),
)

unique = st.builds(
    lambda form, two, rest, values: generators.Unique(form=form, low=two[0], high=two[1], values=values, **rest),
    st.sampled_from([form for form in generators.UniqueKind if form not in {generators.UniqueKind.BYTES, *generators.SCATTERED}]),
    in_order(any_whole),
    st.fixed_dictionaries({"scale": st.integers(0, 38), "length": lengths, "prefix": texts, "suffix": texts} | options),
    several,
) | built(generators.Unique, form=st.just(generators.UniqueKind.BYTES), length=lengths, prefix=st.binary(max_size=4).map(bytes.hex))

locales = st.none() | st.sampled_from(LOCALES) | st.lists(st.sampled_from(LOCALES), min_size=1, max_size=3).map(tuple)

scattered = st.one_of(
    built(
        generators.Unique,
        form=st.sampled_from(["email", "username", "name", "company"]).map(generators.UniqueKind),
        length=lengths,
        locale=locales,
        group=st.none() | names,
    ),
    built(generators.Unique, form=st.just(generators.UniqueKind.SLUG), of=st.sampled_from(["product", "title"]), locale=locales),
    built(generators.Unique, form=st.just(generators.UniqueKind.CODE), pattern=st.sampled_from(["???-#####", "ean13", "%&&"])),
    built(generators.Code, pattern=st.sampled_from(["SKU-#####", "iban_de"]), group=st.none() | names),
    built(generators.Slug, column=names, length=lengths),
    built(
        generators.Provider,
        name=st.sampled_from(generators.COUNTED),
        length=lengths,
        group=st.none() | names,
        locale=locales,
        count=st.none() | st.just(generators.Uniform(low=1, high=5)),
    ),
)

simple = st.one_of(
    scattered,
    built(generators.Const, value=scalars),
    built(generators.Cycle, values=several, every=positive),
    several.flatmap(weighted),
    uniform,
    built(generators.Normal, mean=finite, deviation=not_negative, scale=st.integers(0, 38)),
    bounded(generators.Normal, "low", "high", st.integers(-(10**15), 10**15).map(float), mean=finite, deviation=not_negative),
    built(generators.Zipf, count=positive, exponent=exponents),
    built(generators.Lognormal, median=means, sigma=not_negative, scale=st.integers(0, 9), low=st.none() | exponents),
    built(generators.Exponential, mean=means, scale=st.integers(0, 9), high=st.none() | st.just(10.0**6)),
    built(generators.Gamma, mean=means, shape=st.sampled_from([0.05, 1.0, 2.5]), scale=st.integers(0, 9), low=st.none() | exponents),
    built(generators.Pareto, least=exponents.map(lambda number: number + 0.01), exponent=exponents.map(lambda number: number + 0.01)),
    built(generators.Poisson, mean=exponents, low=st.none() | st.just(0), high=st.none() | st.just(10)),
    built(generators.Geometric, mean=means, low=st.none() | st.just(0), high=st.none() | st.just(10)),
    st.lists(any_whole | decimals.map(str), min_size=2, max_size=4, unique_by=Decimal).flatmap(histograms),
    built(
        generators.Timeline,
        start=timestamps_to_the_millisecond.map(datetime.isoformat) | st.just("2024-01-01T00:00:00Z"),
        span_seconds=st.integers(3 * 86_400, 9 * 86_400),
        growth=st.sampled_from([1.0, 2.5, 0.1]),
        hours=st.sampled_from([(), *HOURS.values(), tuple(range(1, 25))]),
        weekdays=st.sampled_from([(), *WEEKDAYS.values()]).filter(all),
        months=st.sampled_from([(), *MONTHS.values()]),
        ordered=st.booleans(),
        offset_seconds=st.integers(-18 * 60, 18 * 60).map(lambda minutes: minutes * 60),
        unit=st.sampled_from(["s", "ms", "d"]),
        not_before=st.lists(names, max_size=2).map(tuple),
    ),
    built(
        generators.Timeline,
        start=st.just("2024-01-01"),
        span_seconds=st.just(86_400),
        not_before=st.just(("a",)),
        within_seconds=st.integers(0, 10**6),
    ),
    built(generators.Sequence, start=any_whole, step=whole, every=positive, count=st.none() | positive),
    built(
        generators.Spread,
        start=timestamps_to_the_millisecond.map(datetime.isoformat) | st.just("2024-01-01T00:00:00Z"),
        span_seconds=st.integers(0, 10**11) | st.sampled_from([0, 1, 60, 3600, 86_400, 604_800]),
        unit=st.sampled_from(["s", "ms", "d"]),
    ),
    built(
        generators.Pick,
        parent=st.sampled_from(["elsewhere", "a.b", "x y"]),
        column=names,
        distribution=st.sampled_from(generators.Distribution),
        every=positive,
        exponent=exponents,
        index=st.none() | names,
        group=st.none() | names,
    ),
    unique,
    built(generators.Provider, name=st.sampled_from(generators.PROVIDERS), length=lengths, srid=lengths, group=st.none() | names),
    built(generators.Random, form=st.sampled_from(["letters", "hex", "uuid"]), length=lengths, least=st.none()),
    built(generators.Random, form=st.just("bits"), length=st.integers(1, 64)),
    bounded(generators.Random, "least", "length", lengths, form=st.just("digits")),
    built(generators.Template, text=texts.filter(is_template) | st.just("{i:06}-{name}")),
    built(generators.Expr, sql=names),
    bounded(generators.After, "least", "most", whole, column=names),
    built(generators.After, column=names, least=st.sampled_from(["1h", "90m"]), most=st.sampled_from(["1h30m", "2w"])),
    built(generators.After, column=names, least=st.sampled_from([0, "1h"]), within_seconds=st.integers(3600, 10**8)),
    built(generators.Normal, mean=st.dates().map(str), deviation=st.sampled_from(["0s", "400d"]), high=st.none() | st.just("9999-12-31")),
)

any_generator = st.recursive(
    simple,
    lambda inner: built(generators.When, condition=names, then=inner, otherwise=inner | st.just(generators.Const(value=None))),
    max_leaves=4,
)


families = st.fixed_dictionaries(
    {
        "a child": st.builds(
            generators.ChildOf,
            parent=st.just("elsewhere"),
            column=names,
            count=built(generators.Poisson, mean=st.integers(0, 9).map(float)) | built(generators.Expr, sql=names),
            group=st.none() | names,
        )
    },
    optional={
        "_number": built(generators.NumberIn, column=st.just("a child"), start=whole),
        "_sum": built(generators.Aggregate, function=st.sampled_from(generators.AggregateFunction), child=st.just("x y"), column=names),
        "_share": built(generators.ShareOf, parent=st.just("elsewhere"), column=names),
    },
)
"""Columns of a table whose rows are children."""


@st.composite
def tables(draw: st.DrawFn, name: str) -> Table:
    columns = draw(st.dictionaries(names, any_generator, max_size=4))
    some = st.just(()) | st.sets(st.sampled_from(sorted(columns))).map(lambda chosen: tuple(sorted(chosen))) if columns else st.just(())
    identity = draw(some)
    match = draw(some)
    key = None if identity else draw(st.none() | names.filter(lambda chosen: chosen not in columns))
    counted = False
    if not match and draw(st.booleans()):
        columns = {**columns, **draw(families)}
        counted = draw(st.booleans())
    helpers = frozenset(column for column in columns if column.startswith("_"))
    return Table(
        name=name,
        rows=0 if counted else draw(st.integers(0, 2**63 - 1) | st.integers(9_990, 10_010)),
        counted=counted,
        helpers=helpers,
        columns=columns,
        key=key,
        identity=identity,
        match=match,
        optional=frozenset(draw(some)),
        unchecked=frozenset(draw(some)),
        later=frozenset(draw(some)) - {*identity, *match},
        partitioned=draw(st.booleans()),
        reuse=draw(st.booleans()) and "a child" not in columns,
    )


@st.composite
def any_plan(draw: st.DrawFn) -> Plan:
    some = [draw(tables(name)) for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))]
    if not any(table.partitioned for table in some):
        some.append(Table(name="the target", rows=3, columns={}, key="id", partitioned=True, reuse=False))
    rules = st.builds(ExactlyOne, name=names, columns=st.lists(names, min_size=1, max_size=2).map(tuple)) | st.builds(
        SameThrough, name=names, column=names, via=names, parent_column=names
    )
    return Plan(
        name=draw(names),
        parameters=draw(st.dictionaries(names, texts, max_size=2)),
        tables=tuple(some),
        counts=tuple(draw(st.lists(st.builds(Count, name=names, column=names), max_size=2))),
        rules=tuple(draw(st.lists(rules, max_size=2))),
        seed=draw(st.integers(0, 2**63 - 1)),
        main=draw(st.none() | st.sampled_from([table.name for table in some if table.partitioned])),
        inference=draw(st.sampled_from((1, BELIEVABLE))),
    )
