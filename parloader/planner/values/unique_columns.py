"""Texts that are another one for each row."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice

from parloader.planner.values import pattern_samples, text_columns
from parloader.planner.values.column_names import is_boolean, split_identifier
from parloader.planner.values.value_ranges import DATED, ORDERED, Range, allowed_range, listed_values, seconds_of, server_literal, unit_of
from parloader.plans.generators import Scalar, Unique, UniqueKind
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

DIGITS = 8  # base 36: 2.8 million million

FEWEST_DIGITS = 6  # 2,000 million: less is only for columns that have no room

MAX_VALUES = 10_000

LONGEST_NOUN = 24

# Word of a name → what stands before and behind the digits
AROUND: dict[str, tuple[str, str]] = {}
for _words, *_around in (
    ("email mail", "user-", "@example.com"),
    ("url uri link href website homepage permalink", "https://example.com/", ""),
    ("host hostname domain fqdn", "host-", ".example.com"),
    ("username login nickname nick handle user account", "user-", ""),
    ("path directory folder", "/data/", ""),
    ("file filename", "file-", ".txt"),
    ("hash digest checksum token secret md5 sha1 sha256 guid uuid zip postcode phone mobile fax ip", "", ""),
):
    AROUND |= dict.fromkeys(_words.split(), (_around[0], _around[1]))


def unique_text(column: ColumnSchema, domain: Domain, prefix: int | None, name: str) -> Unique | None:
    size = text_columns.lengths(column, domain)
    if size is None or size.most < 1:
        return None
    named = name or column.name
    if text_columns.is_uuid(named) and prefix is None and text_columns.takes_uuids(domain, size):
        return Unique(form=UniqueKind.UUID)
    candidates = () if text_columns.mixes_letters(column) else _candidates(domain, size, prefix, named)
    found = next((candidate for candidate in candidates if _is_accepted(candidate, domain)), None)
    return found or _values(column, domain, size, prefix)


def _candidates(domain: Domain, size: text_columns.Lengths, prefix: int | None, name: str) -> Iterator[Unique]:
    around = [('"', '"')] if domain.json else [*_by_name(name), ("", "")]
    for before, after in around:
        room = min(size.most - len(before) - len(after), DIGITS)
        if prefix is not None:
            room = min(room, prefix - len(before))
        if room < (FEWEST_DIGITS if before + after else 1):
            continue
        filling = "0" * max(0, size.least - len(before) - len(after) - room)
        if prefix is None:
            before += filling
        else:
            after = filling + after
        yield Unique(form=UniqueKind.TEXT, prefix=before, length=room, suffix=after)
    if domain.matches and (frame := pattern_samples.counter_template(domain.matches, size.least, size.most, DIGITS)):
        within = len(frame.prefix) + frame.digits if prefix is None else prefix
        if len(frame.prefix) + frame.digits <= within:
            yield Unique(form=UniqueKind.TEXT, prefix=frame.prefix, length=frame.digits, suffix=frame.suffix)


def _by_name(name: str) -> Iterator[tuple[str, str]]:
    parts = split_identifier(name)
    noun = "-".join(parts)[:LONGEST_NOUN].strip("-")
    yield next((AROUND[word] for word in reversed(parts) if word in AROUND), (f"{noun}-" if noun else "", ""))


def value(unique: Unique, n: int) -> str:
    """Of the TEXT form."""
    digits = ""
    while n:
        n, digit = divmod(n, len(pattern_samples.BASE_36))
        digits = pattern_samples.BASE_36[digit] + digits
    return unique.prefix + digits.rjust(unique.length, "0") + unique.suffix


def _is_accepted(unique: Unique, domain: Domain) -> bool:
    if text_columns.is_limited_by_length_only(domain):
        return True
    long = len(unique.prefix + unique.suffix) + unique.length
    for excluded in map(text_columns.fold, map(str, domain.excluded)):
        if (
            len(excluded) == long
            and excluded.startswith(text_columns.fold(unique.prefix))
            and excluded.endswith(text_columns.fold(unique.suffix))
        ):
            return False
    # Every digit at every place: classes and ends ask for no more
    return all(text_columns.accepts(domain, unique.prefix + digit * unique.length + unique.suffix) for digit in pattern_samples.BASE_36)


def _values(column: ColumnSchema, domain: Domain, size: text_columns.Lengths, prefix: int | None) -> Unique | None:
    """Listed, where digits and letters cannot be counted in."""
    matches = domain.matches or text_columns.ANY_NUMBER
    made = pattern_samples.distinct(matches, max(1, size.least), size.most, MAX_VALUES, prefix)
    found = [text for text in made if text_columns.accepts(domain, text)] or text_columns.accepted_samples(column, domain, size)
    values = tuple(sorted(text_columns.distinct_values(column, found, prefix)))
    return Unique(form=UniqueKind.VALUES, values=values) if values else None


NO_LIMITS = Domain()

FIRST_MOMENT = seconds_of("2000-01-01T00:00:00Z")

MAX_BYTES = 16

FEW_LISTED = 1_000  # a range with gaps is listed up to here, and cut at the gaps above

PLENTY = 1_000_000

WHOLE_DIGITS = 9  # a decimal with so many digits before the point needs none after it to be another one for each row


def unique_generator(column: ColumnSchema, domain: Domain = NO_LIMITS, prefix: int | None = None, name: str = "") -> Unique | None:
    """Values that differ within the first `prefix` characters (bytes), whatever the collation. None: the type or the domain has none.

    `name`: what the values are called, where it is not the column's name.
    """
    if domain.null is True or domain.unsure or domain.impossible:
        return None
    if column.kind in ORDERED:
        return _listed(listed_values(column, domain)) if domain.values is not None else _ordered(column, domain)
    match column.kind:
        case ColumnType.TEXT:
            values = text_columns.listed_texts(column, domain)
            return (
                _listed(text_columns.distinct_values(column, values, prefix))
                if domain.values is not None
                else unique_text(column, domain, prefix, name)
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
    if fractions_of_real or (numbers.excluded and numbers.count <= FEW_LISTED):
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
    """Whole ones where there are enough of them."""
    if column.kind is ColumnType.REAL or (column.kind is ColumnType.DECIMAL and column.precision - column.scale >= WHOLE_DIGITS):
        whole = allowed_range(column, domain, unit=Fraction(1))
        if whole and whole.count >= FEW_LISTED:
            return whole
        finer = allowed_range(column, domain) if column.kind is ColumnType.REAL else allowed_range(column, domain, unit=unit_of(column))
        return max((r for r in (whole, finer) if r), key=lambda r: r.count, default=None)
    return allowed_range(column, domain)


def _preferred(column: ColumnSchema, numbers: Range) -> Range:
    """From 1 on (0 is "generate one" in an AUTO_INCREMENT column), dates from 1970 on, moments from 2000 on, unless that leaves too few."""
    first = 1
    if column.kind in (ColumnType.BIT, ColumnType.DATE, ColumnType.TIME) or is_boolean(column):
        first = 0
    elif column.kind in DATED:
        first = FIRST_MOMENT
    found = numbers.within(first, numbers.high)
    return found if found and (found.count >= PLENTY or 4 * found.count >= numbers.count) else numbers


def _bytes(column: ColumnSchema, domain: Domain, prefix: int | None) -> Unique | None:
    if domain.values is not None:
        return _listed(value.encode() for value in text_columns.distinct_values(column, text_columns.listed_texts(column, domain), prefix))
    size = text_columns.lengths(column, domain)
    others = domain.matches or domain.json or domain.low is not None or domain.high is not None
    if size is None or size.most < 1 or others or any(value != "" for value in domain.excluded):
        return None
    length = column.length if column.fixed else min(size.most, max(MAX_BYTES, size.least))
    if prefix is not None and prefix < length:
        if column.fixed or prefix < size.least:  # a shorter one would be read back with zeros behind it
            return None
        length = prefix
    return Unique(form=UniqueKind.BYTES, length=length) if length <= size.most else None
