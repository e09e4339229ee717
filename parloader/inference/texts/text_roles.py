"""What the names of a text column and of its table say about its values: an attribute of a person or a place, a name, a code, a list.

role_words.py has the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parloader.generation import pools
from parloader.inference.column_names import split_identifier, words
from parloader.inference.table_names import parts
from parloader.inference.texts.role_words import (
    ALONE,
    ATTRIBUTES,
    BODIES,
    BODY,
    CODE_LENGTHS,
    CODES,
    DOCUMENTS,
    ITSELF,
    NAMES_OF_TABLES,
    NO_NUMBERS,
    NUMBER,
    NUMBERED,
    REFERENCES,
    REVIEWS,
    SHIPPING,
)
from parloader.plans.locales import LOCALES, locale_data


@dataclass(frozen=True)
class Attribute:
    """An attribute of a person or a place."""

    provider: str
    of: str  # whose, such as "billing"; empty: of the row itself


# Words before "address" that make it no place
NO_PLACES = words("ip ipv4 ipv6 mac email mail web host server network wallet bitcoin memory remote client hardware bluetooth")

_BY_PHRASE = {phrase.replace("_", ""): provider for provider, phrases in ATTRIBUTES.items() for phrase in phrases.split()}


def attribute(table: str, column: str) -> Attribute | None:
    """The attribute that the column holds, by the longest end of its name. None: it holds none."""
    found = split_identifier(column)
    for start in range(len(found)):
        provider = _BY_PHRASE.get("".join(found[start:]))
        if provider is not None and not (start and found[start - 1] in NO_PLACES):
            of = [word for word in found[:start] if word not in ITSELF and word not in parts(table)]
            return Attribute(provider, "_".join(of))
    return None


def provider_of_name(table: str) -> str | None:
    """The provider of the column `name` or `title` of the table."""
    found = parts(table)
    ends = ("_".join(found[start:]) for start in range(len(found)))
    return next((NAMES_OF_TABLES[end] for end in ends if end in NAMES_OF_TABLES), None)


def provider(table: str, column: str) -> str | None:
    """The provider of a text that is no attribute. None: the names say nothing."""
    found, of_table = "_".join(split_identifier(column)), parts(table)
    if of_table[-1:] == ("address",) and found in ("label", "type", "kind", "address_type"):
        return "address_label"
    if of_table and of_table[-1] in REVIEWS and found in ("title", "headline", "subject"):
        return "review_title"
    if found in ("name", "title", "display_name", *("_".join((*of_table[-1:], end)) for end in ("name", "title"))):
        named = provider_of_name(table)
        if named == "words" and found == "title":
            return "title"
        return named or ("title" if found == "title" else None)
    if found in BODY and SHIPPING.intersection(of_table) and of_table[-1] in ("event", "log", "history", "update", "scan"):
        return "tracking_message"
    if found in BODY and of_table and of_table[-1] in BODIES:
        return BODIES[of_table[-1]]
    return next((ALONE[end] for end in _ends(column) if end in ALONE), None)


def code(column: str) -> str | None:
    """The code or pattern that the column holds, by the end of its name."""
    return next((CODES[end] for end in _ends(column) if end in CODES), None)


def running_number(table: str, column: str) -> str | None:
    """The letters before a running number, such as ORD in order_number. None: the column holds none."""
    found = split_identifier(column)
    if not found or found[-1] not in NUMBER:
        return None
    if NO_NUMBERS.intersection(found):
        return None
    words_before = (*reversed(found[:-1]), *reversed(parts(table)[-1:]))
    known = next((NUMBERED[word] for word in words_before if word in NUMBERED), None)
    return known or next((word[:3].upper() for word in words_before if len(word) >= 3 and word.isascii() and word.isalpha()), None)


def document(column: str) -> str:
    """The list of JSON documents for the column."""
    return next((DOCUMENTS[end] for end in _ends(column) if end in DOCUMENTS), "json_metadata")


def _ends(column: str) -> Iterator[str]:
    found = split_identifier(column)
    for start in range(len(found)):
        yield "_".join(found[start:])


def reference(table: str, column: str, length: int) -> tuple[str, ...]:
    """The values of the column in a table of countries, currencies or languages; empty: it is none."""
    found = split_identifier(column)
    of_table = parts(table)[-1:]
    if not found or not of_table or of_table[0] not in REFERENCES:
        return ()
    names, codes = REFERENCES[of_table[0]]
    last = "_".join(word for word in found if word != of_table[0])
    if last in ("code", "iso", "iso2", "iso_code", "alpha2", "iso3", "id") and (not length or length >= CODE_LENGTHS[of_table[0]]):
        return _list(codes)
    return _list(names) if last in ("name", "english_name", "title", "") else ()


def _list(name: str) -> tuple[str, ...]:
    values = locale_data(LOCALES[0]).get(name)
    return tuple(values) if isinstance(values, list) else tuple(pools.pool(name).to_list())
