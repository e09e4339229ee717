"""Codes as Polars expressions: the characters of a pattern, and check digits by the rules of EAN, Luhn, IBAN and others."""

from collections.abc import Callable, Iterable, Mapping

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below, draw, stream
from parloader.generation.values.scattered_pairs import number_of, scattered
from parloader.plans.codes import Pattern, parse
from parloader.plans.generators import Code, Unique

Digits = Mapping[int, pl.Expr]
"""Place → the number of its character in the place's alphabet (Int64)."""


def code(generator: Code, context: ColumnContext) -> pl.Expr:
    """String: a random code of the pattern."""
    pattern = parse(generator.pattern)
    first, second = pattern.halves
    a = below(context.random_bits("first", group=generator.group), pattern.count(first))
    b = below(context.random_bits("second", group=generator.group), pattern.count(second))
    return _text(pattern, a, b)


def unique_code(generator: Unique, context: ColumnContext) -> pl.Expr:
    """String: a different code for each n, in a random order."""
    pattern = parse(generator.pattern)
    first, second = (pattern.count(half) for half in pattern.halves)

    def codes(indices: pl.Series) -> pl.Series:
        frame = scattered(pl.DataFrame({"number": indices + context.offset}), first, second, _bits(context))
        return frame.select(_text(pattern, pl.col("a"), pl.col("b")).alias("code"))["code"]

    return INDEX.map_batches(codes, return_dtype=pl.String)


def taken_codes(generator: Unique, context: ColumnContext, values: Iterable[str]) -> pl.Series:
    """Int64: the n whose codes these values are, in upper or lower case. Other values have none."""
    pattern = parse(generator.pattern)
    places = [{character.casefold(): n for n, character in enumerate(place)} for place in pattern.characters]
    read = []
    for value in values:
        text = value.casefold()
        if len(text) == len(places) and all(character in place for character, place in zip(text, places, strict=True)):
            read.append(tuple(_number(pattern, half, [place[c] for c, place in zip(text, places, strict=True)]) for half in pattern.halves))
    frame = pl.DataFrame(read, schema={"a": pl.Int64, "b": pl.Int64}, orient="row").with_columns(turn=pl.lit(0, dtype=pl.Int64))
    first, second = (pattern.count(half) for half in pattern.halves)
    return number_of(frame, first, second, _bits(context))


def _bits(context: ColumnContext) -> Callable[[int, pl.Expr], pl.Expr]:
    return lambda k, number: draw(number, stream(context.seed, context.table, context.column, f"code/{k}"))


def _number(pattern: Pattern, places: tuple[int, ...], characters: list[int]) -> int:
    number = 0
    for k in places:
        number = number * len(pattern.places[k]) + characters[k]
    return number


def _digits(pattern: Pattern, places: tuple[int, ...], number: pl.Expr) -> dict[int, pl.Expr]:
    digits, divisor = {}, 1
    for k in reversed(places):
        digits[k] = number // divisor % len(pattern.places[k])
        divisor *= len(pattern.places[k])
    return digits


def _text(pattern: Pattern, a: pl.Expr, b: pl.Expr) -> pl.Expr:
    first, second = pattern.halves
    digits = _digits(pattern, first, a) | _digits(pattern, second, b)
    checks = iter(CHECKS[pattern.check](pattern, digits) if pattern.check else ())
    texts = []
    for k, place in enumerate(pattern.places):
        if not place:
            texts.append(next(checks))
        else:
            texts.append(pl.lit(pl.Series(list(place))).gather(digits[k]) if k in digits else pl.lit(place))
    return pl.concat_str(texts) if texts else pl.lit("")


def _values(pattern: Pattern, digits: Digits, value: Callable[[str], int]) -> list[pl.Expr | None]:
    """The value of the character at each place; None for a check character."""
    return [
        None
        if not place
        else pl.lit(pl.Series([value(character) for character in place], dtype=pl.Int64)).gather(digits[k])
        if k in digits
        else pl.lit(value(place), dtype=pl.Int64)
        for k, place in enumerate(pattern.places)
    ]


def _sum(values: Iterable[pl.Expr | None], weights: Iterable[int]) -> pl.Expr:
    terms = [value * weight for value, weight in zip(values, weights, strict=True) if value is not None]
    return pl.sum_horizontal(terms)


def _digit(number: pl.Expr) -> pl.Expr:
    """A digit; X for 10."""
    return pl.lit(pl.Series([*"0123456789X"])).gather(number)


def _ean(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """GS1: weights 3 and 1 by turns from the right, after the check digit; the sum is a multiple of 10."""
    values = _values(pattern, digits, int)
    weights = [3 if (len(values) - 1 - k) % 2 else 1 for k in range(len(values))]
    yield _digit((10 - _sum(values, weights) % 10) % 10)


def _luhn(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """ISO/IEC 7812: every second digit from the right is doubled, and the digits of that are added."""
    values = _values(pattern, digits, int)
    doubled = [
        value if value is None or (len(values) - 1 - k) % 2 == 0 else value * 2 - pl.when(value > 4).then(9).otherwise(0)
        for k, value in enumerate(values)
    ]
    yield _digit((10 - _sum(doubled, [1] * len(values)) % 10) % 10)


def _isbn10(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """ISO 2108:1992: weights 10 to 1; the sum is a multiple of 11."""
    values = _values(pattern, digits, int)
    yield _digit((11 - _sum(values, range(10, 0, -1)) % 11) % 11)


def _iban(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """ISO 13616: the country after the account, letters as 10 to 35; the number's remainder by 97 is 1."""
    values = _values(pattern, digits, lambda character: int(character, 36))
    rest = pl.lit(0, dtype=pl.Int64)
    for place, value in zip([*pattern.places[4:], *pattern.places[:2]], [*values[4:], *values[:2]], strict=True):
        assert value is not None
        rest = (rest * (100 if place.isalpha() else 10) + value) % 97
    check = 98 - rest * 100 % 97
    yield _digit(check // 10)
    yield _digit(check % 10)


def _container(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """ISO 6346: letters are 10, 12, 13 … without multiples of 11; weights are powers of two; the remainder by 11."""
    numbers = [number for number in range(10, 39) if number % 11]
    values = _values(pattern, digits, lambda character: int(character) if character.isdigit() else numbers[ord(character) - ord("A")])
    yield _digit(_sum(values, [2**k for k in range(len(values))]) % 11 % 10)


def _s10(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """UPU S10: 11 less the remainder of the sum; 0 for 10, and 5 for 11."""
    values = _values(pattern, digits, lambda character: int(character) if character.isdigit() else 0)
    check = 11 - _sum(values, (0, 0, 8, 6, 4, 2, 3, 5, 9, 7, 0, 0, 0)) % 11
    yield _digit(pl.when(check == 10).then(0).when(check == 11).then(5).otherwise(check))


# ISO 3779: the value of each letter; I, O and Q do not occur
VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


def _vin(pattern: Pattern, digits: Digits) -> Iterable[pl.Expr]:
    """49 CFR 565.15: the remainder of the weighted sum by 11, X for 10."""
    values = _values(pattern, digits, lambda character: int(character) if character.isdigit() else VIN_VALUES[character])
    yield _digit(_sum(values, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)) % 11)


CHECKS: dict[str, Callable[[Pattern, Digits], Iterable[pl.Expr]]] = {
    "ean": _ean,
    "luhn": _luhn,
    "isbn10": _isbn10,
    "iban": _iban,
    "container": _container,
    "s10": _s10,
    "vin": _vin,
}
