"""Solves unique keys over expressions and generated columns: one of the columns that they are made of gets values that the expression keeps apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from parloader.inference import default_generators
from parloader.planner.keys.uniqueness_layout import UniquenessLayout
from parloader.planner.request import Note, NotFillable, PlanningRequest, listed
from parloader.planner.table_draft import TableDraft
from parloader.plans.generators import Unique
from parloader.plans.unique import capacity
from parloader.quantities import counted
from parloader.schema.model import TableSchema, UniqueKey

if TYPE_CHECKING:
    from parloader.planner.expressions.forms import Form
    from parloader.planner.expressions.images import Image
    from parloader.planner.expressions.key_expressions import KeyExpressions


GIVE_ITS_COLUMNS = "Give the columns it uses a generator in a plan file, such as `unique`; parloader tests a sample before the load"


@lru_cache(maxsize=256)
def key_expressions(schema: TableSchema) -> "KeyExpressions":
    """The expressions of the table's keys."""
    from parloader.planner.expressions.key_expressions import (
        KeyExpressions,  # importing sqlglot takes 0.2 s, and few tables have expressions
    )

    return KeyExpressions(schema)


@dataclass(frozen=True, kw_only=True)
class ExpressionKeySolver:
    """Solves the keys of one draft that have expressions. The arguments `key` are such keys."""

    draft: TableDraft
    rows: int
    reused: int  # how many of `rows` exist already
    request: PlanningRequest

    @cached_property
    def _expressions(self) -> "KeyExpressions":
        return key_expressions(self.draft.schema)

    def is_met(self, key: UniqueKey, layout: UniquenessLayout) -> bool:
        """Whether a column that differs in all rows makes the key differ, or a part of it is always NULL."""
        images = self._distinct(self._expressions.base_columns(key), layout.unique)
        null = self._nulls(key, layout)
        return bool(self._expressions.told_apart(key, {**images, **null})) or self._expressions.has_null(key, {**images, **null})

    def make_unique(self, key: UniqueKey, waiting: Sequence[UniqueKey], layout: UniquenessLayout) -> bool:
        """Gives a column distinct values that the key's expressions keep apart. False: there is none with enough values."""
        best: tuple[int, str, Unique] | None = None
        others = [other for other in waiting if self.draft.has_expressions(other)]
        for column in self._open_columns(key, layout):
            for form in self._serving_forms(key, column):
                if not self._suffices(form.generator) or not self._keeps_others(column, form, layout):
                    continue
                unique = {**layout.unique, column: form.generator}
                serves = sum(self.is_met(other, changed(layout, unique=unique)) for other in others)
                if best is None or serves > best[0]:
                    best = (serves, column, form.generator)
                if serves == len(others):
                    break
        if best is not None:
            layout.unique[best[1]] = best[2]
        return best is not None

    def resolved(self, key: UniqueKey) -> UniqueKey:
        """The key with the columns that its expressions tell apart, of those that pick from parents or have few values."""
        written = [column for column in key.columns if not self.draft.schema.column(column).generated]
        told_apart = self._expressions.told_apart(key, self._carried(key))
        columns = (*written, *(column for column in self._expressions.base_columns(key) if column in told_apart and column not in written))
        prefixes = [key.prefixes[key.columns.index(column)] if key.prefixes and column in written else None for column in columns]
        return changed(key, columns=columns, prefixes=tuple(prefixes) if any(prefixes) else ())

    def limit(self, key: UniqueKey) -> str:
        """Why a key that is followed has too few values. Empty: it is not followed, or the plan gives a column of it."""
        if self.draft.given.keys() & {*self._expressions.base_columns(key)}:
            return ""
        sizes = [
            (capacity(form.generator), column)
            for column in self._open_columns(key, UniquenessLayout())
            for form in self._serving_forms(key, column)
        ]
        if not sizes:
            return ""
        size, column = max(sizes)
        return (
            f"its unique key {key.name} is over an expression of {column}, for which parloader generates at most {counted(size, 'value')}"
        )

    def guess(self, key: UniqueKey, layout: UniquenessLayout) -> None:
        """Gives a column of a key that cannot be followed distinct values, if there is one with enough of them."""
        for column in self._open_columns(key, layout):
            found = next((form for form in self._forms(key, column) if self._suffices(form.generator)), None)
            if column in layout.unique or (found and self._keeps_others(column, found, layout)):
                if found and column not in layout.unique:
                    layout.unique[column] = found.generator
                return

    def _open_columns(self, key: UniqueKey, layout: UniquenessLayout) -> list[str]:
        """The columns of the key's expressions that may get other distinct values."""
        return [
            column
            for column in self._expressions.base_columns(key)
            if self.draft.is_open(column) and self.draft.common_domain(column) is not None and column not in layout.column_digits
        ]

    def _forms(self, key: UniqueKey, column: str) -> Sequence["Form"]:
        domain = self.draft.common_domain(column)
        assert domain is not None
        return self._expressions.forms(column, domain, self.draft.prefix(column), key)

    def _serving_forms(self, key: UniqueKey, column: str) -> Sequence["Form"]:
        """The forms of the column's values that the key's expressions keep apart."""
        domain = self.draft.common_domain(column)
        assert domain is not None
        return self._expressions.serving_forms(column, domain, self.draft.prefix(column), key)

    def _suffices(self, unique: Unique) -> bool:
        return self.rows <= capacity(unique) and not self.request.has_more_rows(self.draft.name, capacity(unique) + self.reused - self.rows)

    def _keeps_others(self, column: str, form: "Form", layout: UniquenessLayout) -> bool:
        """Whether the keys that the column's present values serve are served by these as well."""
        if column not in layout.unique:
            return True
        new = changed(layout, unique={**layout.unique, column: form.generator})
        keys = [key for key in self.draft.keys if self.draft.has_expressions(key) and column not in key.columns]
        return all(self.is_met(key, new) or not self.is_met(key, layout) for key in keys)

    def _distinct(self, columns: Sequence[str], unique: Mapping[str, Unique]) -> dict[str, "Image"]:
        """The images of those of the columns that differ in every row."""
        from parloader.planner.expressions import forms
        from parloader.planner.expressions.images import Number

        images: dict[str, Image] = {}
        for column in columns:
            given, schema = self.draft.given.get(column), self.draft.schema.column(column)
            if generator := unique.get(column) or (given if isinstance(given, Unique) else None):
                images[column] = forms.image_of(schema, generator)
            elif column == self.draft.key:
                images[column] = Number(
                    columns=frozenset({column}), low=Fraction(1), high=Fraction(schema.max_key), unsigned=schema.unsigned
                )
        return images

    def _nulls(self, key: UniqueKey, layout: UniquenessLayout) -> dict[str, "Image"]:
        from parloader.planner.expressions.images import NULL

        columns = self._expressions.base_columns(key)
        return {column: NULL for column in columns if self.draft.is_null(column) or layout.null_from.get(column) == 0}

    def _carried(self, key: UniqueKey) -> dict[str, "Image"]:
        """The images of the columns that pick from parents, or that have few values."""
        from parloader.planner.expressions import forms

        images: dict[str, Image] = {}
        for column in self._expressions.base_columns(key):
            schema, domain = self.draft.schema.column(column), self.draft.common_domain(column)
            picks = self.draft.group_of(column) is not None
            is_listed = domain is not None and self.draft.is_open(column) and default_generators.enumerable_values(schema, domain)
            if picks or is_listed:
                images[column] = forms.carried(schema, 1 if picks and schema.min_value <= 1 <= schema.max_value else None)
        return images


def trial_notes(draft: TableDraft, layout: UniquenessLayout) -> list[Note]:
    """Notes on what only a sample can show: unique keys that could not be followed.

    NotFillable: there is such a key, and none of its columns has distinct values, nor does the plan give any.
    """
    notes = []
    for key in layout.doubtful:
        columns = {*key.columns, *(key_expressions(draft.schema).base_columns(key) if draft.has_expressions(key) else ())}
        guess = not draft.given
        if not guess:
            text = f"the unique key {key.name} uses parts that are not generated here; it is tested on a sample"
        elif distinct := listed(column for column in draft.schema.column_names if column in columns & layout.unique.keys()):
            text = (
                f"parloader cannot follow the expression of the unique key {key.name}. As a guess, each row gets a different value in {distinct}; "
                "a sample of up to 5,000 rows is tested before the load"
            )
        else:
            raise NotFillable(
                draft.name,
                f"its unique key {key.name} uses expressions or generated columns, so it cannot be planned for",
                GIVE_ITS_COLUMNS,
            )
        notes.append(Note(table=draft.name, column=None, text=text, guess=guess))
    return notes
