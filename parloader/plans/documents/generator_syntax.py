"""The syntax of generators as plain values, the same in plan files and in the ledger: { choice = ["a", "b"], weights = [1, 3] }.

The first key is the generator's word; its value is the main argument. Options follow if they are not at their default.

A generator's fields are validated here and nowhere else. Only what depends on row counts, on parents or on Polars (SQL, types, 64 bits) is
checked by parloader/generation.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from typing import Any

from parloader.errors import UsageError
from parloader.plans import generators, templates
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    BOUND,
    MAX_64_BITS,
    NAME,
    SCALAR,
    SPAN,
    TEXT,
    TIMESTAMP,
    Codec,
    DecodeError,
    abbreviated,
    bound_of,
    decode_entry,
    entries,
    integer,
    list_of,
    number,
    one_of,
    pair_of,
    suggestion,
)
from parloader.plans.documents.mistakes import InvalidPlan, Mistakes, located
from parloader.timestamps import parse_iso

RENAMED = {"otherwise": "else", "span_seconds": "span"}
"""Field → option, if their names differ."""

SPREAD_UNITS = ("s", "ms", "d")

# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MAX_SCALE = 38

# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MAX_LENGTH = 2**32 - 1

MAX_EXPONENT = 100

# Forms of Random with a length that may vary
FORMS_WITH_LENGTH = ("letters", "digits", "hex", "bytes")

MAX_BITS = 64


def encode_generator(generator: generators.Generator) -> dict[str, Any]:
    """The generator as a table of plain values. InvalidPlan: it is no generator."""
    syntax = next((s for s in SYNTAXES if s.kind is type(generator)), None)
    if syntax is None:
        raise InvalidPlan(f"{abbreviated(generator)} is not a generator", f"Use one of {', '.join(s.kind.__name__ for s in SYNTAXES)}")
    main = tuple(getattr(generator, name) for name in syntax.fields)
    table = {syntax.word: syntax.main.write(main if len(main) > 1 else main[0])}
    for name, codec in {**syntax.options, "null_share": SHARE}.items():
        value = getattr(generator, name)
        if value != syntax.defaults.get(name, MISSING):
            table[RENAMED.get(name, name)] = codec.write(value)
    return table


def decode_generator(value: object) -> generators.Generator:
    """The generator that such a table describes. InvalidPlan says what is wrong and what was expected."""
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"{abbreviated(value)} is not a generator", "Write it in braces, such as { const = 5 }")
    word, syntax = _syntax_of(value)
    options = {RENAMED.get(name, name): (name, codec) for name, codec in {**syntax.options, "null_share": SHARE}.items()}
    mistakes, arguments = Mistakes(), dict[str, Any]()
    with mistakes.collected():
        entries(value, (word, *options), of=f"`{word}`")
    with mistakes.collected():
        main = decode_entry(value, word, syntax.main)
        arguments |= zip(syntax.fields, main if len(syntax.fields) > 1 else (main,), strict=True)
    for option, (name, codec) in options.items():
        if option in value or name not in syntax.defaults:
            with mistakes.collected():
                arguments[name] = decode_entry(value, option, codec)
    mistakes.report()
    generator = syntax.kind(**arguments)
    syntax.check(generator)
    return generator


def _syntax_of(table: Mapping[Any, Any]) -> tuple[str, "GeneratorSyntax"]:
    """The generator's word in the table, and its syntax."""
    words = [word for word in table if word in BY_WORD or word in ALIASES]
    if not words:
        first = next(iter(table), "")
        raise InvalidPlan(
            f"{abbreviated(first)} is not a generator", f"{suggestion(first, BY_WORD)}Valid: {', '.join(BY_WORD)}", path=(first,)
        )
    if len(words) > 1:
        raise InvalidPlan(f"there are two generators, `{words[0]}` and `{words[1]}`", "Remove one of them")
    return words[0], BY_WORD.get(words[0]) or ALIASES[words[0]]


def _read_pick(value: object) -> tuple[str, str]:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
        raise DecodeError('a table and a column: "customer.id", or ["customer", "id"] if a name has a dot')
    return parts[0], parts[1]


def _write_pick(value: Any) -> Any:
    simple = all(isinstance(part, str) and part and "." not in part for part in value)
    return ".".join(value) if simple else list(value)


def _branch(name: str) -> Codec:
    def read(value: object) -> generators.Generator:
        with located((name,), f"`{name}`"):
            return decode_generator(value)

    return Codec(read=read, write=encode_generator)


def _check_choice(choice: generators.Choice) -> None:
    if not choice.weights:
        return
    if len(choice.weights) != len(choice.values):
        weights, values = (
            f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in ((len(choice.weights), "number"), (len(choice.values), "value"))
        )
        raise InvalidPlan(f"`weights` has {weights} for {values}", "Give one weight per value")
    if not sum(choice.weights):
        raise InvalidPlan("every weight is 0", "Give at least one value a weight of 1 or more")
    if sum(choice.weights) > MAX_64_BITS:
        raise InvalidPlan("the sum of the weights exceeds 64 bits", "Give smaller weights")


def _check_uniform(uniform: generators.Uniform) -> None:
    low, high = (bound_of(bound) if isinstance(bound, str) else bound for bound in (uniform.low, uniform.high))
    if type(low) is not type(high):
        raise InvalidPlan(
            f"{abbreviated(uniform.low)} and {abbreviated(uniform.high)} are of different kinds",
            "Give two integers, two decimals as text, two dates or two timestamps",
        )
    _require_order(low, high, uniform.low, uniform.high)


def _require_order(low: Any, high: Any, shown_low: object = None, shown_high: object = None) -> None:
    """InvalidPlan: `low` is greater than `high`; the message shows the other two, if given."""
    if low > high:
        first, second = (low, high) if shown_low is None else (shown_low, shown_high)
        raise InvalidPlan(f"{abbreviated(first)} is greater than {abbreviated(second)}", "Write the lower one first")


def _check_normal(normal: generators.Normal) -> None:
    if normal.deviation < 0:
        raise InvalidPlan(f"the deviation is {abbreviated(normal.deviation)}", "Give a deviation of 0 or more")
    if normal.low is not None and normal.high is not None:
        _require_order(normal.low, normal.high)
    low, high = normal.limits
    if low > high:
        raise InvalidPlan(
            f"no 64-bit number with `scale` {normal.scale} lies between `low` and `high`", "Move the limits apart or increase `scale`"
        )


def _check_pick(pick: generators.Pick) -> None:
    if pick.distribution is generators.Distribution.ZIPF and pick.exponent > MAX_EXPONENT:
        raise InvalidPlan(f"`exponent` is {pick.exponent:g}", f"Give a number from 0 to {MAX_EXPONENT}")


def _check_spread(spread: generators.Spread) -> None:
    start = parse_iso(spread.start)
    if start.microsecond % 1000:
        raise InvalidPlan(f"the start is {abbreviated(spread.start)}", "Give a start in whole milliseconds")
    try:
        start + timedelta(seconds=spread.span_seconds)
    except OverflowError as error:
        raise InvalidPlan("the time span ends after the year 9999", "Give an earlier start or a shorter span") from error


def _check_unique(unique: generators.Unique) -> None:
    if unique.form is generators.UniqueKind.VALUES and not unique.values:
        raise InvalidPlan("`values` is missing", 'Add the values: { unique = "values", values = ["a", "b"] }')
    if unique.form is generators.UniqueKind.BYTES and not re.fullmatch("(?:[0-9a-fA-F]{2})*", unique.prefix):
        raise InvalidPlan(f"`prefix` is {abbreviated(unique.prefix)}", 'Give bytes as two hexadecimal digits each, such as "00ff"')
    if unique.form is generators.UniqueKind.INTEGER:
        _require_order(unique.low, unique.high)


def _check_provider(provider: generators.Provider) -> None:
    if provider.name not in generators.PROVIDERS:
        valid = f"{suggestion(provider.name, generators.PROVIDERS)}Valid: {', '.join(generators.PROVIDERS)}"
        raise InvalidPlan(f"no provider {abbreviated(provider.name)}", valid)


def _check_template(template: generators.Template) -> None:
    try:
        templates.fields(template.text)
    except UsageError as error:
        raise InvalidPlan(error.message, error.next_step) from error


def _check_random(random: generators.Random) -> None:
    if random.form == "bits" and not 1 <= random.length <= MAX_BITS:
        raise InvalidPlan(f"`length` is {random.length}", f"Give a length of 1 to {MAX_BITS} bits")
    if random.least is not None:
        if random.form not in FORMS_WITH_LENGTH:
            raise InvalidPlan(
                f"`least` does not apply to {random.form}", f"Only {', '.join(FORMS_WITH_LENGTH)} can have it: remove `least`"
            )
        _require_order(random.least, random.length)


def _check_after(after: generators.After) -> None:
    _require_order(after.least, after.most)


SHARE = number(0, 1)

LENGTH = integer(0, MAX_LENGTH)


def _accept(_: Any) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class GeneratorSyntax:
    """How a generator is written."""

    kind: type[generators.Generator]
    word: str  # the key of the main argument
    fields: tuple[str, ...]  # those that the main argument sets: one, or several as a list
    main: Codec
    options: Mapping[str, Codec] = field(default_factory=dict)  # by field
    check: Callable[[Any], None] = _accept  # raises InvalidPlan if fields contradict each other

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
        main=pair_of(BOUND, expected="[lowest, highest] as integers, decimals as text, dates or timestamps"),
        check=_check_uniform,
    ),
    GeneratorSyntax(
        kind=generators.Normal,
        word="normal",
        fields=("mean", "deviation"),
        main=pair_of(number(), expected="[mean, deviation] as numbers"),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=_check_normal,
    ),
    GeneratorSyntax(kind=generators.Zipf, word="zipf", fields=("count",), main=integer(1), options={"exponent": number(0, MAX_EXPONENT)}),
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
        main=Codec(read=_read_pick, write=_write_pick),
        options={
            "distribution": one_of(generators.Distribution),
            "every": integer(1),
            "exponent": number(0),
            "index": NAME,
            "group": NAME,
        },
        check=_check_pick,
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
        check=_check_provider,
    ),
    GeneratorSyntax(
        kind=generators.Random,
        word="random",
        fields=("form",),
        main=one_of(generators.RANDOM_FORMS),
        options={"length": LENGTH, "least": LENGTH},
        check=_check_random,
    ),
    GeneratorSyntax(kind=generators.Template, word="template", fields=("text",), main=TEXT, check=_check_template),
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
"""Other words for a generator: accepted, never written."""
