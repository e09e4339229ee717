"""Text columns: the texts that a column and its CHECKs allow, and plausible ones among them."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, combinations

from parloader.generation import pools
from parloader.inference import column_names
from parloader.inference.column_names import split_identifier
from parloader.inference.texts import pattern_samples
from parloader.plans.generators import Choice, Const, Generator, Provider, Random
from parloader.plans.unique import BASE36
from parloader.schema.checks.automata import allows
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.languages import language
from parloader.schema.checks.predicates import Constant, Matches
from parloader.schema.model import ColumnSchema, ColumnType

# Bytes of an ASCII character; 1 in all other character sets
BYTES_OF_ASCII = {"ucs2": 2, "utf16": 2, "utf16le": 2, "utf32": 4}

# The ASCII characters that a character set lacks; all others of the servers have every one (found by converting each to each)
LACKING = {"swe7": frozenset("@[\\]^`{|}~")}

# The last character of each Unicode character set. For all others only ASCII is assumed
LAST_CHARACTER = {
    "utf8": "\uffff",
    "utf8mb3": "\uffff",
    "ucs2": "\uffff",
    **dict.fromkeys(("utf8mb4", "utf16", "utf16le", "utf32"), "\U0010ffff"),
}

MAX_LENGTH = 2_000  # characters: long enough to be plausible, far below what a LONGTEXT holds

# Characters of a UUID with hyphens, and without
UUID_LENGTHS = (36, 32)

# Collations that treat i and y, i and j, u and v, or m and n as equal (found by comparing all pairs of letters and digits in every
# collation of both servers)
MIXING_COLLATIONS = ("lithuanian", "_roman_", "macce_general", "_lv_0900_ai", "_lt_0900_ai", "_la_0900_ai")

EQUAL_LETTERS = str.maketrans("jyvn", "iium")

MAX_LISTED = 200  # values in a Choice

MANY_TEXTS = 5_000  # of which these are chosen, evenly

MIN_ALLOWED = 8  # if fewer entries of a pool are allowed, texts are generated instead

SENTENCE_LENGTH, WORDS_LENGTH = 40, 12  # characters from which a column gets sentences, or a few words

MAX_CODE_LENGTH = 32  # a CHAR up to this length is filled to its end

CODES = frozenset(["code", "sku", "ref", "reference", "number", "no", "serial", "key", "abbreviation", "abbr", "symbol", "iso"])


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """The lengths a text may have, in characters, both included."""

    min: int
    max: int


def is_uuid(name: str) -> bool:
    """Whether a column of this name holds UUIDs."""
    return bool({"uuid", "guid"}.intersection(split_identifier(name)))


def uuid_length(column: ColumnSchema, domain: Domain) -> int | None:
    """The length of the UUIDs that a column holds by its name or its type, CHAR(36) or CHAR(32). None: it holds something else."""
    size = lengths(column, domain)
    return next((length for length in UUID_LENGTHS if size and _is_for_uuids(column, length) and takes_uuids(domain, size, length)), None)


def _is_for_uuids(column: ColumnSchema, length: int) -> bool:
    if is_uuid(column.name):
        return True
    is_full = column.fixed and column.length == length
    return is_full and column_names.provider_for_column(column.name, length) in (None, "token")


def takes_uuids(domain: Domain, size: Lengths, length: int = UUID_LENGTHS[0]) -> bool:
    """Whether the domain allows every version 4 UUID of this length, written in lower case."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    if bounded or domain.excluded or domain.json or not size.min <= length <= size.max:
        return False
    uuids = (f"{x * 8}-{x * 4}-4{x * 3}-{v}{x * 3}-{x * 12}" for x in "0123456789abcdef" for v in "89ab")
    return all(accepts(domain, uuid if length == UUID_LENGTHS[0] else uuid.replace("-", "")) for uuid in uuids)


def lengths(column: ColumnSchema, domain: Domain) -> Lengths | None:
    """The lengths that the column and its domain allow. None: there is none."""
    longest = MAX_LENGTH if column.kind is ColumnType.JSON else min(MAX_LENGTH, column.length)
    if domain.max_length is not None:
        longest = min(longest, domain.max_length)
    if domain.max_bytes is not None:
        longest = min(longest, domain.max_bytes // BYTES_OF_ASCII.get(column.charset, 1))
    return Lengths(min=domain.min_length, max=longest) if domain.min_length <= longest else None


def fold(text: str) -> str:
    """The text without case, accents and outer blanks: equal for texts that some collation may treat as equal."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).strip()


def accepts(domain: Domain, text: str) -> bool:
    """Whether the domain surely allows the text in every collation; its lengths are not checked."""
    if domain.values is not None and text not in map(str, domain.values):
        return False
    if domain.excluded and fold(text) in _folded(domain.excluded):
        return False
    if domain.several:
        found = language(domain)
        return found is not None and found.accepts(text) and not (domain.json and not _is_json(text))
    if domain.matches and not re.fullmatch(_expression(domain.matches.parts), text, re.DOTALL):
        return False
    if domain.json and not _is_json(text):
        return False
    return _above(domain.low, text, domain.low_open) and _above(text, domain.high, domain.high_open)


@lru_cache(maxsize=64)
def _folded(excluded: tuple[Constant, ...]) -> frozenset[str]:
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


def _above(low: object, high: object, open_end: bool) -> bool:
    if low is None or high is None or (low == "" and not open_end):
        return True
    if not (isinstance(low, str) and isinstance(high, str)) or (low == high and open_end):
        return False
    # Collations agree only on the order of letters and digits within one case
    plain = (low + high).isascii() and (low + high).isalnum()
    return low == high or ((plain or not low) and low < high and low.casefold() < high.casefold())


def is_limited_by_length_only(domain: Domain) -> bool:
    """Whether the domain limits nothing but the length."""
    bounded = domain.values is not None or domain.low is not None or domain.high is not None
    return not (bounded or domain.excluded or domain.matches or domain.json)


def listed_texts(column: ColumnSchema, domain: Domain) -> tuple[str, ...]:
    """The values in the domain's list that the column can hold."""
    size = lengths(column, domain)
    values = [str(value) for value in domain.values or ()]
    apart = replace(domain, matches=None, several=False)
    return tuple(
        v
        for v in values
        if size and size.min <= len(v) <= size.max and fits_charset(column, v) and accepts(apart, v) and allows(domain.all_patterns, v)
    )


def members(column: ColumnSchema, domain: Domain) -> Iterator[str]:
    """The allowed values of an ENUM or SET: members, or combinations of them (small ones first) as the server writes them."""
    counts = range(1, len(column.values) + 1) if column.kind is ColumnType.SET else (1,)
    for combination in chain.from_iterable(combinations(column.values, count) for count in counts):
        member = ",".join(combination)
        if accepts(domain, member) and domain.min_length <= len(member) <= (domain.max_length or MAX_LENGTH):
            yield member


def mixes_letters(column: ColumnSchema) -> bool:
    """Whether the column's collation treats two of the letters a to z as equal."""
    return any(part in column.collation for part in MIXING_COLLATIONS)


def distinct_values(column: ColumnSchema, values: Iterable[str], prefix: int | None) -> Iterator[str]:
    """The values that differ from all earlier ones within the first `prefix` characters (None: all), ignoring case and accents."""
    seen = set()
    mixed = EQUAL_LETTERS if mixes_letters(column) else {}
    for value in values:
        folded = fold(value[:prefix]).translate(mixed)
        if folded not in seen:
            seen.add(folded)
            yield value


def fits_charset(column: ColumnSchema, text: str) -> bool:
    """Whether the column's character set surely contains the text."""
    if text.isascii():
        return LACKING.get(column.charset, frozenset()).isdisjoint(text)
    if column.charset == "latin1":  # MySQL's is Windows-1252
        return text == text.encode("cp1252", errors="ignore").decode("cp1252")
    last = LAST_CHARACTER.get(column.charset, "\x7f")
    return all(character <= last for character in text)


def text_generator(column: ColumnSchema, domain: Domain) -> Generator | None:
    """Plausible texts for a TEXT or JSON column. None: no text is surely allowed."""
    if column.kind is ColumnType.JSON:
        domain = replace(domain, json=True)
    if domain.values is not None:
        values = listed_texts(column, domain)
        return Choice(values=values) if values else None
    size = lengths(column, domain)
    if size is None:
        return None
    if size.max == 0:
        return Const(value="") if accepts(domain, "") else None
    if (uuid := uuid_length(column, domain)) is not None:
        return Random(form="uuid") if uuid == UUID_LENGTHS[0] else Random(form="hex", length=uuid)
    return _from_pool(column, domain, size) or _without_pool(column, domain, size)


def _from_pool(column: ColumnSchema, domain: Domain, size: Lengths) -> Generator | None:
    name = _pool(column, domain, size)
    if name is None:
        return None
    values = [str(value) for value in pools.pool(name, length=size.max)]
    allowed = [value for value in values if len(value) >= size.min and accepts(domain, value) and fits_charset(column, value)]
    if len(allowed) == len(values):
        longer = any(len(value) > size.max for value in pools.pool(name))
        return Provider(name=name, length=size.max if longer else 0)
    return Choice(values=tuple(allowed[:MAX_LISTED])) if len(allowed) >= MIN_ALLOWED else None


def _pool(column: ColumnSchema, domain: Domain, size: Lengths) -> str | None:
    if domain.json:
        return "json"
    if name := column_names.provider_for_column(column.name, size.max):
        return name
    if column.fixed or CODES.intersection(split_identifier(column.name)):
        return None
    return "sentence" if size.max >= SENTENCE_LENGTH else "words" if size.max >= WORDS_LENGTH else None


def _without_pool(column: ColumnSchema, domain: Domain, size: Lengths) -> Generator | None:
    """Random letters, or samples that match the domain."""
    if domain.json:
        values = tuple(t for t in ('{"a": 1}', "{}", "[]", "1", *_quoted(size)) if size.min <= len(t) <= size.max and accepts(domain, t))
        values = tuple(text for text in values if fits_charset(column, text))
        return Choice(values=values) if values else None
    if is_limited_by_length_only(domain):
        shortest = max(1, size.min)
        if column.fixed and size.max <= MAX_CODE_LENGTH:
            return Random(form="letters", length=size.max)
        return Random(form="letters", least=shortest, length=min(size.max, shortest + 9))
    values = tuple(accepted_samples(column, domain, size))
    return Choice(values=values) if values else None


def _quoted(size: Lengths) -> tuple[str, ...]:
    return (f'"{"a" * (size.min - 2)}"',) if size.min >= 2 else ()


ANY_WORD = Matches(column="", parts=((BASE36[10:], 0, None),), whole=True)

ANY_CAPITALS = Matches(column="", parts=((BASE36[10:].upper(), 0, None),), whole=True)

ANY_NUMBER = Matches(column="", parts=((BASE36[:10], 0, None),), whole=True)


def accepted_samples(column: ColumnSchema, domain: Domain, size: Lengths) -> list[str]:
    """Up to MAX_LISTED generated texts that the column and its domain allow."""
    if domain.several:
        found = language(domain)
        texts = list(found.texts(max(size.min, min(1, size.max)), size.max, MANY_TEXTS)) if found else []
        return [text for text in texts[:: max(1, len(texts) // MAX_LISTED)] if fits_charset(column, text)][:MAX_LISTED]
    patterns = [domain.matches] if domain.matches else [ANY_WORD, ANY_CAPITALS, ANY_NUMBER]
    ends = [end for end in (domain.low, domain.high) if isinstance(end, str)]
    samples = [
        text
        for matches in patterns
        for text in (*ends, *pattern_samples.samples(matches, max(size.min, min(1, size.max)), size.max, 2 * MAX_LISTED, column.name))
        if size.min <= len(text) <= size.max and accepts(domain, text) and fits_charset(column, text)
    ]
    return list(dict.fromkeys(samples))[:MAX_LISTED]
