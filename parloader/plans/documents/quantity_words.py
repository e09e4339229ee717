"""The words of generators of numbers, dates and timestamps in plan files. generator_words.py has the others."""

from parloader.plans import generators
from parloader.plans.documents import generator_checks
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    BOOLEAN,
    integer,
    list_of,
    number,
    one_of,
    pair_of,
)
from parloader.plans.documents.generator_form import MAX_SCALE, GeneratorSyntax
from parloader.plans.documents.quantity_codecs import (
    BOUND,
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

SPREAD_UNITS = ("s", "ms", "d")

MIN_GROWTH, MAX_GROWTH = 1e-6, 1e6

# The smaller, the larger the greatest numbers: with 0.01, e to the power of 4,400
MIN_PARETO_EXPONENT = 0.01

# So that a table of 2,000 numbers has 25 per deviation
MIN_SHAPE, MAX_SHAPE = 0.05, 1000

# The table has 18 numbers per deviation
MAX_POISSON_MEAN = 1_000_000

QUANTITIES = (
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
)
