"""What a plan file says once for several columns, written into each of them: `locale`, and the values of `pool = "names.csv"`.

A plan has them in its generators only: its ledger's document needs no file.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from parloader.files import read_text, why_unreadable
from parloader.plans import generators
from parloader.plans.documents.codecs import abbreviated, suggestion
from parloader.plans.documents.generator_checks import check_locale
from parloader.plans.documents.generator_words import LOCALE
from parloader.plans.documents.mistakes import InvalidPlan, Mistakes, located
from parloader.quantities import counted

MAX_POOL_VALUES = 100_000
"""Values of a file: they are stored with each run."""

POOL_OPTIONS = ("column", "weight", "group", "null_share")

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def with_defaults(document: Mapping[str, Any], folder: Path, mistakes: Mistakes) -> Mapping[str, Any]:
    """The document of a plan file with both written into its columns. `folder`: where files of values are. Notes mistakes."""
    tables = document.get("table")
    if not isinstance(tables, Mapping):
        return document
    of_plan = _locale(document, mistakes)
    result = {
        name: _table(name, table, of_plan, folder, mistakes) if isinstance(table, Mapping) else table for name, table in tables.items()
    }
    return {**document, "table": result}


def _locale(entries: Mapping[str, Any], mistakes: Mistakes) -> Any:
    """The `locale` of a plan or a table; None: it has none, or not a valid one, which is noted."""
    if "locale" not in entries:
        return None
    with mistakes.collected():
        value = entries["locale"]
        valid = isinstance(value, str) or (isinstance(value, list) and value and all(isinstance(each, str) for each in value))
        if not valid:
            raise InvalidPlan(f"`locale` is {abbreviated(value)}", 'Give a locale such as "de_DE", or a list of them', path=("locale",))
        check_locale(LOCALE.read(value))
        return value
    return None


def _table(name: str, table: Mapping[str, Any], of_plan: Any, folder: Path, mistakes: Mistakes) -> Mapping[str, Any]:
    found = Mistakes()
    locale = _locale(table, found) or of_plan
    columns = table.get("column")
    if isinstance(columns, Mapping):
        changed = {}
        for column, form in columns.items():
            changed[column] = form
            with found.collected(), located(("column", column), f"column {column}"):
                changed[column] = _generator(form, locale, folder)
        table = {**table, "column": changed}
    with mistakes.collected(), located(("table", name), f"table {name}"):
        found.report()
    return table


def _generator(form: Any, locale: Any, folder: Path) -> Any:
    """The generator, and those nested in it."""
    if not isinstance(form, Mapping):
        return form
    if "pool" in form:
        return _choice(form, folder)
    nested = {key: _generator(value, locale, folder) for key, value in form.items()}
    return {**nested, "locale": locale} if locale is not None and "locale" not in nested and _has_locale(nested) else nested


def _has_locale(form: Mapping[str, Any]) -> bool:
    """Whether the generator's values depend on a locale."""
    scattered = [str(kind) for kind in generators.SCATTERED - {generators.UniqueKind.CODE}]
    name = next((form[word] for word in ("provider", "faker", "mimesis") if word in form), None)
    return (isinstance(name, str) and name in generators.OF_LOCALES) or form.get("unique") in scattered


def _choice(form: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values of a file, as a choice."""
    for option in form:
        if option != "pool" and option not in POOL_OPTIONS:
            valid = f"{suggestion(option, POOL_OPTIONS)}Valid: pool, {', '.join(POOL_OPTIONS)}"
            raise InvalidPlan(f"`pool` has no option {abbreviated(option)}", valid, path=(option,))
    for option in ("pool", "column", "weight"):
        if option in form and not (isinstance(form[option], str) and form[option]):
            raise InvalidPlan(f"`{option}` is {abbreviated(form[option])}", "Give a name in quotes", path=(option,))
    file = form["pool"]
    rows = list(_rows(file, folder))
    if not rows:
        raise InvalidPlan(f"{file} is empty", "Write one value per line")
    header = rows[0][1]
    if "column" not in form and "weight" not in form and len(header) == 1:
        values, weights = [value for _, (value, *_) in rows], []
    else:
        if "column" not in form:
            raise InvalidPlan(f"{file} has {counted(len(header), 'column')}", f'Say which one, such as column = "{header[0]}"')
        at = _position(file, header, form["column"])
        values = [cells[at] for _, cells in rows[1:]]
        weight_at = _position(file, header, form["weight"]) if "weight" in form else None
        weights = [] if weight_at is None else [_weight(file, line, cells[weight_at]) for line, cells in rows[1:]]
    if not values:
        raise InvalidPlan(f"{file} has a header but no values", "Write one row per value")
    if len(values) > MAX_POOL_VALUES:
        raise InvalidPlan(f"{file} has {len(values):,} values, and {MAX_POOL_VALUES:,} are the most", "Use a part of them")
    options = {name: form[name] for name in ("group", "null_share") if name in form}
    return {"choice": values, **({"weights": weights} if weights else {}), **options}


def _rows(file: str, folder: Path) -> Iterator[tuple[int, list[str]]]:
    """The file's line number and cells of each row; lines without text are left out."""
    try:
        text = read_text(folder / file).removeprefix("\ufeff")
    except (OSError, ValueError) as error:
        what = f"{file} cannot be read: {why_unreadable(error)}"
        raise InvalidPlan(what, f"Name a file of values, relative to {folder if str(folder) != '.' else 'the plan file'}") from error
    reader, cells = csv.reader(io.StringIO(text, newline=""), strict=True), 0
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            cells = cells or len(row)
            if len(row) != cells:
                what = f"{file}, line {reader.line_num}: {counted(len(row), 'cell')}, and the first row has {cells}"
                raise InvalidPlan(what, "Put values with a comma in double quotes")
            yield reader.line_num, row
    except csv.Error as error:
        raise InvalidPlan(
            f"{file}, line {reader.line_num}: {error}", "Write it as CSV: cells with a comma or a quote in double quotes"
        ) from error


def _position(file: str, header: list[str], column: str) -> int:
    names = [name.strip() for name in header]
    if column not in names:
        raise InvalidPlan(f"{file}, line 1: no column {abbreviated(column)}", f"{suggestion(column, names)}Its columns: {', '.join(names)}")
    return names.index(column)


def _weight(file: str, line: int, text: str) -> int | str:
    text = text.strip()
    if not NUMBER.fullmatch(text):
        raise InvalidPlan(f"{file}, line {line}: the weight is {abbreviated(text)}", "Give a number, 0 or more")
    return int(text) if text.isdigit() else text
