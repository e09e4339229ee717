"""The generators' words in plan files, with the main argument and the options of each. generator_syntax.py reads and writes them."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from parloader.plans import generators
from parloader.plans.documents import generator_checks
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    BOOLEAN,
    NAME,
    SCALAR,
    TEXT,
    Codec,
    DecodeError,
    integer,
    list_of,
    number,
    one_of,
    pair_of,
)
from parloader.plans.documents.quantity_codecs import (
    BOUND,
    BOUND_OR_SQL,
    NAMES,
    OFFSET,
    SPAN,
    TIMESTAMP,
    WEIGHTS,
    named_weights,
    or_date,
    or_span,
)
from parloader.plans.generators.times import HOURS, MONTHS, WEEKDAYS
from parloader.plans.unique import BASE36

SPREAD_UNITS = ("s", "ms", "d")

MIN_GROWTH, MAX_GROWTH = 1e-6, 1e6

# The smaller, the larger the greatest numbers: with 0.01, e to the power of 4,400
MIN_PARETO_EXPONENT = 0.01

# So that a table of 2,000 numbers has 25 per deviation
MIN_SHAPE, MAX_SHAPE = 0.05, 1000

# The table has 18 numbers per deviation
MAX_POISSON_MEAN = 1_000_000

# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MAX_SCALE = 38

# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MAX_LENGTH = 2**32 - 1


def _read_pick(value: object) -> tuple[str, str]:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
        raise DecodeError('a table and a column: "customer.id", or ["customer", "id"] if a name has a dot')
    return parts[0], parts[1]


def _write_pick(value: Any) -> Any:
    simple = all(isinstance(part, str) and part and "." not in part for part in value)
    return ".".join(value) if simple else list(value)


LENGTH = integer(0, MAX_LENGTH)


def _read_locale(value: object) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise DecodeError('a locale such as "de_DE", or a list of them')


LOCALE = Codec(read=_read_locale, write=lambda value: value if isinstance(value, str) else list(value))
"""generator_checks.py checks its names."""


def _accept(_: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class GeneratorSyntax:
    """How a generator is written."""

    kind: type[generators.Generator]
    word: str  # the key of the main argument
    fields: tuple[str, ...]  # those that the main argument sets: one, or several as a list
    main: Codec
    options: Mapping[str, Codec] = field(default_factory=dict)  # by field
    nested: tuple[str, ...] = ()  # fields that are generators
    fixed: Mapping[str, Any] = field(default_factory=dict)  # fields that the word itself sets
    check: Callable[[Any], None] = _accept  # raises InvalidPlan if fields contradict each other

    def writes(self, generator: generators.Generator) -> bool:
        """Whether it is the syntax of this generator."""
        return type(generator) is self.kind and all(getattr(generator, name) == value for name, value in self.fixed.items())

    @property
    def defaults(self) -> dict[str, Any]:
        return {f.name: f.default for f in fields(self.kind) if f.default is not MISSING}


SYNTAXES = (
    GeneratorSyntax(kind=generators.Const, word="const", fields=("value",), main=SCALAR),
    GeneratorSyntax(kind=generators.Cycle, word="cycle", fields=("values",), main=list_of(SCALAR, least=1), options={"every": integer(1)}),
    GeneratorSyntax(
        kind=generators.Choice,
        word="choice",
        fields=("values",),
        main=list_of(SCALAR, least=1),
        options={"weights": WEIGHTS, "group": NAME},
        check=generator_checks.check_choice,
    ),
    GeneratorSyntax(
        kind=generators.Uniform,
        word="uniform",
        fields=("low", "high"),
        main=pair_of(BOUND, expected="[lowest, highest] as integers, decimals as text, dates or timestamps"),
        check=generator_checks.check_uniform,
    ),
    GeneratorSyntax(
        kind=generators.Normal,
        word="normal",
        fields=("mean", "deviation"),
        main=pair_of(
            or_date(number()),
            or_span(number()),
            expected='[mean, deviation] as numbers, or as a date and a time span: ["2000-01-01", "400d"]',
        ),
        options={"scale": integer(0, MAX_SCALE), "low": or_date(number()), "high": or_date(number())},
        check=generator_checks.check_normal,
    ),
    GeneratorSyntax(
        kind=generators.Zipf,
        word="zipf",
        fields=("count",),
        main=integer(1),
        options={"exponent": number(0, generator_checks.MAX_EXPONENT)},
    ),
    GeneratorSyntax(
        kind=generators.Lognormal,
        word="lognormal",
        fields=("median", "sigma"),
        main=pair_of(number(0), expected="[median, deviation of the logarithm] as numbers, 0 or more"),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Exponential,
        word="exponential",
        fields=("mean",),
        main=number(0),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Gamma,
        word="gamma",
        fields=("mean", "shape"),
        main=pair_of(
            number(0), number(MIN_SHAPE, MAX_SHAPE), expected=f"[mean, shape] as numbers, with a shape from {MIN_SHAPE} to {MAX_SHAPE}"
        ),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Pareto,
        word="pareto",
        fields=("least", "exponent"),
        main=pair_of(number(MIN_PARETO_EXPONENT), expected=f"[least, exponent] as numbers, {MIN_PARETO_EXPONENT} or more"),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Poisson,
        word="poisson",
        fields=("mean",),
        main=number(0, MAX_POISSON_MEAN),
        options={"low": integer(), "high": integer()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Geometric,
        word="geometric",
        fields=("mean",),
        main=number(0),
        options={"low": integer(), "high": integer()},
        check=generator_checks.check_limits,
    ),
    GeneratorSyntax(
        kind=generators.Histogram,
        word="histogram",
        fields=("edges",),
        main=list_of(BOUND, least=2),
        options={"weights": WEIGHTS, "scale": integer(0, MAX_SCALE)},
        check=generator_checks.check_histogram,
    ),
    GeneratorSyntax(
        kind=generators.Sequence,
        word="sequence",
        fields=("start",),
        main=ANY_INTEGER,
        options={"step": integer(), "every": integer(1), "count": integer(1)},
    ),
    GeneratorSyntax(
        kind=generators.Spread,
        word="spread",
        fields=("start",),
        main=TIMESTAMP,
        options={"span_seconds": SPAN, "unit": one_of(SPREAD_UNITS)},
        check=generator_checks.check_spread,
    ),
    GeneratorSyntax(
        kind=generators.Timeline,
        word="timeline",
        fields=("start",),
        main=TIMESTAMP,
        options={
            "span_seconds": SPAN,
            "growth": number(MIN_GROWTH, MAX_GROWTH),
            "hours": named_weights(24, HOURS),
            "weekdays": named_weights(7, WEEKDAYS),
            "months": named_weights(12, MONTHS),
            "ordered": BOOLEAN,
            "offset_seconds": OFFSET,
            "unit": one_of(SPREAD_UNITS),
            "not_before": NAMES,
            "within_seconds": SPAN,
        },
        check=generator_checks.check_timeline,
    ),
    GeneratorSyntax(
        kind=generators.Pick,
        word="pick",
        fields=("parent", "column"),
        main=Codec(read=_read_pick, write=_write_pick),
        options={
            "distribution": one_of(generators.Distribution),
            "every": integer(1),
            "trees": integer(1),
            "exponent": number(0),
            "index": NAME,
            "group": NAME,
            "scrambled": BOOLEAN,
            "growing": BOOLEAN,
            "where": NAME,
            "among": NAME,
            "distinct_in": NAME,
        },
        check=generator_checks.check_pick,
    ),
    GeneratorSyntax(
        kind=generators.ChildOf,
        word="child_of",
        fields=("parent", "column"),
        main=Codec(read=_read_pick, write=_write_pick),
        options={"group": NAME},
        nested=("count",),
        check=generator_checks.check_child_of,
    ),
    GeneratorSyntax(kind=generators.NumberIn, word="number_in", fields=("column",), main=NAME, options={"start": integer()}),
    *(
        GeneratorSyntax(
            kind=generators.Aggregate,
            word=function,
            fields=("child", "column"),
            main=Codec(read=_read_pick, write=_write_pick),
            fixed={"function": function},
        )
        for function in generators.AggregateFunction
    ),
    GeneratorSyntax(kind=generators.ShareOf, word="share_of", fields=("parent", "column"), main=Codec(read=_read_pick, write=_write_pick)),
    GeneratorSyntax(
        kind=generators.Unique,
        word="unique",
        fields=("form",),
        main=one_of(generators.UniqueKind),
        options={
            "low": ANY_INTEGER,
            "high": ANY_INTEGER,
            "step": integer(1),
            "scale": integer(0, MAX_SCALE),
            "length": LENGTH,
            "base": integer(2, len(BASE36)),
            "prefix": TEXT,
            "suffix": TEXT,
            "values": list_of(SCALAR),
            "pattern": TEXT,
            "of": NAME,
            "locale": LOCALE,
            "group": NAME,
        },
        check=generator_checks.check_unique,
    ),
    GeneratorSyntax(
        kind=generators.Provider,
        word="provider",
        fields=("name",),
        main=NAME,
        options={"length": LENGTH, "srid": integer(0, 2**32 - 1), "group": NAME, "locale": LOCALE},
        nested=("count",),
        check=generator_checks.check_provider,
    ),
    GeneratorSyntax(
        kind=generators.Code,
        word="code",
        fields=("pattern",),
        main=NAME,
        options={"group": NAME},
        check=generator_checks.check_code,
    ),
    GeneratorSyntax(kind=generators.Slug, word="slug_of", fields=("column",), main=NAME, options={"length": LENGTH}),
    GeneratorSyntax(
        kind=generators.Random,
        word="random",
        fields=("form",),
        main=one_of(generators.RANDOM_FORMS),
        options={"length": LENGTH, "least": LENGTH},
        check=generator_checks.check_random,
    ),
    GeneratorSyntax(kind=generators.Template, word="template", fields=("text",), main=TEXT, check=generator_checks.check_template),
    GeneratorSyntax(
        kind=generators.When,
        word="when",
        fields=("condition",),
        main=NAME,
        nested=("then", "otherwise"),
    ),
    GeneratorSyntax(kind=generators.Expr, word="expr", fields=("sql",), main=NAME),
    GeneratorSyntax(
        kind=generators.Between,
        word="between",
        fields=("low", "high"),
        main=pair_of(BOUND_OR_SQL, expected="[lowest, highest] as integers, or as texts: decimals, dates, timestamps or SQL expressions"),
        options={"scale": integer(0, MAX_SCALE)},
        nested=("of",),
        check=generator_checks.check_between,
    ),
    GeneratorSyntax(
        kind=generators.After,
        word="after",
        fields=("column",),
        main=NAME,
        options={"least": or_span(integer()), "most": or_span(integer()), "within_seconds": SPAN},
        check=generator_checks.check_after,
    ),
)

BY_WORD: Mapping[str, GeneratorSyntax] = {s.word: s for s in SYNTAXES}

ALIASES: Mapping[str, GeneratorSyntax] = {"faker": BY_WORD["provider"], "mimesis": BY_WORD["provider"]}
"""Other words for a generator: accepted, never written."""
