"""Texts of locales: people and places, values of lists, and texts of several words, sentences or paragraphs."""

from collections.abc import Sequence
from functools import lru_cache, partial

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below
from parloader.generation.pools import fitting
from parloader.generation.values.compositions import Compositions, composed
from parloader.generation.values.places import PLACES, place
from parloader.plans.compositions import FAMILY_OF
from parloader.plans.generators import COUNTED, Provider, Slug
from parloader.plans.locales import locale_data

LISTS = {
    "word": ("word",),
    "words": ("words",),
    "paragraph": ("sentence",),
    "text": ("sentence",),
    "review": ("review_good", "review_good", "review_mixed"),
}
"""Provider → the lists of a locale's file that it chooses from, if not the one of its own name."""

USUAL_COUNTS = {"paragraph": (3, 5), "text": (8, 16), "review": (1, 3), "review_good": (1, 3), "review_bad": (1, 2), "description": (1, 3)}
"""Sentences, if no `count` is given: at least, at most. All others have one."""

MAX_PIECES = 1_000
"""Words or sentences of a text. With more, a batch takes too much memory."""

SENTENCES_OF_A_PARAGRAPH = 4


@lru_cache(maxsize=256)
def _values(name: str, locale: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for key in LISTS.get(name, (name,)) for value in locale_data(locale)[key]))


def text_of_locale(generator: Provider, context: ColumnContext, count: pl.Expr | None) -> pl.Expr:
    """String (coordinates: Decimal). `count`: how many words, sentences or paragraphs; None: as usual."""
    if generator.name in FAMILY_OF:
        return composed(generator, context)
    if generator.name in PLACES:
        return place(generator, context)
    row = Compositions("person", generator.locale, context, generator.group)
    words = generator.name in ("word", "words") and count is not None
    lists = [_values("word" if words else generator.name, locale) for locale in row.turns.names]
    if generator.name in USUAL_COUNTS and count is None:
        least, most = USUAL_COUNTS[generator.name]
        count = below(context.random_bits("count", group=generator.group), most - least + 1) + least
    if count is None or generator.name not in COUNTED:
        return _one(generator, context, row, [fitting(list(values), generator.length) for values in lists])
    if generator.name == "paragraph" and generator.count is not None:
        count = count * SENTENCES_OF_A_PARAGRAPH
    pieces = partial(_joined, generator, context, row, lists)
    return pl.struct(INDEX.alias("i"), count.cast(pl.Int64).alias("count")).map_batches(pieces, return_dtype=pl.String)


def _one(generator: Provider, context: ColumnContext, row: Compositions, lists: Sequence[Sequence[str]]) -> pl.Expr:
    size = row.of_locale([len(values) for values in lists])
    at = below(context.random_bits(f"pool/{generator.name}", group=generator.group), size)
    return row.evaluated(row.of_locales(lists, at), pl.String(), names=False)


def _joined(generator: Provider, context: ColumnContext, row: Compositions, lists: Sequence[Sequence[str]], rows: pl.Series) -> pl.Series:
    """`count` pieces of the row's locale, different ones as long as the list has them, as many as fit into `length`."""
    counts = rows.struct.field("count").clip(0, MAX_PIECES).fill_null(0)
    frame = row.frame(rows.struct.field("i"), names=False).with_columns(count=counts)
    sizes = pl.lit(pl.Series([_prime(len(values)) for values in lists], dtype=pl.Int64)).gather(pl.col("locale"))
    starts = pl.lit(pl.Series([sum(map(len, lists[:k])) for k in range(len(lists))], dtype=pl.Int64)).gather(pl.col("locale"))
    values = pl.lit(pl.Series([value for each in lists for value in each], dtype=pl.String))
    frame = frame.with_columns(
        first=below(context.random_bits("pool/first", group=generator.group), sizes),
        step=below(context.random_bits("pool/step", group=generator.group), sizes - 1) + 1,
        size=sizes,
        start=starts,
        text=pl.lit(""),
    )
    longest = int(frame["count"].max() or 0)  # type: ignore[arg-type]
    for k in range(longest):
        piece = values.gather(pl.col("start") + (pl.col("first") + pl.col("step") * k) % pl.col("size"))
        if k:
            is_new = generator.name == "paragraph" and generator.count is not None and k % SENTENCES_OF_A_PARAGRAPH == 0
            piece = pl.concat_str(pl.lit("\n\n" if is_new else " "), piece)
        more = pl.concat_str(pl.col("text"), piece)
        fits = pl.col("count") > k
        if generator.length:
            fits &= more.str.len_chars() <= generator.length
        frame = frame.with_columns(pl.when(fits).then(more).otherwise(pl.col("text")).alias("text"))
    if generator.length:  # not even the first piece
        too_short = (pl.col("text") == "") & (pl.col("count") > 0)
        cut = values.gather(pl.col("start") + pl.col("first")).str.slice(0, generator.length).str.strip_chars_end(" ,")
        frame = frame.with_columns(pl.when(too_short).then(cut).otherwise(pl.col("text")).alias("text"))
    return frame["text"]


@lru_cache(maxsize=256)
def _prime(count: int) -> int:
    """The largest prime up to `count` (3 or more), so that every step visits all numbers below it."""
    return next(n for n in range(count, 1, -1) if all(n % divisor for divisor in range(2, int(n**0.5) + 1)))


def slug_of(generator: Slug) -> pl.Expr:
    """String: the column without accents, in lower case, with a hyphen for everything between its letters and digits."""
    plain = pl.col(generator.column).cast(pl.String).str.replace_all("['’]", "").str.normalize("NFKD")
    words = plain.str.to_lowercase().str.replace_all("ß", "ss").str.replace_all("ł", "l").str.replace_all("đ", "d")
    text = words.str.replace_all("\\p{M}", "").str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-")
    return text.str.slice(0, generator.length).str.strip_chars_end("-") if generator.length else text
