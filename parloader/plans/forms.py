"""A generator as plain values, the same in plan files and in the ledger: { choice = ["a", "b"], weights = [1, 3] }.

The first key is the generator's word and has its main argument; options that are not at their default follow.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from typing import Any

from parloader.plans import generators as g
from parloader.plans.fields import (
    NAME,
    TEXT,
    Codec,
    Invalid,
    Unfit,
    entries,
    listed,
    nearest,
    number,
    one_of,
    pair,
    read,
    shown,
    whole,
    within,
)
from parloader.plans.scalars import ANY_WHOLE, BOUND, MOMENT, SCALAR, SPAN, bound_of, moment_of

RENAMED = {"otherwise": "else", "span_seconds": "span"}
"""Fields whose option has another name."""
RANDOM_FORMS = ("letters", "digits", "hex", "bytes", "uuid", "inet4", "inet6", "time", "bits")
SPREAD_UNITS = ("s", "ms", "d")
# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MOST_SCALE = 38
# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MOST_LENGTH = 2**32 - 1


def as_form(generator: g.Generator) -> dict[str, Any]:
    """The generator as a table of plain values. Invalid: it is none of plans/generators.py."""
    spelling = next((s for s in SPELLINGS if s.kind is type(generator)), None)
    if spelling is None:
        raise Invalid(f"{shown(generator)} is no generator", f"Give one of {', '.join(s.kind.__name__ for s in SPELLINGS)}")
    main = tuple(getattr(generator, name) for name in spelling.fields)
    form = {spelling.word: spelling.main.write(main if len(main) > 1 else main[0])}
    for name, codec in {**spelling.options, "null_share": SHARE}.items():
        value = getattr(generator, name)
        if value != spelling.defaults.get(name, MISSING):
            form[RENAMED.get(name, name)] = codec.write(value)
    return form


def from_form(value: object) -> g.Generator:
    """The generator of such a table. Invalid: what is wrong, and what was expected."""
    if not isinstance(value, Mapping):
        raise Invalid(f"{shown(value)} is no generator", "Write it in braces, such as { const = 5 }")
    words = [word for word in value if word in BY_WORD or word in ALIASES]
    if not words:
        first = next(iter(value), "")
        raise Invalid(f"{shown(first)} is no generator", f"{nearest(first, BY_WORD)}Valid: {', '.join(BY_WORD)}", path=(first,))
    if len(words) > 1:
        raise Invalid(f"there are two generators, `{words[0]}` and `{words[1]}`", "Leave one of them out")
    (word,) = words
    spelling = BY_WORD.get(word) or ALIASES[word]
    options = {RENAMED.get(name, name): (name, codec) for name, codec in {**spelling.options, "null_share": SHARE}.items()}
    found = entries(value, (word, *options), of=f"`{word}`")
    main = read(found, word, spelling.main)
    given = dict(zip(spelling.fields, main if len(spelling.fields) > 1 else (main,), strict=True))
    for option, (name, codec) in options.items():
        if option in found or name not in spelling.defaults:
            given[name] = read(found, option, codec)
    generator = spelling.kind(**given)
    spelling.check(generator)
    return generator


def _pick_read(value: object) -> tuple[str, str]:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
        raise Unfit('a table and a column: "customer.id", or ["customer", "id"] where a name has a dot')
    return parts[0], parts[1]


def _pick_write(value: Any) -> Any:
    simple = all(isinstance(part, str) and part and "." not in part for part in value)
    return ".".join(value) if simple else list(value)


def _branch(name: str) -> Codec:
    def read_it(value: object) -> g.Generator:
        with within((name,), f"`{name}`"):
            return from_form(value)

    return Codec(read=read_it, write=as_form)


def _check_choice(choice: g.Choice) -> None:
    if choice.weights and len(choice.weights) != len(choice.values):
        raise Invalid(f"`weights` has {len(choice.weights)} numbers for {len(choice.values)} values", "Give one weight per value")
    if choice.weights and not sum(choice.weights):
        raise Invalid("every weight is 0", "Give a value at least a weight of 1")


def _check_uniform(uniform: g.Uniform) -> None:
    low, high = (bound_of(bound) if isinstance(bound, str) else bound for bound in (uniform.low, uniform.high))
    if type(low) is not type(high):
        raise Invalid(f"{shown(uniform.low)} and {shown(uniform.high)} are not of one kind", "Give two numbers, two texts, or two dates")
    _in_order(low <= high, uniform.low, uniform.high)


def _in_order(so: object, low: object, high: object) -> None:
    if not so:
        raise Invalid(f"{shown(low)} is more than {shown(high)}", "Give the lower one first")


def _check_normal(normal: g.Normal) -> None:
    if normal.low is not None and normal.high is not None:
        _in_order(normal.low <= normal.high, normal.low, normal.high)


def _check_spread(spread: g.Spread) -> None:
    try:
        moment_of(spread.start) + timedelta(seconds=spread.span_seconds)
    except OverflowError as error:
        raise Invalid("the time span ends after the year 9999", "Give an earlier start or a shorter span") from error


def _check_unique(unique: g.Unique) -> None:
    if unique.form is g.Form.VALUES and not unique.values:
        raise Invalid("`values` is missing", 'Add the values: { unique = "values", values = ["a", "b"] }')
    if unique.form is g.Form.BYTES and not re.fullmatch("(?:[0-9a-fA-F]{2})*", unique.prefix):
        raise Invalid(f"`prefix` is {shown(unique.prefix)}", 'Give bytes, two digits each, such as "00ff"')
    if unique.form is g.Form.INTEGER:
        _in_order(unique.low <= unique.high, unique.low, unique.high)


def _check_random(random: g.Random) -> None:
    if random.least is not None:
        _in_order(random.least <= random.length, random.least, random.length)


def _check_after(after: g.After) -> None:
    _in_order(after.least <= after.most, after.least, after.most)


SHARE = number(0, 1)
LENGTH = whole(0, MOST_LENGTH)


def _accept(_: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How the generator `kind` is written: its word with the main argument, which has the value of these `fields`, and its options."""

    kind: type[g.Generator]
    word: str
    fields: tuple[str, ...]
    main: Codec
    options: Mapping[str, Codec] = field(default_factory=dict)
    check: Callable[[Any], None] = _accept

    @property
    def defaults(self) -> dict[str, Any]:
        return {f.name: f.default for f in fields(self.kind) if f.default is not MISSING}


SPELLINGS = (
    Spelling(kind=g.Const, word="const", fields=("value",), main=SCALAR),
    Spelling(kind=g.Cycle, word="cycle", fields=("values",), main=listed(SCALAR, least=1), options={"every": whole(1)}),
    Spelling(
        kind=g.Choice,
        word="choice",
        fields=("values",),
        main=listed(SCALAR, least=1),
        options={"weights": listed(whole(0))},
        check=_check_choice,
    ),
    Spelling(
        kind=g.Uniform,
        word="uniform",
        fields=("low", "high"),
        main=pair(BOUND, of="the lowest value and the highest"),
        check=_check_uniform,
    ),
    Spelling(
        kind=g.Normal,
        word="normal",
        fields=("mean", "deviation"),
        main=pair(number(), of="the mean and the standard deviation"),
        options={"scale": whole(0, MOST_SCALE), "low": number(), "high": number()},
        check=_check_normal,
    ),
    Spelling(kind=g.Zipf, word="zipf", fields=("count",), main=whole(1), options={"exponent": number(0)}),
    Spelling(
        kind=g.Sequence,
        word="sequence",
        fields=("start",),
        main=ANY_WHOLE,
        options={"step": whole(), "every": whole(1), "count": whole(1)},
    ),
    Spelling(
        kind=g.Spread,
        word="spread",
        fields=("start",),
        main=MOMENT,
        options={"span_seconds": SPAN, "unit": one_of(SPREAD_UNITS)},
        check=_check_spread,
    ),
    Spelling(
        kind=g.Pick,
        word="pick",
        fields=("parent", "column"),
        main=Codec(read=_pick_read, write=_pick_write),
        options={"distribution": one_of(g.Distribution), "every": whole(1), "exponent": number(0), "index": NAME, "group": NAME},
    ),
    Spelling(
        kind=g.Unique,
        word="unique",
        fields=("form",),
        main=one_of(g.Form),
        options={
            "low": ANY_WHOLE,
            "high": ANY_WHOLE,
            "scale": whole(0, MOST_SCALE),
            "length": LENGTH,
            "prefix": TEXT,
            "suffix": TEXT,
            "values": listed(SCALAR),
        },
        check=_check_unique,
    ),
    Spelling(
        kind=g.Provider,
        word="provider",
        fields=("name",),
        main=NAME,
        options={"length": LENGTH, "srid": whole(0, 2**32 - 1), "group": NAME},
    ),
    Spelling(
        kind=g.Random,
        word="random",
        fields=("form",),
        main=one_of(RANDOM_FORMS),
        options={"length": LENGTH, "least": LENGTH},
        check=_check_random,
    ),
    Spelling(kind=g.Template, word="template", fields=("text",), main=TEXT),
    Spelling(
        kind=g.When,
        word="when",
        fields=("condition",),
        main=NAME,
        options={"then": _branch("then"), "otherwise": _branch("else")},
    ),
    Spelling(kind=g.Expr, word="expr", fields=("sql",), main=NAME),
    Spelling(
        kind=g.After,
        word="after",
        fields=("column",),
        main=NAME,
        options={"least": whole(), "most": whole()},
        check=_check_after,
    ),
)
BY_WORD: Mapping[str, Spelling] = {s.word: s for s in SPELLINGS}
ALIASES: Mapping[str, Spelling] = {"faker": BY_WORD["provider"], "mimesis": BY_WORD["provider"]}
"""Read as well, never written."""
