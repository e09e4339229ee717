"""Compositions: names of two parts, such as a first and a last name. A few hundred parts give many thousand different names.

Number m of a locale's compositions has the parts a and b, and is in round r: the same names occur again, then with a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from parloader.plans.locales import LOCALES, locale_data, shown, spelling

FAMILIES = {
    "person": ("first_name", "last_name", "name", "gender", "username", "email"),
    "product": ("product",),
    "company": ("company",),
    "title": ("title",),
}
"""Family → the providers whose values come from it: those of one group agree."""

FAMILY_OF = {provider: family for family, providers in FAMILIES.items() for provider in providers}

MAIL_DOMAINS = ("example.com", "example.org", "example.net")
"""Reserved for examples by RFC 2606: mail to these domains reaches nobody."""

SEPARATORS = (".", ".", ".", "_")
"""Between the names of an address. The person decides which one it is."""

MAX_CAPACITY = 2**63 - 1

WORLD = ("en_US", "en_US", "en_US", "en_GB", "en_GB", "de_DE", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR")
"""What the locale "world" stands for: rows of several countries, in Latin letters."""

NUMBER_DIGITS = 7  # of the number of a row, in names that are cut

SHORTEST_NAME = 3  # letters before such a number

ROUND_DIGITS, MAX_ROUND_DIGITS = 2, 9  # of numbers that only names have that occur again

WITHOUT_BLANK = ("ja_JP", "zh_CN")


@dataclass(frozen=True)
class Parts:
    """The parts of a locale's compositions."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    last_female: tuple[str, ...]  # of a person with one of the first names that are a woman's
    women: int  # how many first names are
    first_spelled: tuple[str, ...]
    last_spelled: tuple[str, ...]
    last_female_spelled: tuple[str, ...]
    form: str  # "{first} {last}"

    @property
    def count(self) -> int:
        return len(self.first) * len(self.last)

    @cached_property
    def longest(self) -> tuple[int, int]:
        """Characters of the longest composition, and of the longest spelling with a separator."""
        spelled = max(map(len, self.first_spelled)) + 1 + max(map(len, (*self.last_spelled, *self.last_female_spelled)))
        blanks = len(self.form) - len("{first}{last}")
        return max(map(len, self.first)) + blanks + max(map(len, (*self.last, *self.last_female))), spelled


def slug(text: str) -> str:
    """The text in lower case, with hyphens between its words."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.replace("'", "").lower()).split())


@lru_cache(maxsize=64)
def parts(family: str, locale: str) -> Parts:
    """The parts of a family's compositions in the locale."""
    data = locale_data(locale)
    if family == "person":
        first, last = (*data["female"], *data["male"]), tuple(data["last"])
        female = tuple(data.get("last_female", last))
        return _parts(first, last, female, len(data["female"]), data["name"], spelled=spelling)
    if family == "company" and not locale.startswith("en_"):
        first = tuple(map(shown, data["last"]))
        form = "{first}{last}" if locale in WITHOUT_BLANK else "{last} {first}" if locale == "vi_VN" else "{first} {last}"
        return _parts(first, tuple(data["company_last"]), (), 0, form, spelled=slug)
    return _parts(tuple(data[f"{family}_first"]), tuple(data[f"{family}_last"]), (), 0, "{first} {last}", spelled=slug)


def _parts(first: tuple[str, ...], last: tuple[str, ...], female: tuple[str, ...], women: int, form: str, *, spelled: "object") -> Parts:
    assert callable(spelled)
    return Parts(
        first=tuple(map(shown, first)),
        last=tuple(map(shown, last)),
        last_female=tuple(map(shown, female or last)),
        women=women,
        first_spelled=tuple(map(spelled, first)),
        last_spelled=tuple(map(spelled, last)),
        last_female_spelled=tuple(map(spelled, female or last)),
        form=form,
    )


def source(family: str, locale: str) -> str:
    """The locale whose compositions the locale has: some have no products, titles or companies of their own."""
    if family == "person":
        return locale
    if family == "company":
        return LOCALES[0] if locale.startswith("en_") else locale
    english = locale_data(LOCALES[0])[f"{family}_first"]
    return locale if locale_data(locale)[f"{family}_first"] != english else LOCALES[0]


def locales_of(locale: "str | tuple[str, ...] | None") -> tuple[str, ...]:
    """The locales that take turns."""
    names = (locale,) if isinstance(locale, str) else locale or (LOCALES[0],)
    return tuple(each for name in names for each in (WORLD if name == "world" else (name,)))


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a unique text is built of a composition, and of a number where it needs one."""

    spelled: bool  # in the letters of an address
    between: str = ""  # before the number
    longest_suffix: int = 0  # characters that follow


FORMS = {
    "email": Form(spelled=True, longest_suffix=1 + max(map(len, MAIL_DOMAINS))),
    "username": Form(spelled=True),
    "slug": Form(spelled=True, between="-"),
    "name": Form(spelled=False, between=" "),
    "product": Form(spelled=False, between=" "),
    "company": Form(spelled=False, between=" "),
    "title": Form(spelled=False, between=" "),
}
"""The forms of Unique whose values are compositions."""


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """How the numbers of a unique text are written. A name that occurs again gets one: "anna.schmidt2"."""

    digits: int  # of the largest number
    room: int | None = (
        None  # short texts: names that do not fit are cut to this many characters, and end with a 0 and the number of the row
    )


def numbering(form: str, of: Sequence[Parts], length: int) -> Numbering | None:
    """For texts of up to `length` characters (0: any). None: they are too short."""
    shape = FORMS[form]
    longest = max(each.longest[shape.spelled] for each in of) + shape.longest_suffix
    digits = min(MAX_ROUND_DIGITS, length - longest - len(shape.between)) if length else MAX_ROUND_DIGITS
    if digits >= ROUND_DIGITS:
        return Numbering(digits=digits)
    room = length - shape.longest_suffix - NUMBER_DIGITS - 1
    return Numbering(digits=NUMBER_DIGITS, room=room) if shape.spelled and room >= SHORTEST_NAME else None


def capacity(form: str, family: str, locale: "str | tuple[str, ...] | None", length: int) -> int:
    """How many different texts of this form there are."""
    locales = tuple(source(family, each) for each in locales_of(locale))
    of = [parts(family, each) for each in locales]
    found = numbering(form, of, length)
    if found is None:
        return 0
    if found.room is not None:
        return int(10**NUMBER_DIGITS)
    per_turn = (each.count * (10**found.digits - 1) // locales.count(each_locale) for each, each_locale in zip(of, locales, strict=True))
    return int(min(MAX_CAPACITY, min(per_turn) * len(locales)))
