"""Texts that are another one for each row."""

from collections.abc import Iterator

from parloader.plans import matching, texts
from parloader.plans.domains import Domain
from parloader.plans.generators import Form, Unique
from parloader.plans.plausible import words
from parloader.plans.shape import Column

DIGITS = 8  # base 36: 2.8 million million
FEWEST_DIGITS = 6  # 2,000 million: less is only for columns that have no room
MOST_VALUES = 10_000
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


def unique_text(column: Column, domain: Domain, prefix: int | None, name: str) -> Unique | None:
    size = texts.lengths(column, domain)
    if size is None or size.most < 1:
        return None
    named = name or column.name
    if texts.is_uuid(named) and prefix is None and texts.takes_uuids(domain, size):
        return Unique(form=Form.UUID)
    candidates = () if texts.mixes_letters(column) else _candidates(domain, size, prefix, named)
    found = next((candidate for candidate in candidates if _is_accepted(candidate, domain)), None)
    return found or _values(column, domain, size, prefix)


def _candidates(domain: Domain, size: texts.Lengths, prefix: int | None, name: str) -> Iterator[Unique]:
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
        yield Unique(form=Form.TEXT, prefix=before, length=room, suffix=after)
    if domain.matches and (frame := matching.frame(domain.matches, size.least, size.most, DIGITS)):
        within = len(frame.prefix) + frame.digits if prefix is None else prefix
        if len(frame.prefix) + frame.digits <= within:
            yield Unique(form=Form.TEXT, prefix=frame.prefix, length=frame.digits, suffix=frame.suffix)


def _by_name(name: str) -> Iterator[tuple[str, str]]:
    parts = words(name)
    noun = "-".join(parts)[:LONGEST_NOUN].strip("-")
    yield next((AROUND[word] for word in reversed(parts) if word in AROUND), (f"{noun}-" if noun else "", ""))


def value(unique: Unique, n: int) -> str:
    """Of the TEXT form."""
    digits = ""
    while n:
        n, digit = divmod(n, len(matching.BASE_36))
        digits = matching.BASE_36[digit] + digits
    return unique.prefix + digits.rjust(unique.length, "0") + unique.suffix


def _is_accepted(unique: Unique, domain: Domain) -> bool:
    if texts.is_free(domain):
        return True
    long = len(unique.prefix + unique.suffix) + unique.length
    for excluded in map(texts.folded, map(str, domain.excluded)):
        if len(excluded) == long and excluded.startswith(texts.folded(unique.prefix)) and excluded.endswith(texts.folded(unique.suffix)):
            return False
    # Every digit at every place: classes and ends ask for no more
    return all(texts.accepts(domain, unique.prefix + digit * unique.length + unique.suffix) for digit in matching.BASE_36)


def _values(column: Column, domain: Domain, size: texts.Lengths, prefix: int | None) -> Unique | None:
    """Listed, where digits and letters cannot be counted in."""
    matches = domain.matches or texts.ANY_NUMBER
    made = matching.distinct(matches, max(1, size.least), size.most, MOST_VALUES, prefix)
    found = [text for text in made if texts.accepts(domain, text)] or texts.filtered(column, domain, size)
    values = tuple(sorted(texts.apart(column, found, prefix)))
    return Unique(form=Form.VALUES, values=values) if values else None
