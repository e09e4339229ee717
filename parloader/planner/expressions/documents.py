"""JSON documents with a unique value at one of the paths that a table's expressions read."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from parloader.inference import unique_columns
from parloader.inference.texts import text_columns
from parloader.planner.expressions.images import Constant, Digit, Json, Number, Symbol, Text, characters
from parloader.planner.expressions.text_functions import to_number
from parloader.plans.generators import Unique, UniqueKind
from parloader.schema.checks.domains import Domain

Path: TypeAlias = tuple[str | int, ...]

SLOT = "\ue000"  # of the private use area: stands for the digits in a document

DECIMAL = 10

NUMBER_LENGTHS = (9, 8, 4, 2)  # digits of numbers that a BIGINT, an INT, a SMALLINT and a TINYINT hold, behind a 1


@dataclass(frozen=True, kw_only=True)
class Document:
    """Documents that differ in one value, as the JSON column's texts."""

    generator: Unique
    image: Json


@dataclass(frozen=True, kw_only=True)
class _Leaf:
    """A scalar in a document, as it is written, with a SLOT for its digits."""

    text: str
    unique: Unique


def documents(column: str, domain: Domain, paths: Sequence[Path]) -> Iterator[Document]:
    """A document for each path, and for each kind of value there: text, then numbers."""
    for path in paths if text_columns.is_limited_by_length_only(replace(domain, json=False)) else ():
        for leaf in _leaves(path):
            for value in (_nested(path, leaf), _nested(path, [leaf])):
                if isinstance(value, dict | list):
                    yield _document(column, value, leaf)


def _leaves(path: Path) -> Iterator[_Leaf]:
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    for before, after in dict.fromkeys((unique_columns.affixes(name), ("", ""))):
        digits = unique_columns.DIGITS
        yield _Leaf(text=f'"{before}{SLOT}{after}"', unique=Unique(form=UniqueKind.TEXT, prefix=before, length=digits, suffix=after))
    for digits in NUMBER_LENGTHS:
        yield _Leaf(text=f"1{SLOT}", unique=Unique(form=UniqueKind.TEXT, prefix="1", length=digits, base=DECIMAL))


def _nested(path: Path, leaf: Any) -> Any:
    value = leaf
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [*([None] * step), value]
    return value


def _document(column: str, value: Any, leaf: _Leaf) -> Document:
    text = written(value)
    before, after = text.split(SLOT)
    unique = Unique(form=UniqueKind.TEXT, prefix=before, length=leaf.unique.length, base=leaf.unique.base, suffix=after)
    return Document(generator=unique, image=_image(column, value))


def written(value: Any) -> str:
    """The document as MySQL prints it: shorter keys first, then in the order of their bytes (MySQL manual "The JSON Data Type")."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return value.text if isinstance(value, _Leaf) else json.dumps(value)


def _image(column: str, value: Any) -> Json:
    if isinstance(value, dict):
        return Json(value={key: _image(column, inner) for key, inner in value.items()})
    if isinstance(value, list):
        return Json(value=tuple(_image(column, inner) for inner in value))
    if isinstance(value, _Leaf):
        return Json(value=_scalar(column, value.unique, is_text=value.text.startswith('"')))
    return Json(value=Constant(value=value))


def _scalar(column: str, unique: Unique, *, is_text: bool) -> Text | Number:
    digits: list[Symbol] = [Digit(column=column, number=n, count=unique.length, base=unique.base) for n in range(unique.length)]
    text = Text(symbols=(*characters(unique.prefix), *digits, *characters(unique.suffix)))
    if is_text:
        return text
    number = to_number(text)
    assert isinstance(number, Number)
    return number
