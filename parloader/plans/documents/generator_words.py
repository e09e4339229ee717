"""The generators' words in plan files, with the main argument and the options of each. generator_syntax.py reads and writes them."""

from collections.abc import Mapping
from typing import Any

from parloader.plans import generators
from parloader.plans.documents import generator_checks
from parloader.plans.documents.codecs import (
    ANY_INTEGER,
    BOOLEAN,
    NAME,
    SCALAR,
    TEXT,
    Codec,
    DecodeError,
    integer,
    list_of,
    number,
    one_of,
    pair_of,
)
from parloader.plans.documents.generator_form import MAX_SCALE, GeneratorSyntax
from parloader.plans.documents.quantity_codecs import (
    BOUND_OR_SQL,
    SPAN,
    WEIGHTS,
    or_span,
)
from parloader.plans.documents.quantity_words import QUANTITIES
from parloader.plans.unique import BASE36

# A LONGTEXT's bytes (both manuals, "Data Type Storage Requirements")
MAX_LENGTH = 2**32 - 1


def _read_pick(value: object) -> tuple[str, str]:
    parts = value.split(".") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
        raise DecodeError('a table and a column: "customer.id", or ["customer", "id"] if a name has a dot')
    return parts[0], parts[1]


def _write_pick(value: Any) -> Any:
    simple = all(isinstance(part, str) and part and "." not in part for part in value)
    return ".".join(value) if simple else list(value)


LENGTH = integer(0, MAX_LENGTH)


def _read_locale(value: object) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise DecodeError('a locale such as "de_DE", or a list of them')


LOCALE = Codec(read=_read_locale, write=lambda value: value if isinstance(value, str) else list(value))
"""generator_checks.py checks its names."""


SYNTAXES = (
    GeneratorSyntax(kind=generators.Const, word="const", fields=("value",), main=SCALAR),
    GeneratorSyntax(kind=generators.Cycle, word="cycle", fields=("values",), main=list_of(SCALAR, least=1), options={"every": integer(1)}),
    GeneratorSyntax(
        kind=generators.Choice,
        word="choice",
        fields=("values",),
        main=list_of(SCALAR, least=1),
        options={"weights": WEIGHTS, "group": NAME},
        check=generator_checks.check_choice,
    ),
    *QUANTITIES,
    GeneratorSyntax(
        kind=generators.Pick,
        word="pick",
        fields=("parent", "column"),
        main=Codec(read=_read_pick, write=_write_pick),
        options={
            "distribution": one_of(generators.Distribution),
            "every": integer(1),
            "trees": integer(1),
            "exponent": number(0),
            "index": NAME,
            "group": NAME,
            "scrambled": BOOLEAN,
            "growing": BOOLEAN,
            "where": NAME,
            "among": NAME,
            "distinct_in": NAME,
        },
        check=generator_checks.check_pick,
    ),
    GeneratorSyntax(
        kind=generators.ChildOf,
        word="child_of",
        fields=("parent", "column"),
        main=Codec(read=_read_pick, write=_write_pick),
        options={"group": NAME},
        nested=("count",),
        check=generator_checks.check_child_of,
    ),
    GeneratorSyntax(kind=generators.NumberIn, word="number_in", fields=("column",), main=NAME, options={"start": integer()}),
    *(
        GeneratorSyntax(
            kind=generators.Aggregate,
            word=function,
            fields=("child", "column"),
            main=Codec(read=_read_pick, write=_write_pick),
            fixed={"function": function},
        )
        for function in generators.AggregateFunction
    ),
    GeneratorSyntax(kind=generators.ShareOf, word="share_of", fields=("parent", "column"), main=Codec(read=_read_pick, write=_write_pick)),
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
            "pattern": TEXT,
            "of": NAME,
            "locale": LOCALE,
            "group": NAME,
        },
        check=generator_checks.check_unique,
    ),
    GeneratorSyntax(
        kind=generators.Provider,
        word="provider",
        fields=("name",),
        main=NAME,
        options={"length": LENGTH, "srid": integer(0, 2**32 - 1), "group": NAME, "locale": LOCALE},
        nested=("count",),
        check=generator_checks.check_provider,
    ),
    GeneratorSyntax(
        kind=generators.Code,
        word="code",
        fields=("pattern",),
        main=NAME,
        options={"group": NAME},
        check=generator_checks.check_code,
    ),
    GeneratorSyntax(kind=generators.Slug, word="slug_of", fields=("column",), main=NAME, options={"length": LENGTH}),
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
        nested=("then", "otherwise"),
    ),
    GeneratorSyntax(kind=generators.Expr, word="expr", fields=("sql",), main=NAME),
    GeneratorSyntax(
        kind=generators.Between,
        word="between",
        fields=("low", "high"),
        main=pair_of(BOUND_OR_SQL, expected="[lowest, highest] as integers, or as texts: decimals, dates, timestamps or SQL expressions"),
        options={"scale": integer(0, MAX_SCALE)},
        nested=("of",),
        check=generator_checks.check_between,
    ),
    GeneratorSyntax(
        kind=generators.After,
        word="after",
        fields=("column",),
        main=NAME,
        options={"least": or_span(integer()), "most": or_span(integer()), "within_seconds": SPAN},
        check=generator_checks.check_after,
    ),
)

BY_WORD: Mapping[str, GeneratorSyntax] = {s.word: s for s in SYNTAXES}

ALIASES: Mapping[str, GeneratorSyntax] = {"faker": BY_WORD["provider"], "mimesis": BY_WORD["provider"]}
"""Other words for a generator: accepted, never written."""
