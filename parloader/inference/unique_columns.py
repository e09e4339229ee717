"""A generator of distinct values for a column, for unique keys."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from parloader.inference.column_names import is_boolean, split_identifier
from parloader.inference.texts import pattern_samples, text_columns
from parloader.inference.value_ranges import DATED, ORDERED, Range, allowed_range, listed_values, seconds_of, server_literal, unit_of
from parloader.plans.generators import Scalar, Unique, UniqueKind
from parloader.plans.unique import BASE36, UUID_DIGITS, UUID_PREFIX
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.languages import language
from parloader.schema.model import ColumnSchema, ColumnType

DIGITS = 8  # base 36: 2.8 * 10**12 values

MIN_DIGITS = 6  # base 36: 2 * 10**9 values; with fewer, the name's prefix and suffix are left out

MIN_DIGITS_OF_LANGUAGE = 4  # base 36: 1.7 million values, more than a list has

MAX_VALUES = 10_000  # in a list

MAX_NOUN_LENGTH = 24  # characters of the column's name in the values

# Word of a name → the text before and after the digits
AFFIXES: dict[str, tuple[str, str]] = {}
for _words, *_affixes in (
    ("email mail", "user-", "@example.com"),
    ("url uri link href website homepage permalink", "https://example.com/", ""),
    ("host hostname domain fqdn", "host-", ".example.com"),
    ("username login nickname nick handle user account", "user-", ""),
    ("path directory folder", "/data/", ""),
    ("file filename", "file-", ".txt"),
    ("hash digest checksum token secret md5 sha1 sha256 guid uuid zip postcode phone mobile fax ip", "", ""),
):
    AFFIXES |= dict.fromkeys(_words.split(), (_affixes[0], _affixes[1]))


def unique_text(column: ColumnSchema, domain: Domain, prefix: int | None) -> Unique | None:
    """Distinct texts: UUIDs, a counter between a prefix and a suffix, or a list. The parameters are those of `unique_generator`."""
    size = text_columns.lengths(column, domain)
    if size is None or size.max < 1:
        return None
    if prefix is None and (uuid := text_columns.uuid_length(column, domain)) is not None:
        return Unique(form=UniqueKind.UUID, prefix="" if len(UUID_PREFIX) + UUID_DIGITS == uuid else UUID_PREFIX.replace("-", ""))
    if domain.several:
        return _of_language(column, domain, size, prefix)
    candidates = () if text_columns.mixes_letters(column) else _candidates(domain, size, prefix, column.name)
    fitting = (unique for unique in candidates if text_columns.fits_charset(column, unique.prefix + unique.suffix))
    counter = next((candidate for candidate in fitting if accepts(domain, candidate)), None)
    return counter or _values(column, domain, size, prefix)


def _candidates(domain: Domain, size: text_columns.Lengths, prefix: int | None, name: str) -> Iterator[Unique]:
    around = [('"', '"')] if domain.json else [affixes(name), ("", "")]
    for before, after in around:
        digits = min(size.max - len(before) - len(after), DIGITS)
        if prefix is not None:
            digits = min(digits, prefix - len(before))
        if digits < (MIN_DIGITS if before + after else 1):
            continue
        filling = "0" * max(0, size.min - len(before) - len(after) - digits)
        if prefix is None:
            before += filling
        else:
            after = filling + after
        yield Unique(form=UniqueKind.TEXT, prefix=before, length=digits, suffix=after)
    if domain.matches and (template := pattern_samples.counter_template(domain.matches, size.min, size.max, DIGITS)):
        within = len(template.prefix) + template.digits if prefix is None else prefix
        if len(template.prefix) + template.digits <= within:
            yield Unique(form=UniqueKind.TEXT, prefix=template.prefix, length=template.digits, suffix=template.suffix)


def affixes(name: str) -> tuple[str, str]:
    """The text before and after the digits that a name suggests."""
    parts = split_identifier(name)
    noun = "-".join(parts)[:MAX_NOUN_LENGTH].strip("-")
    return next((AFFIXES[word] for word in reversed(parts) if word in AFFIXES), (f"{noun}-" if noun else "", ""))


def accepts(domain: Domain, unique: Unique) -> bool:
    """Whether the domain allows every value of a TEXT; its length is not checked."""
    if text_columns.is_limited_by_length_only(domain):
        return True
    length = len(unique.prefix + unique.suffix) + unique.length
    for excluded in map(text_columns.fold, map(str, domain.excluded)):
        if (
            len(excluded) == length
            and excluded.startswith(text_columns.fold(unique.prefix))
            and excluded.endswith(text_columns.fold(unique.suffix))
        ):
            return False
    # Every digit in every position: character classes and bounds depend on nothing else
    return all(text_columns.accepts(domain, unique.prefix + digit * unique.length + unique.suffix) for digit in BASE36[: unique.base])


def _values(column: ColumnSchema, domain: Domain, size: text_columns.Lengths, prefix: int | None) -> Unique | None:
    """A list of texts, for domains that allow no counter."""
    matches = domain.matches or text_columns.ANY_NUMBER
    samples = pattern_samples.distinct(matches, max(1, size.min), size.max, MAX_VALUES, prefix)
    texts = [
        text for text in samples if text_columns.accepts(domain, text) and text_columns.fits_charset(column, text)
    ] or text_columns.accepted_samples(column, domain, size)
    values = tuple(sorted(text_columns.distinct_values(column, texts, prefix)))
    if len(values) < MAX_VALUES and not domain.json:  # texts of other lengths, or in which other places differ, come after these
        values = tuple(text_columns.distinct_values(column, (*values, *_listed_texts(column, domain, size)), prefix))[:MAX_VALUES]
    return Unique(form=UniqueKind.VALUES, values=values) if values else None


def _of_language(column: ColumnSchema, domain: Domain, size: text_columns.Lengths, prefix: int | None) -> Unique | None:
    """Texts that satisfy several patterns."""
    found = None if domain.json or text_columns.mixes_letters(column) else language(domain)
    counter = found.counter(size.min, size.max, DIGITS, MIN_DIGITS_OF_LANGUAGE) if found else None
    if (
        counter
        and (prefix is None or len(counter[0]) + counter[1] <= prefix)
        and text_columns.fits_charset(column, counter[0] + counter[2])
    ):
        return Unique(form=UniqueKind.TEXT, prefix=counter[0], length=counter[1], suffix=counter[2])
    values = tuple(text_columns.distinct_values(column, _listed_texts(column, domain, size), prefix))
    return Unique(form=UniqueKind.VALUES, values=values) if values else None


def _listed_texts(column: ColumnSchema, domain: Domain, size: text_columns.Lengths) -> Iterator[str]:
    found = None if domain.json else language(domain)
    texts = found.texts(max(1, size.min), size.max, MAX_VALUES) if found else iter(())
    return (text for text in texts if text_columns.fits_charset(column, text))


NO_LIMITS = Domain()
"""The domain of a column without CHECKs."""

FIRST_TIMESTAMP = seconds_of("2000-01-01T00:00:00Z")

MAX_BYTES = 16  # length of the values of a long binary column

MAX_LISTED = 1_000  # a range with gaps is listed up to this size; of a larger one the longest part is used

PLENTY = 1_000_000  # values that are surely enough

WHOLE_DIGITS = 9  # a decimal with this many digits before the point has enough distinct values without a fraction


@lru_cache(maxsize=128)
def unique_generator(column: ColumnSchema, domain: Domain = NO_LIMITS, prefix: int | None = None) -> Unique | None:
    """Values that differ within the first `prefix` characters or bytes (None: all) in every collation.

    None: parloader knows no distinct values of the type and domain.
    """
    if domain.null is True or domain.unsure or domain.impossible or (domain.several and column.kind is not ColumnType.TEXT):
        return None
    if column.kind in ORDERED:
        return _listed(listed_values(column, domain)) if domain.values is not None else _ordered(column, domain)
    match column.kind:
        case ColumnType.TEXT:
            values = text_columns.listed_texts(column, domain)
            return (
                _listed(text_columns.distinct_values(column, values, prefix))
                if domain.values is not None
                else unique_text(column, domain, prefix)
            )
        case ColumnType.ENUM | ColumnType.SET:
            return _listed(text_columns.distinct_values(column, text_columns.members(column, domain), prefix))
        case ColumnType.BYTES:
            return _bytes(column, domain, prefix)
        case ColumnType.UUID | ColumnType.INET4 | ColumnType.INET6 if text_columns.is_limited_by_length_only(domain):
            return Unique(form=UniqueKind(column.kind.value))
        case _:
            return None


def _listed(values: Iterable[Scalar]) -> Unique | None:
    """In the order of their values, as MAX() has it."""
    some = tuple(islice(values, MAX_VALUES))
    ordered = (
        sorted(some, key=lambda v: text_columns.fold(v) if isinstance(v, str) else "") if any(isinstance(v, str) for v in some) else some
    )
    return Unique(form=UniqueKind.VALUES, values=tuple(ordered)) if some else None


def _ordered(column: ColumnSchema, domain: Domain) -> Unique | None:
    numbers = _numbers(column, domain)
    if numbers is None:
        return None
    numbers = _preferred(column, numbers)
    fractions_of_real = column.kind is ColumnType.REAL and numbers.unit != 1
    if fractions_of_real or (numbers.excluded and numbers.count <= MAX_LISTED):
        return Unique(form=UniqueKind.VALUES, values=tuple(islice((server_literal(column, n, numbers.unit) for n in numbers), MAX_VALUES)))
    numbers = numbers.unbroken()
    if column.kind is ColumnType.DECIMAL:
        digits = len(str(numbers.unit.denominator)) - 1
        return Unique(form=UniqueKind.DECIMAL, low=numbers.low, high=numbers.high, scale=digits)
    form = {
        ColumnType.DATE: UniqueKind.DATE,
        ColumnType.DATETIME: UniqueKind.DATETIME,
        ColumnType.TIMESTAMP: UniqueKind.DATETIME,
        ColumnType.TIME: UniqueKind.TIME,
    }
    return Unique(form=form.get(column.kind, UniqueKind.INTEGER), low=numbers.low, high=numbers.high)


def _numbers(column: ColumnSchema, domain: Domain) -> Range | None:
    """The allowed range, in integers if there are enough of them."""
    if column.kind is ColumnType.REAL or (column.kind is ColumnType.DECIMAL and column.precision - column.scale >= WHOLE_DIGITS):
        whole = allowed_range(column, domain, unit=Fraction(1))
        if whole and whole.count >= MAX_LISTED:
            return whole
        finer = allowed_range(column, domain) if column.kind is ColumnType.REAL else allowed_range(column, domain, unit=unit_of(column))
        return max((r for r in (whole, finer) if r), key=lambda r: r.count, default=None)
    return allowed_range(column, domain)


def _preferred(column: ColumnSchema, numbers: Range) -> Range:
    """Numbers from 1 (AUTO_INCREMENT replaces a 0), dates from 1970, timestamps from 2000, unless that leaves too few."""
    first = 1
    if column.kind in (ColumnType.BIT, ColumnType.DATE, ColumnType.TIME) or is_boolean(column):
        first = 0
    elif column.kind in DATED:
        first = FIRST_TIMESTAMP
    preferred = numbers.within(first, numbers.high)
    return preferred if preferred and (preferred.count >= PLENTY or 4 * preferred.count >= numbers.count) else numbers


def _bytes(column: ColumnSchema, domain: Domain, prefix: int | None) -> Unique | None:
    if domain.values is not None:
        return _listed(value.encode() for value in text_columns.distinct_values(column, text_columns.listed_texts(column, domain), prefix))
    size = text_columns.lengths(column, domain)
    more_limits = domain.matches or domain.json or domain.low is not None or domain.high is not None
    if size is None or size.max < 1 or more_limits or any(value != "" for value in domain.excluded):
        return None
    length = column.length if column.fixed else min(size.max, max(MAX_BYTES, size.min))
    if prefix is not None and prefix < length:
        if column.fixed or prefix < size.min:  # a shorter value would be padded with zero bytes
            return None
        length = prefix
    return Unique(form=UniqueKind.BYTES, length=length) if length <= size.max else None
