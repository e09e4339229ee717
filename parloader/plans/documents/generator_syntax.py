"""A generator as plain values, the same in plan files and in the ledger: { choice = ["a", "b"], weights = [1, 3] }.

The first key is the generator's word and has its main argument; options that are not at their default follow.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from typing import Any

from parloader.plans import generators
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    BOUND,
    NAME,
    SCALAR,
    SPAN,
    TEXT,
    TIMESTAMP,
    Codec,
    DecodeError,
    InvalidPlan,
    abbreviated,
    bound_of,
    decode_entry,
    entries,
    integer,
    list_of,
    located,
    number,
    one_of,
    pair_of,
    suggestion,
)
from parloader.timestamps import parse_iso

RENAMED = {"otherwise": "else", "span_seconds": "span"}
"""Fields whose option has another name."""

RANDOM_FORMS = ("letters", "digits", "hex", "bytes", "uuid", "inet4", "inet6", "time", "bits")

SPREAD_UNITS = ("s", "ms", "d")

# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MAX_SCALE = 38

# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MAX_LENGTH = 2**32 - 1


def encode_generator(generator: generators.Generator) -> dict[str, Any]:
    """The generator as a table of plain values. Invalid: it is none of plans/generators.py."""
    spelling = next((s for s in SYNTAXES if s.kind is type(generator)), None)
    if spelling is None:
        raise InvalidPlan(f"{abbreviated(generator)} is no generator", f"Give one of {', '.join(s.kind.__name__ for s in SYNTAXES)}")
    main = tuple(getattr(generator, name) for name in spelling.fields)
    form = {spelling.word: spelling.main.write(main if len(main) > 1 else main[0])}
    for name, codec in {**spelling.options, "null_share": SHARE}.items():
        value = getattr(generator, name)
        if value != spelling.defaults.get(name, MISSING):
            form[RENAMED.get(name, name)] = codec.write(value)
    return form


def decode_generator(value: object) -> generators.Generator:
    """The generator of such a table. Invalid: what is wrong, and what was expected."""
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"{abbreviated(value)} is no generator", "Write it in braces, such as { const = 5 }")
    words = [word for word in value if word in BY_WORD or word in ALIASES]
    if not words:
        first = next(iter(value), "")
        raise InvalidPlan(
            f"{abbreviated(first)} is no generator", f"{suggestion(first, BY_WORD)}Valid: {', '.join(BY_WORD)}", path=(first,)
        )
    if len(words) > 1:
        raise InvalidPlan(f"there are two generators, `{words[0]}` and `{words[1]}`", "Leave one of them out")
    (word,) = words
    spelling = BY_WORD.get(word) or ALIASES[word]
    options = {RENAMED.get(name, name): (name, codec) for name, codec in {**spelling.options, "null_share": SHARE}.items()}
    found = entries(value, (word, *options), of=f"`{word}`")
    main = decode_entry(found, word, spelling.main)
    given = dict(zip(spelling.fields, main if len(spelling.fields) > 1 else (main,), strict=True))
    for option, (name, codec) in options.items():
        if option in found or name not in spelling.defaults:
            given[name] = decode_entry(found, option, codec)
    generator = spelling.kind(**given)
    spelling.check(generator)
    return generator


def _pick_read(value: object) -> tuple[str, str]:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
        raise DecodeError('a table and a column: "customer.id", or ["customer", "id"] where a name has a dot')
    return parts[0], parts[1]


def _pick_write(value: Any) -> Any:
    simple = all(isinstance(part, str) and part and "." not in part for part in value)
    return ".".join(value) if simple else list(value)


def _branch(name: str) -> Codec:
    def read_it(value: object) -> generators.Generator:
        with located((name,), f"`{name}`"):
            return decode_generator(value)

    return Codec(read=read_it, write=encode_generator)


def _check_choice(choice: generators.Choice) -> None:
    if choice.weights and len(choice.weights) != len(choice.values):
        raise InvalidPlan(f"`weights` has {len(choice.weights)} numbers for {len(choice.values)} values", "Give one weight per value")
    if choice.weights and not sum(choice.weights):
        raise InvalidPlan("every weight is 0", "Give a value at least a weight of 1")


def _check_uniform(uniform: generators.Uniform) -> None:
    low, high = (bound_of(bound) if isinstance(bound, str) else bound for bound in (uniform.low, uniform.high))
    if type(low) is not type(high):
        raise InvalidPlan(
            f"{abbreviated(uniform.low)} and {abbreviated(uniform.high)} are not of one kind", "Give two numbers, two texts, or two dates"
        )
    _in_order(low <= high, uniform.low, uniform.high)


def _in_order(so: object, low: object, high: object) -> None:
    if not so:
        raise InvalidPlan(f"{abbreviated(low)} is more than {abbreviated(high)}", "Give the lower one first")


def _check_normal(normal: generators.Normal) -> None:
    if normal.low is not None and normal.high is not None:
        _in_order(normal.low <= normal.high, normal.low, normal.high)


def _check_spread(spread: generators.Spread) -> None:
    try:
        parse_iso(spread.start) + timedelta(seconds=spread.span_seconds)
    except OverflowError as error:
        raise InvalidPlan("the time span ends after the year 9999", "Give an earlier start or a shorter span") from error


def _check_unique(unique: generators.Unique) -> None:
    if unique.form is generators.UniqueKind.VALUES and not unique.values:
        raise InvalidPlan("`values` is missing", 'Add the values: { unique = "values", values = ["a", "b"] }')
    if unique.form is generators.UniqueKind.BYTES and not re.fullmatch("(?:[0-9a-fA-F]{2})*", unique.prefix):
        raise InvalidPlan(f"`prefix` is {abbreviated(unique.prefix)}", 'Give bytes, two digits each, such as "00ff"')
    if unique.form is generators.UniqueKind.INTEGER:
        _in_order(unique.low <= unique.high, unique.low, unique.high)


def _check_random(random: generators.Random) -> None:
    if random.least is not None:
        _in_order(random.least <= random.length, random.least, random.length)


def _check_after(after: generators.After) -> None:
    _in_order(after.least <= after.most, after.least, after.most)


SHARE = number(0, 1)

LENGTH = integer(0, MAX_LENGTH)


def _accept(_: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class GeneratorSyntax:
    """How the generator `kind` is written: its word with the main argument, which has the value of these `fields`, and its options."""

    kind: type[generators.Generator]
    word: str
    fields: tuple[str, ...]
    main: Codec
    options: Mapping[str, Codec] = field(default_factory=dict)
    check: Callable[[Any], None] = _accept

    @property
    def defaults(self) -> dict[str, Any]:
        return {f.name: f.default for f in fields(self.kind) if f.default is not MISSING}


SYNTAXES = (
    GeneratorSyntax(kind=generators.Const, word="const", fields=("value",), main=SCALAR),
    GeneratorSyntax(kind=generators.Cycle, word="cycle", fields=("values",), main=list_of(SCALAR, least=1), options={"every": integer(1)}),
    GeneratorSyntax(
        kind=generators.Choice,
        word="choice",
        fields=("values",),
        main=list_of(SCALAR, least=1),
        options={"weights": list_of(integer(0))},
        check=_check_choice,
    ),
    GeneratorSyntax(
        kind=generators.Uniform,
        word="uniform",
        fields=("low", "high"),
        main=pair_of(BOUND, of="the lowest value and the highest"),
        check=_check_uniform,
    ),
    GeneratorSyntax(
        kind=generators.Normal,
        word="normal",
        fields=("mean", "deviation"),
        main=pair_of(number(), of="the mean and the standard deviation"),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=_check_normal,
    ),
    GeneratorSyntax(kind=generators.Zipf, word="zipf", fields=("count",), main=integer(1), options={"exponent": number(0)}),
    GeneratorSyntax(
        kind=generators.Sequence,
        word="sequence",
        fields=("start",),
        main=ANY_INTEGER,
        options={"step": integer(), "every": integer(1), "count": integer(1)},
    ),
    GeneratorSyntax(
        kind=generators.Spread,
        word="spread",
        fields=("start",),
        main=TIMESTAMP,
        options={"span_seconds": SPAN, "unit": one_of(SPREAD_UNITS)},
        check=_check_spread,
    ),
    GeneratorSyntax(
        kind=generators.Pick,
        word="pick",
        fields=("parent", "column"),
        main=Codec(read=_pick_read, write=_pick_write),
        options={"distribution": one_of(generators.Distribution), "every": integer(1), "exponent": number(0), "index": NAME, "group": NAME},
    ),
    GeneratorSyntax(
        kind=generators.Unique,
        word="unique",
        fields=("form",),
        main=one_of(generators.UniqueKind),
        options={
            "low": ANY_INTEGER,
            "high": ANY_INTEGER,
            "scale": integer(0, MAX_SCALE),
            "length": LENGTH,
            "prefix": TEXT,
            "suffix": TEXT,
            "values": list_of(SCALAR),
        },
        check=_check_unique,
    ),
    GeneratorSyntax(
        kind=generators.Provider,
        word="provider",
        fields=("name",),
        main=NAME,
        options={"length": LENGTH, "srid": integer(0, 2**32 - 1), "group": NAME},
    ),
    GeneratorSyntax(
        kind=generators.Random,
        word="random",
        fields=("form",),
        main=one_of(RANDOM_FORMS),
        options={"length": LENGTH, "least": LENGTH},
        check=_check_random,
    ),
    GeneratorSyntax(kind=generators.Template, word="template", fields=("text",), main=TEXT),
    GeneratorSyntax(
        kind=generators.When,
        word="when",
        fields=("condition",),
        main=NAME,
        options={"then": _branch("then"), "otherwise": _branch("else")},
    ),
    GeneratorSyntax(kind=generators.Expr, word="expr", fields=("sql",), main=NAME),
    GeneratorSyntax(
        kind=generators.After,
        word="after",
        fields=("column",),
        main=NAME,
        options={"least": integer(), "most": integer()},
        check=_check_after,
    ),
)

BY_WORD: Mapping[str, GeneratorSyntax] = {s.word: s for s in SYNTAXES}

ALIASES: Mapping[str, GeneratorSyntax] = {"faker": BY_WORD["provider"], "mimesis": BY_WORD["provider"]}
"""Read as well, never written."""
