"""Images: what is known about an expression's values in all rows, if some of its columns have values of a known form.

The question is which columns an image tells apart: two rows that differ in such a column differ in the image. An image is NULL only if it is
`nullable`, and then nothing follows from it: a UNIQUE key accepts any number of NULLs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Digit:
    """A digit of a column's number: the first of `count` digits has the number 0."""

    column: str
    number: int
    count: int
    base: int


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Characters that are different for different values of all the columns, and only as a whole: a number, a hash."""

    columns: frozenset[str]
    length: int | None = None  # None: it differs
    numeric: bool = False  # digits and nothing else


@dataclass(frozen=True)
class AnyText:
    """Unknown characters."""

    length: int | None = None  # None: any number of them


Symbol: TypeAlias = str | Digit | Whole | AnyText
"""A part of a text; a `str` is one character, the same in all rows."""

GAP = AnyText()


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Any values."""

    nullable: bool = True


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The same value in all rows."""

    value: str | int | Decimal | None

    @property
    def nullable(self) -> bool:
        return self.value is None


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text as a sequence of symbols."""

    symbols: tuple[Symbol, ...]
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Number:
    """Numbers of which any two rows with different columns have different ones, at least `gap` apart."""

    columns: frozenset[str]
    gap: Fraction = Fraction(1)
    low: Fraction | None = None  # None: unknown
    high: Fraction | None = None
    integer: bool = True
    unsigned: bool = False
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Dates or timestamps of which any two rows with different columns have different ones, at least `gap` seconds apart."""

    columns: frozenset[str]
    gap: int
    low: int  # seconds from 1970-01-01
    high: int
    is_date: bool
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Opaque:
    """Values of which any two rows with different columns have different ones, and of which nothing else is known."""

    columns: frozenset[str]
    folded: bool = False  # whether they are texts that differ in more than case, accents and outer blanks
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class Json:
    """A JSON value: an object or array of others, or one of the other images as a scalar."""

    value: "dict[str, Json] | tuple[Json, ...] | Text | Number | Constant"
    nullable: bool = False

    @property
    def scalar(self) -> "Image | None":
        return None if isinstance(self.value, dict | tuple) else self.value

    def leaves(self) -> "Iterable[Image]":
        """The scalars in it."""
        if isinstance(self.value, dict | tuple):
            for inner in self.value.values() if isinstance(self.value, dict) else self.value:
                yield from inner.leaves()
        else:
            yield self.value


Image: TypeAlias = Unknown | Constant | Text | Number | Moment | Opaque | Json

NULL = Constant(value=None)


def with_nullable(image: Image, *others: Image) -> Image:
    """The image, which is NULL if one of the others is."""
    if any(other == NULL for other in others):
        return NULL
    if isinstance(image, Constant) or not any(other.nullable for other in others):
        return image
    return replace(image, nullable=True)


def told_apart(image: Image) -> frozenset[str]:
    """The columns in which two rows differ only if their values differ."""
    match image:
        case Number() if image.gap > 0:
            return image.columns
        case Moment() if image.gap > 0:
            return image.columns
        case Opaque():
            return image.columns
        case Text():
            return _told_apart_by_text(image.symbols)
        case Json():
            return frozenset().union(*map(told_apart, image.leaves()))
    return frozenset()


def _told_apart_by_text(symbols: Sequence[Symbol]) -> frozenset[str]:
    """Those whose digits all have a place that can be counted from one of the ends."""
    found = {*_anchored(symbols), *_anchored(symbols[::-1])}
    if sum(length_of(symbol) is None for symbol in symbols) == 1:  # the rest has fixed places
        found.update(symbols)
    digits: dict[str, set[int]] = {}
    counts: dict[str, int] = {}
    for symbol in found:
        if isinstance(symbol, Digit):
            digits.setdefault(symbol.column, set()).add(symbol.number)
            counts[symbol.column] = symbol.count
    whole = [symbol.columns for symbol in found if isinstance(symbol, Whole)]
    return frozenset(column for column, numbers in digits.items() if len(numbers) == counts[column]).union(*whole)


def _anchored(symbols: Sequence[Symbol]) -> Iterable[Symbol]:
    """The symbols up to the first one whose length is not known. A number ends before a character that is no digit."""
    for position, symbol in enumerate(symbols):
        if length_of(symbol) is None:
            after = symbols[position + 1] if position + 1 < len(symbols) else None
            if not (isinstance(symbol, Whole) and symbol.numeric and isinstance(after, str) and not after.isdigit()):
                return
        yield symbol


def length_of(symbol: Symbol) -> int | None:
    """The symbol's number of characters; None: it differs."""
    return symbol.length if isinstance(symbol, Whole | AnyText) else 1


def length(text: Text) -> int | None:
    """The text's number of characters; None: it differs."""
    lengths = [length_of(symbol) for symbol in text.symbols]
    return None if None in lengths else sum(one for one in lengths if one is not None)


def characters(text: str) -> tuple[Symbol, ...]:
    """The text as symbols."""
    return tuple(text)


def first(text: Text, count: int) -> Text:
    """The text's first characters. What is cut in the middle is not told apart."""
    kept: list[Symbol] = []
    left = count
    for symbol in text.symbols:
        size = length_of(symbol)
        if size is None:
            return replace(text, symbols=(*kept, GAP))
        if size > left:
            return replace(text, symbols=(*kept, *([AnyText(left)] if left else ())))
        kept.append(symbol)
        left -= size
    return replace(text, symbols=tuple(kept))


def last(text: Text, count: int) -> Text:
    """The text's last characters, as `first`."""
    return reversed_text(first(reversed_text(text), count))


def reversed_text(text: Text) -> Text:
    """The text from its end."""
    return replace(text, symbols=text.symbols[::-1])


def after(text: Text, count: int) -> Text:
    """The text without its first characters."""
    left = count
    for position, symbol in enumerate(text.symbols):
        if not left:
            return replace(text, symbols=text.symbols[position:])
        size = length_of(symbol)
        if size is None:
            return replace(text, symbols=(GAP,))  # it may be shorter, so that more is left out
        if size > left:
            return replace(text, symbols=(AnyText(size - left), *text.symbols[position + 1 :]))
        left -= size
    return replace(text, symbols=())


def merged(images: Sequence[Image]) -> Image:
    """The image of values that are of the one or the other of these, depending on the row."""
    texts = [image for image in images if isinstance(image, Text)]
    nullable = any(image.nullable for image in images)
    if len(texts) == len(images) and len({len(text.symbols) for text in texts}) == 1:
        columns = zip(*(text.symbols for text in texts), strict=True)
        lengths = [{length_of(symbol) for symbol in found} for found in columns]
        if all(len(found) == 1 for found in lengths):
            symbols = zip(*(text.symbols for text in texts), strict=True)
            return Text(
                symbols=tuple(found[0] if len(set(found)) == 1 else AnyText(length_of(found[0])) for found in symbols), nullable=nullable
            )
    return Unknown(nullable=nullable)
