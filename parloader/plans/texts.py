"""Which texts a column and its domain take, and plausible ones for it."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, combinations

from parloader.plans import matching, pools
from parloader.plans.checks import Constant, Matches
from parloader.plans.domains import Domain
from parloader.plans.generators import Choice, Const, Generator, Provider, Random
from parloader.plans.plausible import words
from parloader.plans.shape import Column, Kind

# What an ASCII character takes; it is one byte everywhere else
BYTES_OF_ASCII = {"ucs2": 2, "utf16": 2, "utf16le": 2, "utf32": 4}
# The last character of the charsets that have everything up to it; ASCII is in all others (of the servers' own, and that is all that is made here)
UNICODE = {"utf8": "\uffff", "utf8mb3": "\uffff", "ucs2": "\uffff", **dict.fromkeys(("utf8mb4", "utf16", "utf16le", "utf32"), "\U0010ffff")}
LONGEST = 2_000  # characters; plausible texts are no longer, however much a LONGTEXT holds
UUID_LENGTH = 36
# Collations that take i for y, i for j and u for v, or m for n (of all that both servers have, tried with all pairs of letters and digits)
MIXING = ("lithuanian", "_roman_", "macce_general", "_lv_0900_ai", "_lt_0900_ai", "_la_0900_ai")
ALIKE = str.maketrans("jyvn", "iium")
MOST_LISTED = 200
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
    return bool({"uuid", "guid"}.intersection(words(name)))


def takes_uuids(domain: Domain, lengths: Lengths) -> bool:
    """Whether it takes every UUID of version 4 as text, in lower case."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    if bounded or domain.excluded or domain.json or not lengths.least <= UUID_LENGTH <= lengths.most:
        return False
    return all(accepts(domain, f"{x * 8}-{x * 4}-4{x * 3}-{v}{x * 3}-{x * 12}") for x in "0123456789abcdef" for v in "89ab")


def lengths(column: Column, domain: Domain) -> Lengths | None:
    """None: no length is allowed."""
    most = LONGEST if column.kind is Kind.JSON else min(LONGEST, column.length)
    if domain.most_length is not None:
        most = min(most, domain.most_length)
    if domain.most_bytes is not None:
        most = min(most, domain.most_bytes // BYTES_OF_ASCII.get(column.charset, 1))
    return Lengths(least=domain.least_length, most=most) if domain.least_length <= most else None


def folded(text: str) -> str:
    """The same for texts that some collation may take for the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).strip()


def accepts(domain: Domain, text: str) -> bool:
    """Whether the domain, its lengths aside, surely takes the text, whatever the collation."""
    if domain.values is not None and text not in map(str, domain.values):
        return False
    if domain.excluded and folded(text) in _barred(domain.excluded):
        return False
    if domain.matches and not re.fullmatch(_expression(domain.matches.parts), text, re.DOTALL):
        return False
    if domain.json and not _is_json(text):
        return False
    return _above(domain.low, text, domain.low_open) and _above(text, domain.high, domain.high_open)


@lru_cache(maxsize=64)
def _barred(excluded: tuple[Constant, ...]) -> frozenset[str]:
    return frozenset(folded(str(value)) for value in excluded)


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


def is_free(domain: Domain) -> bool:
    """Whether only the length counts."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    return not (bounded or domain.excluded or domain.matches or domain.json)


def listed(column: Column, domain: Domain) -> tuple[str, ...]:
    """Those of the domain's value list that the column takes."""
    size = lengths(column, domain)
    values = [str(value) for value in domain.values or ()]
    return tuple(v for v in values if size and size.least <= len(v) <= size.most and fits_charset(column, v) and accepts(domain, v))


def members(column: Column, domain: Domain) -> Iterator[str]:
    """What the domain takes: of an ENUM its values; of a SET the combinations of them, small ones first, spelled as the server spells them."""
    counts = range(1, len(column.values) + 1) if column.kind is Kind.SET else (1,)
    for combination in chain.from_iterable(combinations(column.values, count) for count in counts):
        member = ",".join(combination)
        if accepts(domain, member) and domain.least_length <= len(member) <= (domain.most_length or LONGEST):
            yield member


def mixes_letters(column: Column) -> bool:
    """Whether its collation takes two of the letters a to z for one."""
    return any(part in column.collation for part in MIXING)


def apart(column: Column, values: Iterable[str], prefix: int | None) -> Iterator[str]:
    """Those that differ from all before them within the first `prefix` characters, whatever the case and the accents."""
    seen = set()
    mixed = ALIKE if mixes_letters(column) else {}
    for value in values:
        same = folded(value[:prefix]).translate(mixed)
        if same not in seen:
            seen.add(same)
            yield value


def fits_charset(column: Column, text: str) -> bool:
    """Whether it surely has all the characters."""
    if column.charset == "latin1":  # MySQL's is Windows-1252
        return text == text.encode("cp1252", errors="ignore").decode("cp1252")
    most = UNICODE.get(column.charset, "\x7f")
    return all(character <= most for character in text)


def text(column: Column, domain: Domain) -> Generator | None:
    if column.kind is Kind.JSON:
        domain = replace(domain, json=True)
    if domain.values is not None:
        values = listed(column, domain)
        return Choice(values=values) if values else None
    size = lengths(column, domain)
    if size is None:
        return None
    if size.most == 0:
        return Const(value="") if accepts(domain, "") else None
    if is_uuid(column.name) and takes_uuids(domain, size):
        return Random(form="uuid")
    return _from_pool(column, domain, size) or _made(column, domain, size)


def _from_pool(column: Column, domain: Domain, size: Lengths) -> Generator | None:
    name = _pool(column, domain, size)
    if name is None:
        return None
    values = [str(value) for value in pools.pool(name, length=size.most)]
    allowed = [value for value in values if len(value) >= size.least and accepts(domain, value)]
    if len(allowed) == len(values):
        longer = any(len(value) > size.most for value in pools.pool(name))
        return Provider(name=name, length=size.most if longer else 0)
    return Choice(values=tuple(allowed[:MOST_LISTED])) if len(allowed) >= FEWEST else None


def _pool(column: Column, domain: Domain, size: Lengths) -> str | None:
    if domain.json:
        return "json"
    if name := pools.guess(column.name, size.most):
        return name
    if column.fixed or CODES.intersection(words(column.name)):
        return None
    return "sentence" if size.most >= LONG else "words" if size.most >= MIDDLING else None


def _made(column: Column, domain: Domain, size: Lengths) -> Generator | None:
    """Letters, or what the pattern wants."""
    if domain.json:
        values = tuple(t for t in ('{"a": 1}', "{}", "[]", "1", *_quoted(size)) if size.least <= len(t) <= size.most and accepts(domain, t))
        return Choice(values=values) if values else None
    if is_free(domain):
        least = max(1, size.least)
        if column.fixed and size.most <= LONGEST_CODE:
            return Random(form="letters", length=size.most)
        return Random(form="letters", least=least, length=min(size.most, least + 9))
    values = tuple(filtered(column, domain, size))
    return Choice(values=values) if values else None


def _quoted(size: Lengths) -> tuple[str, ...]:
    return (f'"{"a" * (size.least - 2)}"',) if size.least >= 2 else ()


ANY_WORD = Matches(column="", parts=((matching.BASE_36[10:], 0, None),), whole=True)
ANY_CAPITALS = Matches(column="", parts=((matching.BASE_36[10:].upper(), 0, None),), whole=True)
ANY_NUMBER = Matches(column="", parts=((matching.BASE_36[:10], 0, None),), whole=True)


def filtered(column: Column, domain: Domain, size: Lengths) -> list[str]:
    """Some texts, made for the column, that the domain takes."""
    wanted = [domain.matches] if domain.matches else [ANY_WORD, ANY_CAPITALS, ANY_NUMBER]
    ends = [end for end in (domain.low, domain.high) if isinstance(end, str)]
    made = [
        text
        for matches in wanted
        for text in (*ends, *matching.samples(matches, max(size.least, min(1, size.most)), size.most, 2 * MOST_LISTED, column.name))
        if size.least <= len(text) <= size.most and accepts(domain, text) and fits_charset(column, text)
    ]
    return list(dict.fromkeys(made))[:MOST_LISTED]
