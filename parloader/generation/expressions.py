"""Compiles generators to Polars expressions of the index column `i` (Int64) and of the row's other columns. No loop per row.

The generators' fields are valid: plans/documents/generator_syntax.py has checked them. Errors here are about row counts, parents, SQL, types
and 64 bits.
"""

import re

import polars as pl

from parloader.errors import UsageError
from parloader.generation import pools
from parloader.generation.context import INDEX, ColumnContext, literal_series
from parloader.generation.failures import FAILURES, first_sentence
from parloader.generation.hashing import below, happens
from parloader.generation.values.after import after
from parloader.generation.values.bounds import constant_bound, is_sql, within_bounds
from parloader.generation.values.codes import code
from parloader.generation.values.distributions import continuous, geometric, histogram, poisson
from parloader.generation.values.encodings import random
from parloader.generation.values.numbers import normal, sequence, spread, uniform, zipf
from parloader.generation.values.texts import slug_of, text_of_locale
from parloader.generation.values.timeline import timeline
from parloader.generation.values.unique import unique
from parloader.plans import templates
from parloader.plans.documents.codecs import abbreviated
from parloader.plans.generators import (
    PROVIDERS,
    After,
    Aggregate,
    Between,
    Choice,
    Code,
    Const,
    Cycle,
    Exponential,
    Expr,
    Gamma,
    Generator,
    Geometric,
    Histogram,
    Lognormal,
    Normal,
    NumberIn,
    Pareto,
    Pick,
    Poisson,
    Provider,
    Random,
    Scalar,
    Sequence,
    ShareOf,
    Slug,
    Spread,
    Template,
    Timeline,
    Uniform,
    Unique,
    When,
    Zipf,
)


def expression(generator: Generator, context: ColumnContext) -> pl.Expr:
    """The generator's values: Int64 (UInt64 of large constants and 64 random bits), Decimal(38, scale), Date, Datetime (UTC, without zone),
    String or Binary; of constants also Float64, Boolean and Null.

    UsageError names the column and what is not valid.
    """
    value = _value(generator, context)
    share = generator.null_share
    if not share:
        return value
    group = generator.group if isinstance(generator, Pick | Provider | Choice | Code) else None
    return pl.when(~happens(context.random_bits("null", group=group), share)).then(value)


def _value(generator: Generator, context: ColumnContext) -> pl.Expr:
    match generator:
        case Const():
            return _const(generator.value, context)
        case Cycle():
            return _cycle(generator, context)
        case Choice():
            return _choice(generator, context)
        case Uniform():
            return uniform(generator, context)
        case Normal():
            return normal(generator, context)
        case Zipf():
            return zipf(generator, context)
        case Lognormal() | Exponential() | Gamma() | Pareto():
            return continuous(generator, context)
        case Poisson():
            return poisson(generator, context)
        case Geometric():
            return geometric(generator, context)
        case Histogram():
            return histogram(generator, context)
        case Sequence():
            return sequence(generator, context)
        case Spread():
            return spread(generator, context)
        case Timeline():
            return timeline(generator, context)
        case NumberIn() | ShareOf() | Aggregate():
            return context.family(generator, context)
        case Pick():
            return context.pick(generator, context)
        case Unique():
            return unique(generator, context)
        case Provider():
            return _provider(generator, context)
        case Random():
            return random(generator, context)
        case Code():
            return code(generator, context)
        case Slug():
            return slug_of(generator)
        case Template():
            return _template(generator, context)
        case When():
            condition = sql_of(generator.condition, context)
            then = expression(generator.then, context.nested("then", where=condition))
            otherwise = expression(generator.otherwise, context.nested("else", where=condition.not_().fill_null(True)))
            return pl.when(condition).then(then).otherwise(otherwise)
        case Expr():
            return sql_of(generator.sql, context)
        case Between():
            return _between(generator, context)
        case After():
            return after(generator, context)
    raise TypeError(type(generator).__name__)


def _const(value: Scalar, context: ColumnContext) -> pl.Expr:
    dtype = literal_series([value], context).dtype
    return pl.lit(value).cast(dtype) if isinstance(dtype, pl.Decimal) else pl.lit(value, dtype=dtype)


def _cycle(generator: Cycle, context: ColumnContext) -> pl.Expr:
    return pl.lit(literal_series(generator.values, context)).gather(INDEX // generator.every % len(generator.values))


def _choice(generator: Choice, context: ColumnContext) -> pl.Expr:
    values, weights = generator.values, generator.weights
    bits = context.random_bits(group=generator.group)
    if not weights:
        return pl.lit(literal_series(values, context)).gather(below(bits, len(values)))
    ends = pl.Series(weights, dtype=pl.Int64).cum_sum()
    number = pl.lit(ends).search_sorted(below(bits, sum(weights)), side="right")
    return pl.lit(literal_series(values, context)).gather(number)


def _provider(generator: Provider, context: ColumnContext) -> pl.Expr:
    if generator.locale is not None or generator.count is not None or generator.name not in PROVIDERS:
        count = None if generator.count is None else expression(generator.count, context.nested("count"))
        return text_of_locale(generator, context, count)
    values = pools.pool(generator.name, length=generator.length, srid=generator.srid)
    return pl.lit(values).gather(below(context.random_bits("pool", group=generator.group), len(values)))


def _template(generator: Template, context: ColumnContext) -> pl.Expr:
    try:
        fields = templates.fields(generator.text)
    except UsageError as error:
        raise context.error(error.message, error.next_step) from error
    texts = []
    for before, field, form in fields:
        texts.append(pl.lit(before))
        if field is not None:
            text = pl.col(field).cast(pl.String)
            texts.append(text.str.zfill(int(form)) if form else text)
    return pl.concat_str(texts) if texts else pl.lit("")


def sql_of(text: str, context: ColumnContext) -> pl.Expr:
    """The SQL as an expression. UsageError names the column, and what is not valid."""
    try:
        return read(text)
    except UsageError as error:
        raise context.error(error.message, error.next_step) from error


def _between(generator: Between, context: ColumnContext) -> pl.Expr:
    ends = [sql_of(str(end), context) if is_sql(end) else constant_bound(end) for end in (generator.low, generator.high)]
    of = [] if generator.of is None else [expression(generator.of, context.nested("of"))]
    applies = pl.lit(True) if context.applies is None else context.applies
    return within_bounds([*ends, context.random_bits(), applies, *of], generator.scale)


def needs(generator: Generator) -> frozenset[str]:
    """The row's other columns that the generator reads, without `i`. UsageError: its SQL or template is not valid."""
    return _own_needs(generator).union(*map(needs, generator.children().values()))


def _own_needs(generator: Generator) -> frozenset[str]:
    match generator:
        case When():
            return columns(generator.condition)
        case Expr():
            return columns(generator.sql)
        case Template():
            return frozenset(field for _, field, _ in templates.fields(generator.text) if field) - {"i"}
        case Between():
            return frozenset[str]().union(*(columns(end) for end in (generator.low, generator.high) if is_sql(end)))
        case After() | Slug():
            return frozenset({generator.column})
        case Timeline():
            return frozenset(generator.not_before)
        case Pick():
            if generator.where is not None:
                read(generator.where)
            among = frozenset() if generator.among is None else frozenset({generator.among})
            return among if generator.index is None else columns(generator.index)
    return frozenset()


# Quoted text and names are not searched for functions
QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")

# A function of other rows or of the clock would make a row depend on its batch
OTHER_ROWS = re.compile(
    r"\b(?:(?:count|sum|avg|min|max|first|last|median|mode|std|stddev|stdev|var|variance|quantile|corr|covar|covar_pop|covar_samp"
    r"|stddev_pop|stddev_samp|stdev_samp|var_pop|var_samp|quantile_cont|quantile_disc|array_agg|string_agg|group_concat|any_value|bit_and"
    r"|bit_or|bit_xor|row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value|unnest|explode"
    r"|columns|now)\s*\(|(?:over|select|current_date|current_time|current_timestamp|localtime|localtimestamp)\b)",
    re.IGNORECASE,
)

OPERATORS = re.compile(r"[-+*/%|<>=]+|\b(?:and|or|not|in|like|is|between)\b", re.IGNORECASE)

# With 300 operators Polars takes 0.7 s, with 1,000 half a minute, with 20,000 it crashes (Polars 2.1)
MAX_OPERATORS = 500

NEXT_STEP = "Write a Polars SQL expression of `i` and the row's other columns, such as: i % 2 = 0"


def read(sql: str) -> pl.Expr:
    """The SQL as an expression. UsageError: it is not valid, or reads more than its own row."""
    bare = QUOTED.sub("''", sql)
    if len(OPERATORS.findall(bare)) > MAX_OPERATORS:
        raise UsageError(f"{abbreviated(sql)} has more than {MAX_OPERATORS} operators", "Divide it among several columns")
    if other := OTHER_ROWS.search(bare):
        raise UsageError(f"{sql!r} uses {other[0].rstrip('( ')!r}, which reads other rows or the clock", NEXT_STEP)
    try:
        expression = pl.sql_expr(sql)
        expression.meta.root_names()
    except FAILURES as error:
        raise UsageError(f"{sql!r} is not valid: {first_sentence(error)}", NEXT_STEP) from error
    return expression


def columns(sql: str) -> frozenset[str]:
    """The columns that the SQL reads, without `i`. UsageError as `read`."""
    return frozenset(read(sql).meta.root_names()) - {"i"}
