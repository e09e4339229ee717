"""The syntax of generators as plain values, the same in plan files and in the ledger: { choice = ["a", "b"], weights = [1, 3] }.

The first key is the generator's word; its value is the main argument. Options follow if they are not at their default.

A generator's fields are validated here and in generator_checks.py, and nowhere else. Only what depends on row counts, on parents or on Polars
(SQL, types, 64 bits) is checked by parloader/generation.
"""

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

from parloader.plans import generators
from parloader.plans.documents.codecs import (
    Codec,
    abbreviated,
    decode_entry,
    entries,
    number,
    suggestion,
)
from parloader.plans.documents.generator_form import GeneratorSyntax
from parloader.plans.documents.generator_words import ALIASES, BY_WORD, SYNTAXES
from parloader.plans.documents.mistakes import InvalidPlan, Mistakes, located

RENAMED = {"otherwise": "else", "span_seconds": "span", "offset_seconds": "offset", "within_seconds": "within"}
"""Field → option, if their names differ."""

SHARE = number(0, 1)


def encode_generator(generator: generators.Generator) -> dict[str, Any]:
    """The generator as a table of plain values. InvalidPlan: it is no generator."""
    syntax = next((s for s in SYNTAXES if s.writes(generator)), None)
    if syntax is None:
        raise InvalidPlan(
            f"{abbreviated(generator)} is not a generator", f"Use one of {', '.join(dict.fromkeys(s.kind.__name__ for s in SYNTAXES))}"
        )
    main = tuple(getattr(generator, name) for name in syntax.fields)
    table = {syntax.word: syntax.main.write(main if len(main) > 1 else main[0])}
    for name, codec in _options(syntax).items():
        value = getattr(generator, name)
        if value != syntax.defaults.get(name, MISSING):
            table[RENAMED.get(name, name)] = codec.write(value)
    return table


def decode_generator(value: object) -> generators.Generator:
    """The generator that such a table describes. InvalidPlan says what is wrong and what was expected."""
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"{abbreviated(value)} is not a generator", "Write it in braces, such as { const = 5 }")
    word, syntax = _syntax_of(value)
    options = {RENAMED.get(name, name): (name, codec) for name, codec in _options(syntax).items()}
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
    generator = syntax.kind(**arguments, **syntax.fixed)
    syntax.check(generator)
    return generator


def _syntax_of(table: Mapping[Any, Any]) -> tuple[str, GeneratorSyntax]:
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


def _options(syntax: GeneratorSyntax) -> dict[str, Codec]:
    """The codec of each field that is an option."""
    nested = {name: _branch(RENAMED.get(name, name)) for name in syntax.nested}
    return {**syntax.options, **nested, "null_share": SHARE}


def _branch(name: str) -> Codec:
    def read(value: object) -> generators.Generator:
        with located((name,), f"`{name}`"):
            return decode_generator(value)

    return Codec(read=read, write=encode_generator)
