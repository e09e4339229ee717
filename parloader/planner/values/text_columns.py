"""Which texts a column and its domain take, and plausible ones for it."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, combinations

from parloader.generation import pools
from parloader.planner.values import column_names, pattern_samples
from parloader.planner.values.column_names import split_identifier
from parloader.plans.generators import Choice, Const, Generator, Provider, Random
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Constant, Matches
from parloader.schema.model import ColumnSchema, ColumnType

# What an ASCII character takes; it is one byte everywhere else
BYTES_OF_ASCII = {"ucs2": 2, "utf16": 2, "utf16le": 2, "utf32": 4}

# The last character of the charsets that have everything up to it; ASCII is in all others (of the servers' own, and that is all that is made here)
UNICODE = {"utf8": "\uffff", "utf8mb3": "\uffff", "ucs2": "\uffff", **dict.fromkeys(("utf8mb4", "utf16", "utf16le", "utf32"), "\U0010ffff")}

MAX_LENGTH = 2_000  # characters; plausible texts are no longer, however much a LONGTEXT holds

UUID_LENGTH = 36

# Collations that take i for y, i for j and u for v, or m for n (of all that both servers have, tried with all pairs of letters and digits)
MIXING = ("lithuanian", "_roman_", "macce_general", "_lv_0900_ai", "_lt_0900_ai", "_la_0900_ai")

ALIKE = str.maketrans("jyvn", "iium")

MAX_LISTED = 200

FEWEST = 8  # as many of a pool have to be allowed, or others are made

LONG, MIDDLING = 40, 12  # characters: room for a sentence, for some words

LONGEST_CODE = 32  # a CHAR of up to so many characters is filled

CODES = frozenset(["code", "sku", "ref", "reference", "number", "no", "serial", "key", "abbreviation", "abbr", "symbol", "iso"])


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """In characters, both ends included."""

    least: int
    most: int


def is_uuid(name: str) -> bool:
    return bool({"uuid", "guid"}.intersection(split_identifier(name)))


def takes_uuids(domain: Domain, lengths: Lengths) -> bool:
    """Whether it takes every UUID of version 4 as text, in lower case."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    if bounded or domain.excluded or domain.json or not lengths.least <= UUID_LENGTH <= lengths.most:
        return False
    return all(accepts(domain, f"{x * 8}-{x * 4}-4{x * 3}-{v}{x * 3}-{x * 12}") for x in "0123456789abcdef" for v in "89ab")


def lengths(column: ColumnSchema, domain: Domain) -> Lengths | None:
    """None: no length is allowed."""
    most = MAX_LENGTH if column.kind is ColumnType.JSON else min(MAX_LENGTH, column.length)
    if domain.most_length is not None:
        most = min(most, domain.most_length)
    if domain.most_bytes is not None:
        most = min(most, domain.most_bytes // BYTES_OF_ASCII.get(column.charset, 1))
    return Lengths(least=domain.least_length, most=most) if domain.least_length <= most else None


def fold(text: str) -> str:
    """The same for texts that some collation may take for the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).strip()


def accepts(domain: Domain, text: str) -> bool:
    """Whether the domain, its lengths aside, surely takes the text, whatever the collation."""
    if domain.values is not None and text not in map(str, domain.values):
        return False
    if domain.excluded and fold(text) in _barred(domain.excluded):
        return False
    if domain.matches and not re.fullmatch(_expression(domain.matches.parts), text, re.DOTALL):
        return False
    if domain.json and not _is_json(text):
        return False
    return _above(domain.low, text, domain.low_open) and _above(text, domain.high, domain.high_open)


@lru_cache(maxsize=64)
def _barred(excluded: tuple[Constant, ...]) -> frozenset[str]:
    return frozenset(fold(str(value)) for value in excluded)


@lru_cache(maxsize=64)
def _expression(parts: tuple[tuple[str, int, int | None], ...]) -> str:
    return "".join(
        f"[{re.escape(characters)}]{{{least},{'' if most is None else most}}}" for characters, least, most in parts if characters
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _above(low: object, high: object, without_end: bool) -> bool:
    if low is None or high is None or (low == "" and not without_end):
        return True
    if not (isinstance(low, str) and isinstance(high, str)) or (low == high and without_end):
        return False
    # Collations agree on the order of letters and digits only, and not on that of the two cases
    plain = (low + high).isascii() and (low + high).isalnum()
    return low == high or ((plain or not low) and low < high and low.casefold() < high.casefold())


def is_limited_by_length_only(domain: Domain) -> bool:
    """Whether only the length counts."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    return not (bounded or domain.excluded or domain.matches or domain.json)


def listed_texts(column: ColumnSchema, domain: Domain) -> tuple[str, ...]:
    """Those of the domain's value list that the column takes."""
    size = lengths(column, domain)
    values = [str(value) for value in domain.values or ()]
    return tuple(v for v in values if size and size.least <= len(v) <= size.most and fits_charset(column, v) and accepts(domain, v))


def members(column: ColumnSchema, domain: Domain) -> Iterator[str]:
    """What the domain takes: of an ENUM its values; of a SET the combinations of them, small ones first, spelled as the server spells them."""
    counts = range(1, len(column.values) + 1) if column.kind is ColumnType.SET else (1,)
    for combination in chain.from_iterable(combinations(column.values, count) for count in counts):
        member = ",".join(combination)
        if accepts(domain, member) and domain.least_length <= len(member) <= (domain.most_length or MAX_LENGTH):
            yield member


def mixes_letters(column: ColumnSchema) -> bool:
    """Whether its collation takes two of the letters a to z for one."""
    return any(part in column.collation for part in MIXING)


def distinct_values(column: ColumnSchema, values: Iterable[str], prefix: int | None) -> Iterator[str]:
    """Those that differ from all before them within the first `prefix` characters, whatever the case and the accents."""
    seen = set()
    mixed = ALIKE if mixes_letters(column) else {}
    for value in values:
        same = fold(value[:prefix]).translate(mixed)
        if same not in seen:
            seen.add(same)
            yield value


def fits_charset(column: ColumnSchema, text: str) -> bool:
    """Whether it surely has all the characters."""
    if column.charset == "latin1":  # MySQL's is Windows-1252
        return text == text.encode("cp1252", errors="ignore").decode("cp1252")
    most = UNICODE.get(column.charset, "\x7f")
    return all(character <= most for character in text)


def text_generator(column: ColumnSchema, domain: Domain) -> Generator | None:
    if column.kind is ColumnType.JSON:
        domain = replace(domain, json=True)
    if domain.values is not None:
        values = listed_texts(column, domain)
        return Choice(values=values) if values else None
    size = lengths(column, domain)
    if size is None:
        return None
    if size.most == 0:
        return Const(value="") if accepts(domain, "") else None
    if is_uuid(column.name) and takes_uuids(domain, size):
        return Random(form="uuid")
    return _from_pool(column, domain, size) or _made(column, domain, size)


def _from_pool(column: ColumnSchema, domain: Domain, size: Lengths) -> Generator | None:
    name = _pool(column, domain, size)
    if name is None:
        return None
    values = [str(value) for value in pools.pool(name, length=size.most)]
    allowed = [value for value in values if len(value) >= size.least and accepts(domain, value)]
    if len(allowed) == len(values):
        longer = any(len(value) > size.most for value in pools.pool(name))
        return Provider(name=name, length=size.most if longer else 0)
    return Choice(values=tuple(allowed[:MAX_LISTED])) if len(allowed) >= FEWEST else None


def _pool(column: ColumnSchema, domain: Domain, size: Lengths) -> str | None:
    if domain.json:
        return "json"
    if name := column_names.provider_for_column(column.name, size.most):
        return name
    if column.fixed or CODES.intersection(split_identifier(column.name)):
        return None
    return "sentence" if size.most >= LONG else "words" if size.most >= MIDDLING else None


def _made(column: ColumnSchema, domain: Domain, size: Lengths) -> Generator | None:
    """Letters, or what the pattern wants."""
    if domain.json:
        values = tuple(t for t in ('{"a": 1}', "{}", "[]", "1", *_quoted(size)) if size.least <= len(t) <= size.most and accepts(domain, t))
        return Choice(values=values) if values else None
    if is_limited_by_length_only(domain):
        least = max(1, size.least)
        if column.fixed and size.most <= LONGEST_CODE:
            return Random(form="letters", length=size.most)
        return Random(form="letters", least=least, length=min(size.most, least + 9))
    values = tuple(accepted_samples(column, domain, size))
    return Choice(values=values) if values else None


def _quoted(size: Lengths) -> tuple[str, ...]:
    return (f'"{"a" * (size.least - 2)}"',) if size.least >= 2 else ()


ANY_WORD = Matches(column="", parts=((pattern_samples.BASE_36[10:], 0, None),), whole=True)

ANY_CAPITALS = Matches(column="", parts=((pattern_samples.BASE_36[10:].upper(), 0, None),), whole=True)

ANY_NUMBER = Matches(column="", parts=((pattern_samples.BASE_36[:10], 0, None),), whole=True)


def accepted_samples(column: ColumnSchema, domain: Domain, size: Lengths) -> list[str]:
    """Some texts, made for the column, that the domain takes."""
    wanted = [domain.matches] if domain.matches else [ANY_WORD, ANY_CAPITALS, ANY_NUMBER]
    ends = [end for end in (domain.low, domain.high) if isinstance(end, str)]
    made = [
        text
        for matches in wanted
        for text in (*ends, *pattern_samples.samples(matches, max(size.least, min(1, size.most)), size.most, 2 * MAX_LISTED, column.name))
        if size.least <= len(text) <= size.most and accepts(domain, text) and fits_charset(column, text)
    ]
    return list(dict.fromkeys(made))[:MAX_LISTED]
