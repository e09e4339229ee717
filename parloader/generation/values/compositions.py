"""People, products, companies and titles: texts of two parts, the same ones in all columns of a group.

Row i has number n = offset + i. The locales of a generator take turns in a random order; in its locale, the row's number is scattered over all
pairs of parts (scattered_pairs.py). So names repeat only when all of them have occurred.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below, draw, draw_number, stream
from parloader.generation.values.scattered_pairs import number_of, scattered
from parloader.plans.compositions import (
    FAMILY_OF,
    FORMS,
    MAIL_DOMAINS,
    MAX_ROUND_DIGITS,
    SEPARATORS,
    Parts,
    locales_of,
    numbering,
    parts,
    source,
)
from parloader.plans.generators import Provider, Unique
from parloader.plans.locales import locale_data, plain

SHUFFLES = 64  # orders in which locales take turns

LOCALE = "locale"  # purpose of the draws for the turns

LOCALE_NUMBER = pl.col("locale")
"""The number of the row's locale in `Turns.names`, in the frames of Compositions."""


@lru_cache(maxsize=64)
def shuffled(turns: int) -> tuple[tuple[int, ...], ...]:
    """SHUFFLES orders of 0 … `turns` - 1, the same for all plans."""
    return tuple(
        tuple(sorted(range(turns), key=lambda turn: (draw_number(turn, stream(0, "locales", str(turns), str(k))), turn)))
        for k in range(SHUFFLES)
    )


class Turns:
    """Which locale has its turn in a row."""

    def __init__(self, locales: tuple[str, ...], draws: Callable[[str, pl.Expr], pl.Expr]) -> None:
        """`draws`: 64 random bits for a purpose and numbers."""
        self.names = tuple(dict.fromkeys(locales))
        self._turns = tuple(self.names.index(locale) for locale in locales)
        self._ranks = tuple(self._turns[:turn].count(number) for turn, number in enumerate(self._turns))
        self._weights = tuple(self._turns.count(number) for number in range(len(self.names)))
        self._draws = draws

    def of(self, number: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """Int64: the locale's number in `names`, and the row's number in this locale."""
        if len(self._turns) == 1:
            return pl.lit(0, dtype=pl.Int64), number
        block, position = number // len(self._turns), number % len(self._turns)
        turn = self._listed([turn for order in shuffled(len(self._turns)) for turn in order]).gather(self._row_of(block) + position)
        locale = self._listed(self._turns).gather(turn)
        return locale, block * self._listed(self._weights).gather(locale) + self._listed(self._ranks).gather(turn)

    def number(self, locale: pl.Expr, number: pl.Expr) -> pl.Expr:
        """The row's number of which `of` gives these."""
        if len(self._turns) == 1:
            return number
        weight = self._listed(self._weights).gather(locale)
        first = [self._turns.index(k) for k in range(len(self.names))]
        by_rank = sorted(range(len(self._turns)), key=lambda turn: (self._turns[turn], self._ranks[turn]))
        starts = [sum(self._weights[:k]) for k in range(len(first))]
        turn = self._listed(by_rank).gather(self._listed(starts).gather(locale) + number % weight)
        block = number // weight
        positions = [order.index(turn) for order in shuffled(len(self._turns)) for turn in range(len(self._turns))]
        return block * len(self._turns) + self._listed(positions).gather(self._row_of(block) + turn)

    def _row_of(self, block: pl.Expr) -> pl.Expr:
        return below(self._draws(LOCALE, block), SHUFFLES) * len(self._turns)

    @staticmethod
    def _listed(numbers: Sequence[int]) -> pl.Expr:
        return pl.lit(pl.Series(numbers, dtype=pl.Int64))


class Compositions:
    """The compositions of a family, of a column or of all columns of a group."""

    def __init__(self, family: str, locale: "str | tuple[str, ...] | None", context: ColumnContext, group: str | None) -> None:
        self.context, self.group, self.family = context, group, family
        self.turns = Turns(tuple(source(family, each) for each in locales_of(locale)), self.draws)
        self.parts = [parts(family, each) for each in self.turns.names]

    def draws(self, purpose: str, number: pl.Expr) -> pl.Expr:
        """64 random bits, the same ones in all columns of the group, and in all branches of a `when`."""
        context = self.context
        return draw(number, stream(context.seed, context.table, self.group or context.column, purpose))

    def _bits(self, k: int, number: pl.Expr) -> pl.Expr:
        return self.draws(f"{self.family}/{k}", number)

    def evaluated(self, value: pl.Expr, dtype: pl.DataType, *, names: bool = True) -> pl.Expr:
        """The value, an expression of `i`, `locale` and, with `names`, a, b and turn."""
        return INDEX.map_batches(lambda indices: self.frame(indices, names=names).select(value.alias("value"))["value"], return_dtype=dtype)

    def frame(self, indices: pl.Series, *, names: bool = True) -> pl.DataFrame:
        """The columns i, n, locale and, with `names`, number, a, b and turn (scattered_pairs.py) of these rows."""
        frame = pl.DataFrame({"i": indices, "n": indices + self.context.offset})
        locale, number = self.turns.of(pl.col("n"))
        frame = frame.with_columns(locale=locale, number=number)
        return scattered(frame, *self.sizes, self._bits) if names else frame

    @property
    def sizes(self) -> tuple[int | pl.Expr, int | pl.Expr]:
        """How many first and last parts there are."""
        return self.of_locale([len(each.first) for each in self.parts]), self.of_locale([len(each.last) for each in self.parts])

    @staticmethod
    def of_locale(numbers: Sequence[int]) -> int | pl.Expr:
        """The number of the row's locale."""
        return numbers[0] if len(numbers) == 1 else pl.lit(pl.Series(numbers, dtype=pl.Int64)).gather(LOCALE_NUMBER)

    def of_locales(self, values: Iterable[Sequence[str]], at: pl.Expr) -> pl.Expr:
        """Value number `at` of the row's locale."""
        lists = list(values)
        starts = [sum(map(len, lists[:k])) for k in range(len(lists))]
        series = pl.lit(pl.Series([value for each in lists for value in each], dtype=pl.String))
        return series.gather(at + self.of_locale(starts))

    @property
    def is_woman(self) -> pl.Expr:
        return pl.col("a") < self.of_locale([each.women for each in self.parts])

    def first(self, *, spelled: bool = False) -> pl.Expr:
        return self.of_locales([each.first_spelled if spelled else each.first for each in self.parts], pl.col("a"))

    def last(self, *, spelled: bool = False) -> pl.Expr:
        neutral = [each.last_spelled if spelled else each.last for each in self.parts]
        female = [each.last_female_spelled if spelled else each.last_female for each in self.parts]
        if neutral == female:
            return self.of_locales(neutral, pl.col("b"))
        at = pl.col("b") + pl.when(self.is_woman).then(self.of_locale([len(each.last) for each in self.parts])).otherwise(0)
        return self.of_locales([[*both[0], *both[1]] for both in zip(neutral, female, strict=True)], at)

    def full(self) -> pl.Expr:
        """Both parts, in the order and with the blank of the locale."""
        first, last = self.first(), self.last()
        forms = list(dict.fromkeys(each.form for each in self.parts))
        texts = [_in_form(form, first, last) for form in forms]
        result = texts[-1]
        for form, text in zip(forms[:-1], texts[:-1], strict=True):
            numbers = [k for k, each in enumerate(self.parts) if each.form == form]
            result = pl.when(LOCALE_NUMBER.is_in(numbers)).then(text).otherwise(result)
        return result

    def address(self) -> pl.Expr:
        """The spelled names, with a separator that the person decides."""
        separator = pl.lit(pl.Series(SEPARATORS)).gather(below(self._style, len(SEPARATORS)))
        return pl.concat_str(self.first(spelled=True), separator, self.last(spelled=True))

    @property
    def domain(self) -> pl.Expr:
        return pl.lit(pl.Series([f"@{name}" for name in MAIL_DOMAINS])).gather(
            below(self._style // pl.lit(len(SEPARATORS), dtype=pl.UInt64), len(MAIL_DOMAINS))
        )

    @property
    def _style(self) -> pl.Expr:
        return self.draws("style", pl.col("a") * 2**20 + pl.col("b") + LOCALE_NUMBER * 2**40)

    def slug(self) -> pl.Expr:
        return pl.concat_str(self.first(spelled=True), pl.lit("-"), self.last(spelled=True))


def _in_form(form: str, first: pl.Expr, last: pl.Expr) -> pl.Expr:
    blank = [pl.lit(" ")] if " " in form else []
    return pl.concat_str(*([first, *blank, last] if form.startswith("{first}") else [last, *blank, first]))


def composed(generator: Provider, context: ColumnContext) -> pl.Expr:
    """String: a value of a provider of a family, without numbers; texts that are longer than `length` are cut."""
    found = Compositions(FAMILY_OF[generator.name], generator.locale, context, generator.group)
    match generator.name:
        case "first_name":
            text = found.first()
        case "last_name":
            text = found.last()
        case "gender":
            genders = [locale_data(name)["gender"] for name in found.turns.names]
            text = found.of_locales(genders, pl.when(found.is_woman).then(0).otherwise(1))
        case "username":
            text = found.address()
        case "email":
            longest = 1 + max(map(len, MAIL_DOMAINS))
            local = found.address()
            if generator.length:
                local = local.str.slice(0, max(1, generator.length - longest)).str.strip_chars_end("._")
            text = pl.concat_str(local, found.domain)
        case _:
            text = found.full()
    if generator.length:
        text = text.str.slice(0, generator.length).str.strip_chars_end(" .-_")
    return found.evaluated(text, pl.String())


def unique_composed(generator: Unique, context: ColumnContext) -> pl.Expr:
    """String: a different one for each n."""
    form, family = str(generator.form), family_of(generator)
    found = Compositions(family, generator.locale, context, generator.group)
    numbers = numbering(form, found.parts, generator.length)
    assert numbers is not None  # `capacity` would be 0
    text = found.address() if form in ("email", "username") else found.slug() if form == "slug" else found.full()
    suffix = found.domain if form == "email" else pl.lit("")
    number = pl.concat_str(pl.lit(FORMS[form].between), (pl.col("turn") + 1).cast(pl.String))
    unique = pl.concat_str(text, pl.when(pl.col("turn") > 0).then(number).otherwise(pl.lit("")), suffix)
    if numbers.room is not None:  # no other number begins with 0
        cut = pl.concat_str(text.str.slice(0, numbers.room).str.strip_chars_end("._-"), pl.lit("0"), pl.col("n").cast(pl.String), suffix)
        unique = pl.when(unique.str.len_chars() <= generator.length).then(unique).otherwise(cut)
    return found.evaluated(unique, pl.String())


def family_of(generator: Unique) -> str:
    """The family whose compositions the values of the Unique are."""
    return FAMILY_OF[generator.of or str(generator.form)]


def taken_numbers(generator: Unique, context: ColumnContext, values: Iterable[str]) -> pl.Series:
    """Int64: the n whose texts these values are, or may be equal to in some collation. Other values have none."""
    form, found = str(generator.form), Compositions(family_of(generator), generator.locale, context, generator.group)
    numbers = numbering(form, found.parts, generator.length)
    assert numbers is not None
    values = list(values)
    reader = _Reader(found, form)
    read = [parsed for value in values for parsed in reader.read(value)]
    frame = pl.DataFrame(read, schema=dict.fromkeys(("locale", "a", "b", "turn"), pl.Int64), orient="row")
    frame = frame.with_columns(number=number_of(frame, *found.sizes, found._bits))
    of_names = frame.select(n=found.turns.number(LOCALE_NUMBER, pl.col("number")))["n"]
    if numbers.room is None:
        return of_names
    local = pl.Series(values, dtype=pl.String).str.split("@").list.first()
    return pl.concat([of_names, local.str.extract(r"\D0(\d{1,7})$").drop_nulls().cast(pl.Int64)])


class _Reader:
    """Finds the parts of a text."""

    def __init__(self, found: Compositions, form: str) -> None:
        self._spelled, self._form, self._parts = FORMS[form].spelled, form, found.parts
        self._last: dict[str, list[tuple[int, int]]] = {}
        self._first: list[dict[str, int]] = []
        for k, each in enumerate(found.parts):
            first = each.first_spelled if self._spelled else each.first
            self._first.append({_key(text): a for a, text in enumerate(first)})
            for names in _last_names(each, spelled=self._spelled):
                for b, text in enumerate(names):
                    self._last.setdefault(_key(text), []).append((k, b))

    def read(self, text: str) -> Iterator[tuple[int, int, int, int]]:
        """(locale, a, b, round) of each composition that the text may be."""
        local = _key(text.partition("@")[0])
        names = local.rstrip("0123456789")
        number = local[len(names) :]
        names = names.rstrip("-")
        if len(number) > MAX_ROUND_DIGITS:
            return
        turn = max(0, int(number or 0) - 1)
        for at in range(1, len(names)):
            for first, last in ((names[:at], names[at:]), (names[at:], names[:at])):
                for k, b in self._last.get(last, ()):
                    if (a := self._first[k].get(first)) is not None:
                        yield k, a, b, turn


def _last_names(each: Parts, *, spelled: bool) -> list[tuple[str, ...]]:
    both = [each.last_spelled, each.last_female_spelled] if spelled else [each.last, each.last_female]
    return both if both[0] != both[1] else both[:1]


@lru_cache(maxsize=100_000)
def _key(text: str) -> str:
    """The text without anything that some collation, or the form of a locale, may leave out."""
    lower = text.casefold()
    if lower.isascii():
        return "".join(c for c in lower if c.isalnum())
    return plain(lower) + "".join(c for c in lower if (not "a" <= c <= "z" and c.isalnum() and ord(c) > 0x2E7F) or c.isdigit())
