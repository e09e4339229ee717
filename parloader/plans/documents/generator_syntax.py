"""The syntax of generators as plain values, the same in plan files and in the ledger: { choice = ["a", "b"], weights = [1, 3] }.

The first key is the generator's word; its value is the main argument. Options follow if they are not at their default.

A generator's fields are validated here and in generator_checks.py, and nowhere else. Only what depends on row counts, on parents or on Polars
(SQL, types, 64 bits) is checked by parloader/generation.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from parloader.plans import generators
from parloader.plans.documents import generator_checks
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
    abbreviated,
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
from parloader.plans.unique import BASE36

RENAMED = {"otherwise": "else", "span_seconds": "span"}
"""Field → option, if their names differ."""

SPREAD_UNITS = ("s", "ms", "d")

# DECIMAL has at most 38 digits after the point on MariaDB, 30 on MySQL (their manuals, "DECIMAL")
MAX_SCALE = 38

# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MAX_LENGTH = 2**32 - 1


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
    if not table:
        raise InvalidPlan("the braces are empty", f"Name a generator: {', '.join(BY_WORD)}")
    if not words:
        first = next(iter(table))
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
        check=generator_checks.check_choice,
    ),
    GeneratorSyntax(
        kind=generators.Uniform,
        word="uniform",
        fields=("low", "high"),
        main=pair_of(BOUND, expected="[lowest, highest] as integers, decimals as text, dates or timestamps"),
        check=generator_checks.check_uniform,
    ),
    GeneratorSyntax(
        kind=generators.Normal,
        word="normal",
        fields=("mean", "deviation"),
        main=pair_of(number(), expected="[mean, deviation] as numbers"),
        options={"scale": integer(0, MAX_SCALE), "low": number(), "high": number()},
        check=generator_checks.check_normal,
    ),
    GeneratorSyntax(
        kind=generators.Zipf,
        word="zipf",
        fields=("count",),
        main=integer(1),
        options={"exponent": number(0, generator_checks.MAX_EXPONENT)},
    ),
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
        check=generator_checks.check_spread,
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
        check=generator_checks.check_pick,
    ),
    GeneratorSyntax(
        kind=generators.Unique,
        word="unique",
        fields=("form",),
        main=one_of(generators.UniqueKind),
        options={
            "low": ANY_INTEGER,
            "high": ANY_INTEGER,
            "step": integer(1),
            "scale": integer(0, MAX_SCALE),
            "length": LENGTH,
            "base": integer(2, len(BASE36)),
            "prefix": TEXT,
            "suffix": TEXT,
            "values": list_of(SCALAR),
        },
        check=generator_checks.check_unique,
    ),
    GeneratorSyntax(
        kind=generators.Provider,
        word="provider",
        fields=("name",),
        main=NAME,
        options={"length": LENGTH, "srid": integer(0, 2**32 - 1), "group": NAME},
        check=generator_checks.check_provider,
    ),
    GeneratorSyntax(
        kind=generators.Random,
        word="random",
        fields=("form",),
        main=one_of(generators.RANDOM_FORMS),
        options={"length": LENGTH, "least": LENGTH},
        check=generator_checks.check_random,
    ),
    GeneratorSyntax(kind=generators.Template, word="template", fields=("text",), main=TEXT, check=generator_checks.check_template),
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
        check=generator_checks.check_after,
    ),
)

BY_WORD: Mapping[str, GeneratorSyntax] = {s.word: s for s in SYNTAXES}

ALIASES: Mapping[str, GeneratorSyntax] = {"faker": BY_WORD["provider"], "mimesis": BY_WORD["provider"]}
"""Other words for a generator: accepted, never written."""
