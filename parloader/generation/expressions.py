"""Generators compiled to Polars: expressions of the index column `i` (Int64) and of the row's other columns, no loop per row."""

import re
from collections.abc import Iterable
from string import Formatter

import polars as pl

from parloader.errors import UsageError
from parloader.generation import pools
from parloader.generation.context import INDEX, ColumnContext, literal_series
from parloader.generation.encodings import random
from parloader.generation.hashing import below, between, happens
from parloader.generation.numbers import decimal, normal, sequence, spread, uniform, zipf, zipf_rank
from parloader.generation.unique import unique
from parloader.plans.generators import (
    After,
    Choice,
    Const,
    Cycle,
    Distribution,
    Expr,
    Generator,
    Normal,
    Pick,
    Provider,
    Random,
    Scalar,
    Sequence,
    Spread,
    Template,
    Uniform,
    Unique,
    When,
    Zipf,
)
from parloader.plans.model import MAX_ROOT_ROWS


def expression(generator: Generator, place: ColumnContext) -> pl.Expr:
    """Int64 of integers, Decimal(38, scale) of decimals, Date and Datetime (UTC, no zone), String, Binary; of constants also Float64 and Boolean.

    UsageError says what is not valid, and where.
    """
    value = _value(generator, place)
    share = generator.null_share
    if not 0 <= share <= 1:
        raise place.error(f"null_share {share}", "It is 0 to 1")
    if not share:
        return value
    group = generator.group if isinstance(generator, Pick | Provider) else None
    return pl.when(~happens(place.random_bits("null", group=group), share)).then(value)


def _value(generator: Generator, place: ColumnContext) -> pl.Expr:
    match generator:
        case Const():
            return _const(generator.value, place)
        case Cycle():
            return _cycle(generator, place)
        case Choice():
            return _choice(generator, place)
        case Uniform():
            return uniform(generator, place)
        case Normal():
            return normal(generator, place)
        case Zipf():
            return zipf(generator, place)
        case Sequence():
            return sequence(generator, place)
        case Spread():
            return spread(generator, place)
        case Pick():
            return place.pick(generator, place)
        case Unique():
            return unique(generator, place)
        case Provider():
            return _provider(generator, place)
        case Random():
            return random(generator, place)
        case Template():
            return _template(generator, place)
        case When():
            then, otherwise = expression(generator.then, place.nested("then")), expression(generator.otherwise, place.nested("else"))
            return pl.when(_read(generator.condition, place)).then(then).otherwise(otherwise)
        case Expr():
            return _read(generator.sql, place)
        case After():
            return _after(generator, place)
    raise TypeError(type(generator).__name__)


def _const(value: Scalar, place: ColumnContext) -> pl.Expr:
    return pl.lit(value, dtype=literal_series([value], place).dtype)


def _cycle(generator: Cycle, place: ColumnContext) -> pl.Expr:
    if not generator.values or generator.every < 1:
        raise place.error(f"a cycle of {len(generator.values)} values, every {generator.every}", "Both are 1 or more")
    return pl.lit(literal_series(generator.values, place)).gather(INDEX // generator.every % len(generator.values))


def _choice(generator: Choice, place: ColumnContext) -> pl.Expr:
    values, weights = generator.values, generator.weights
    if not values:
        raise place.error("a choice without values", "Give one value or more")
    if not weights:
        return pl.lit(literal_series(values, place)).gather(below(place.random_bits(), len(values)))
    if len(weights) != len(values) or min(weights) < 0 or not 0 < sum(weights) < 2**63:
        raise place.error(
            f"{len(values)} values and the weights {', '.join(map(str, weights))}",
            "Give as many weights as values: integers of 0 or more, one of them more than 0",
        )
    ends = pl.Series(weights, dtype=pl.Int64).cum_sum()
    number = pl.lit(ends).search_sorted(below(place.random_bits(), sum(weights)), side="right")
    return pl.lit(literal_series(values, place)).gather(number)


def _provider(generator: Provider, place: ColumnContext) -> pl.Expr:
    try:
        values = pools.pool(generator.name, length=generator.length, srid=generator.srid)
    except KeyError as error:
        raise place.error(f"no provider {generator.name!r}", f"The providers: {', '.join(pools.names())}") from error
    return pl.lit(values).gather(below(place.random_bits("pool", group=generator.group), len(values)))


def _fields(text: str) -> list[tuple[str, str | None, str]]:
    """(the characters before, the field, its format) in turn. UsageError: a brace too many, or a format that is none."""
    next_step = "Fields are {i}, {i:06} and {column}; a brace itself is written twice: {{ }}"
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise UsageError(f"the template {text!r} is not valid: {error}", next_step) from error
    for _, field, form, conversion in parsed:
        digits = form is not None and form[:1] == "0" and form[1:].isascii() and form[1:].isdigit() and int(form) < 100
        if field is not None and (not field or conversion or (form and not (field == "i" and digits))):
            raise UsageError(f"the template {text!r} has a field that is not valid", next_step)
    return [(before, field, form or "") for before, field, form, _ in parsed]


def _template(generator: Template, place: ColumnContext) -> pl.Expr:
    try:
        fields = _fields(generator.text)
    except UsageError as error:
        raise place.error(error.message, error.next_step) from error
    texts = []
    for before, field, form in fields:
        texts.append(pl.lit(before))
        if field is not None:
            text = pl.col(field).cast(pl.String)
            texts.append(text.str.zfill(int(form)) if form else text)
    return pl.concat_str(texts) if texts else pl.lit("")


def _read(text: str, place: ColumnContext) -> pl.Expr:
    try:
        return read(text)
    except UsageError as error:
        raise place.error(error.message, error.next_step) from error


def _after(generator: After, place: ColumnContext) -> pl.Expr:
    if generator.least > generator.most:
        raise place.error(f"least {generator.least} is above most {generator.most}", "least is the lower one")
    amount = between(place.random_bits(), generator.least, generator.most)

    # Only when the row's other columns are there is it known what is added: days, seconds, or units of the last digit
    def later(both: Iterable[pl.Series]) -> pl.Series:
        values, amounts = both
        dtype = values.dtype
        if dtype.is_integer():
            return (values.cast(pl.Int64) + amounts).cast(dtype)
        if dtype.is_float():
            return values + amounts
        if isinstance(dtype, pl.Decimal):
            return pl.select(pl.lit(values) + decimal(pl.lit(amounts), dtype.scale)).to_series().cast(dtype)
        if dtype == pl.Date:
            return pl.select(pl.lit(values) + pl.duration(days=pl.lit(amounts))).to_series()
        if dtype == pl.Datetime:
            return pl.select(pl.lit(values) + pl.duration(seconds=pl.lit(amounts))).to_series()
        if dtype == pl.Null:
            return values
        raise place.error(f"{generator.column} is neither a number nor a date nor a moment", "Choose another column for after")

    return pl.map_batches([pl.col(generator.column), amount], later, return_dtype=pl.dtype_of(generator.column))


def pick_index(pick: Pick, place: ColumnContext, parent_rows: int) -> pl.Expr:
    """Int64: which of the parent's rows, 0 … parent_rows-1 (NULL for none). UsageError: there is none to pick."""
    if pick.index is not None:
        return _read(pick.index, place).cast(pl.Int64)
    group = pick.group
    if pick.distribution == Distribution.EARLIER:
        earlier = pl.min_horizontal(INDEX, pl.lit(MAX_ROOT_ROWS, dtype=pl.Int64))
        return pl.when(INDEX > 0).then(below(place.random_bits("pick", group=group), pl.max_horizontal(earlier, pl.lit(1, dtype=pl.Int64))))
    if parent_rows < 1 or pick.every < 1:
        raise place.error(f"a pick of {parent_rows} rows of {pick.parent}, every {pick.every}", "Both are 1 or more")
    number = INDEX // pick.every
    match pick.distribution:
        case Distribution.CYCLE:
            return number % parent_rows
        case Distribution.UNIFORM:
            return below(place.random_bits("pick", number, group), parent_rows)
        case Distribution.ZIPF:
            return zipf_rank(parent_rows, pick.exponent, place, number, group)
    # each block of parent_rows numbers has each row once, from another one on
    return (number + below(place.random_bits("pick", number // parent_rows, group), parent_rows)) % parent_rows


def needs(generator: Generator) -> frozenset[str]:
    """The row's other columns that it reads (`i` is none of them). UsageError: its SQL or template is not valid."""
    match generator:
        case When():
            return columns(generator.condition) | needs(generator.then) | needs(generator.otherwise)
        case Expr():
            return columns(generator.sql)
        case Template():
            return frozenset(field for _, field, _ in _fields(generator.text) if field) - {"i"}
        case After():
            return frozenset({generator.column})
        case Pick() if generator.index is not None:
            return columns(generator.index)
    return frozenset()


# What looks at other rows or at the clock would make a row depend on the batch it is in. Without quoted text and names.
QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")

OTHER_ROWS = re.compile(
    r"\b(?:(?:count|sum|avg|min|max|first|last|median|mode|std|stddev|stdev|var|variance|quantile|corr|covar|covar_pop|covar_samp"
    r"|stddev_pop|stddev_samp|stdev_samp|var_pop|var_samp|quantile_cont|quantile_disc|array_agg|string_agg|group_concat|any_value|bit_and"
    r"|bit_or|bit_xor|row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value|unnest|explode"
    r"|columns|now)\s*\(|(?:over|select|current_date|current_time|current_timestamp|localtime|localtimestamp)\b)",
    re.IGNORECASE,
)

NEXT_STEP = "Write a Polars SQL expression of `i` and the row's other columns, such as: i % 2 = 0"


def read(sql: str) -> pl.Expr:
    """UsageError: it is no such expression."""
    bare = QUOTED.sub("''", sql)
    if other := OTHER_ROWS.search(bare):
        raise UsageError(f"{sql!r} has {other[0].rstrip('( ')!r}, which looks beyond its row", NEXT_STEP)
    try:
        expression = pl.sql_expr(sql)
        expression.meta.root_names()
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"{sql!r} is not valid: {error}", NEXT_STEP) from error
    return expression


def columns(sql: str) -> frozenset[str]:
    """The columns it reads, without `i`. UsageError as `read`."""
    return frozenset(read(sql).meta.root_names()) - {"i"}
