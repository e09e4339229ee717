"""Values that are another one for each row: the map from n to the value, how many there are, and the way back from one that is found."""

import polars as pl

from parloader.generation.context import INDEX, ColumnContext, literal_series
from parloader.generation.encodings import encode_base, format_time, inet4, ipv6_group
from parloader.generation.numbers import day, decimal, second
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.unique import BASE36, GROUPS, HEX, IPV6_GROUPS, IPV6_UNIQUE_PREFIX, UUID_DIGITS, _uuid_prefix, capacity


def unique(generator: Unique, place: ColumnContext) -> pl.Expr:
    """UsageError: the form has fewer values than rows are asked for."""
    room = capacity(generator)
    if place.offset + place.rows > room:
        taken = f" ({place.offset:,} are taken)" if place.offset else ""
        raise place.error(
            f"{place.rows:,} rows, but the {generator.form} form has {room:,} values{taken}",
            f"Load {max(0, room - place.offset):,} rows at most, or choose a form with more values",
        )
    return _expression(generator, INDEX + place.offset, place)


def _expression(generator: Unique, n: pl.Expr, place: ColumnContext) -> pl.Expr:
    number = n + generator.low
    match generator.form:
        case UniqueKind.INTEGER:
            return number
        case UniqueKind.DECIMAL:
            return decimal(number, generator.scale)
        case UniqueKind.TEXT:
            return pl.concat_str(pl.lit(generator.prefix), encode_base(n, BASE36, generator.length), pl.lit(generator.suffix))
        case UniqueKind.BYTES:
            digits = 2 * generator.length - len(generator.prefix)
            return pl.concat_str(pl.lit(generator.prefix.lower()), encode_base(n, HEX, digits)).str.decode("hex")
        case UniqueKind.UUID:
            return pl.concat_str(pl.lit(_uuid_prefix(generator)), encode_base(n, HEX, UUID_DIGITS))
        case UniqueKind.INET4:
            return inet4(n)
        case UniqueKind.INET6:
            groups = [ipv6_group(n // GROUPS**k % GROUPS) for k in reversed(range(IPV6_GROUPS))]
            return pl.concat_str(pl.lit(IPV6_UNIQUE_PREFIX), pl.concat_str(groups, separator=":"))
        case UniqueKind.DATE:
            return day(number)
        case UniqueKind.DATETIME:
            return second(number)
        case UniqueKind.TIME:
            return format_time(number)
        case UniqueKind.VALUES:
            return pl.lit(literal_series(generator.values, place)).gather(n)
