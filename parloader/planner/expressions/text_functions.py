"""The images of texts that SQL's text functions return: LEFT, CONCAT, TRIM, MD5, …"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from parloader.planner.expressions.images import (
    GAP,
    AnyText,
    Constant,
    Digit,
    Image,
    Json,
    Moment,
    Number,
    Opaque,
    Symbol,
    Text,
    Unknown,
    Whole,
    after,
    characters,
    first,
    last,
    length,
    reversed_text,
    told_apart,
    with_nullable,
)

UUID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

HASH_LENGTHS = {"md5": 32, "sha": 40, "sha1": 40}

SHA2_LENGTHS = {0: 64, 224: 56, 256: 64, 384: 96, 512: 128}

MAX_CRC_DIGITS = 4
"""CRC-32 tells apart texts of the same length that differ in at most 32 adjacent bits, whatever these are (it detects each such burst)."""

DATE_LENGTH, TIMESTAMP_LENGTH = 10, 19


def as_text(image: Image) -> Text | None:
    """The value converted to text; None: nothing is known of it."""
    match image:
        case Text():
            return image
        case Constant() if image.value is not None:
            return Text(symbols=characters(str(image.value)))
        case Number():
            return Text(symbols=(_digits_of(image),), nullable=image.nullable)
        case Moment():
            size = DATE_LENGTH if image.is_date else None
            return Text(symbols=(Whole(columns=image.columns if image.gap > 0 else frozenset(), length=size),), nullable=image.nullable)
        case Opaque():
            return Text(symbols=(Whole(columns=image.columns),), nullable=image.nullable)
        case Json() if isinstance(image.value, Text):
            return replace(image.value, symbols=('"', *image.value.symbols, '"'), nullable=image.nullable)
        case Json() if isinstance(image.value, Number):
            return as_text(replace(image.value, nullable=image.nullable))
        case Json():
            return Text(symbols=(Whole(columns=told_apart(image)),), nullable=image.nullable)
    return None


def _digits_of(number: Number) -> Symbol:
    columns = number.columns if number.gap > 0 else frozenset[str]()
    if number.low is None or number.high is None:
        return Whole(columns=columns)
    sizes = {len(str(int(end))) for end in (number.low, number.high)} if number.integer else set()
    numeric = number.integer and number.low >= 0
    return Whole(columns=columns, numeric=numeric, length=sizes.pop() if numeric and len(sizes) == 1 else None)


def part_of(image: Image) -> tuple[Symbol, ...]:
    """The value as a part of a longer text."""
    text = as_text(image)
    return (GAP,) if text is None else text.symbols


def concatenated(arguments: Sequence[Image]) -> Image:
    """CONCAT(…)."""
    return with_nullable(Text(symbols=tuple(symbol for image in arguments for symbol in part_of(image))), *arguments)


def concatenated_with(separator: Image, arguments: Sequence[Image]) -> Image:
    """CONCAT_WS(separator, …), which leaves out NULLs with their separator."""
    between = part_of(separator)
    symbols: list[Symbol] = []
    for number, image in enumerate(arguments):
        if image == Constant(value=None):
            continue
        if image.nullable:
            symbols.append(GAP)
        else:
            symbols += part_of(image)
            symbols += between if number < len(arguments) - 1 else ()
    return with_nullable(Text(symbols=tuple(symbols)), separator)


def substring(text: Text, position: int, count: int | None) -> Image:
    """SUBSTR(text, position, count): the position of the first character is 1, that of the last one -1."""
    if position > 0:
        rest = after(text, position - 1)
    elif position < 0 and length(text) is not None:
        rest = last(text, -position) if -position <= (length(text) or 0) else replace(text, symbols=())
    elif position < 0 and count is None:
        rest = last(text, -position)  # if the text may be shorter, its known end is shorter still
    else:
        return Unknown(nullable=text.nullable)
    return rest if count is None else first(rest, max(0, count))


def up_to(text: Text, delimiter: str, count: int) -> Image:
    """SUBSTRING_INDEX(text, delimiter, count), of a single character that no digit is."""
    if len(delimiter) != 1 or delimiter.isalnum() or not count:
        return Unknown(nullable=text.nullable)
    if count < 0:
        found = up_to(reversed_text(text), delimiter, -count)
        return reversed_text(found) if isinstance(found, Text) else found
    kept: list[Symbol] = []
    for symbol in text.symbols:
        if symbol == delimiter:
            count -= 1
            if not count:
                break
        if isinstance(symbol, AnyText) or (isinstance(symbol, Whole) and not symbol.numeric):
            return Unknown(nullable=text.nullable)
        kept.append(symbol)
    return replace(text, symbols=tuple(kept))


def trimmed(text: Text, sides: str, blank: str) -> Image:
    """TRIM(LEADING, TRAILING or BOTH blank FROM text)."""
    if sides == "BOTH":
        inner = trimmed(text, "LEADING", blank)
        return trimmed(inner, "TRAILING", blank) if isinstance(inner, Text) else inner
    if sides == "TRAILING":
        found = trimmed(reversed_text(text), "LEADING", blank[::-1])
        return reversed_text(found) if isinstance(found, Text) else found
    symbols = list(text.symbols)
    while len(blank) == 1 and symbols and symbols[0] == blank:
        symbols.pop(0)
    start = symbols[0] if symbols else ""
    if start == GAP or (isinstance(start, str) and start != blank[:1]) or (blank.isspace() and not isinstance(start, AnyText)):
        return replace(text, symbols=tuple(symbols))
    return Unknown(nullable=text.nullable)


def replaced(text: Text, old: str, new: str) -> Image:
    """REPLACE(text, old, new), of one character that no digit is."""
    if len(old) != 1 or old.isalnum():
        return Unknown(nullable=text.nullable)
    symbols: list[Symbol] = []
    for symbol in text.symbols:
        if symbol == old:
            symbols += characters(new)
        elif isinstance(symbol, AnyText) or (isinstance(symbol, Whole) and not symbol.numeric):
            if isinstance(symbol, Whole):
                return Unknown(nullable=text.nullable)
            symbols.append(symbol if len(new) == 1 else GAP)
        else:
            symbols.append(symbol)
    return replace(text, symbols=tuple(symbols))


def padded(text: Text, size: int, filling: str, *, left: bool) -> Image:
    """LPAD or RPAD."""
    here = length(text)
    if here is not None and here >= size:
        return first(text, size)
    if here is not None and filling:
        added = characters((filling * (size - here))[: size - here])
        return replace(text, symbols=(*added, *text.symbols) if left else (*text.symbols, *added))
    return Unknown(nullable=text.nullable)


def folded(image: Image, change: Callable[[str], str]) -> Image:
    """LOWER or UPPER: generated digits do not depend on the case."""
    match image:
        case Text():
            return replace(image, symbols=tuple(change(symbol) if isinstance(symbol, str) else symbol for symbol in image.symbols))
        case Opaque() if not image.folded:
            return Unknown(nullable=image.nullable)
    return image


def hashed(image: Image, size: int) -> Image:
    """A cryptographic hash in hexadecimal digits, of which no two are equal in practice."""
    if isinstance(image, Unknown | Constant):
        return Unknown(nullable=image.nullable)
    return Text(symbols=(Whole(columns=told_apart(image), length=size),), nullable=image.nullable)


def checksum(image: Image) -> Image:
    """CRC32."""
    if isinstance(image, Text):
        places = [place for place, symbol in enumerate(image.symbols) if not isinstance(symbol, str)]
        digits = [symbol for symbol in image.symbols if isinstance(symbol, Digit)]
        columns = {digit.column for digit in digits}
        if digits and len(digits) == len(places) and len(columns) == 1 and places[-1] - places[0] < MAX_CRC_DIGITS:
            ends = {"low": Fraction(0), "high": Fraction(2**32 - 1)}
            return Number(columns=told_apart(image), **ends, unsigned=True, nullable=image.nullable)  # type: ignore[arg-type]
    return Unknown(nullable=image.nullable)


def example(text: Text) -> str | None:
    """A text of this form, with the highest digits; None: a part of it is not known."""
    shown = []
    for symbol in text.symbols:
        if isinstance(symbol, str):
            shown.append(symbol)
        elif isinstance(symbol, Digit):
            shown.append("0123456789abcdefghijklmnopqrstuvwxyz"[symbol.base - 1])
        elif isinstance(symbol, Whole) and symbol.numeric and symbol.length:
            shown.append("9" * symbol.length)
        else:
            return None
    return "".join(shown)


def binary_uuid(image: Image) -> Image:
    """UUID_TO_BIN, which takes nothing but a UUID."""
    if isinstance(image, Text) and UUID_SHAPE.fullmatch(example(image) or ""):
        return Opaque(columns=told_apart(image), nullable=image.nullable)
    return Unknown(nullable=image.nullable)


def unhexed(image: Image) -> Image:
    """UNHEX, which is NULL if there are other characters."""
    shown = example(image) if isinstance(image, Text) else None
    if shown is not None and re.fullmatch("([0-9a-fA-F]{2})+", shown):
        return Opaque(columns=told_apart(image), nullable=image.nullable)
    return Unknown(nullable=True)


def to_number(text: Text) -> Image:
    """The number that a text of decimal digits is. Unknown: the text has other characters, which the server rejects."""
    (symbol, *others) = text.symbols or (GAP,)
    if not others and isinstance(symbol, Whole) and symbol.numeric:
        size = symbol.length
        high = None if size is None else Fraction(10**size - 1)
        return Number(columns=symbol.columns, low=Fraction(0), high=high, nullable=text.nullable)
    shown = example(text)
    if shown is None or not shown.isdecimal() or not shown.isascii():
        return Unknown(nullable=text.nullable)
    low = "".join(one if isinstance(one, str) else "0" for one in text.symbols)
    numbers = [one.number for one in text.symbols if isinstance(one, Digit)]
    columns = told_apart(text)
    trailing = next((place for place, one in enumerate(reversed(text.symbols)) if isinstance(one, Digit)), 0)
    if numbers != sorted(numbers) or len(columns) != 1:
        columns = frozenset()
    gap = Fraction(10**trailing) if columns else Fraction(0)
    return Number(columns=columns, gap=gap, low=Fraction(int(low)), high=Fraction(int(shown)), nullable=text.nullable)


def zero_filled(number: Number, size: int) -> Image:
    """LPAD(number, size, '0')."""
    if number.integer and number.low is not None and number.high is not None and number.low >= 0 and number.high < 10**size:
        columns = number.columns if number.gap > 0 else frozenset[str]()
        return Text(symbols=(Whole(columns=columns, length=size, numeric=True),), nullable=number.nullable)
    return Unknown(nullable=number.nullable)
