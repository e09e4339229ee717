"""The rules of the user's own, which come after all others."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from parloader.errors import UsageError
from parloader.generation.expressions import needs
from parloader.planner.given.value_types import with_typed_values
from parloader.planner.refinement.refinement import Refinement
from parloader.planner.request import Note, listed
from parloader.plans.column_rules import ColumnRule
from parloader.plans.documents.mistakes import Mistakes
from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table
from parloader.schema.model import ColumnSchema


def apply_column_rules(refinement: Refinement) -> None:
    """The step: the first rule that matches a column decides about it, if no key, foreign key or comparison does. UsageError: it does not fit the column."""
    rules = refinement.request.plan.column_rules
    _note_unmatched(refinement, rules)
    for table, draft in refinement.drafts.items() if rules else ():
        if table not in refinement.layouts:
            continue
        for column in draft.schema.columns:
            rule = next((rule for rule in rules if matches(rule, table, column)), None)
            if rule is None or column.generated or column.name in draft.given or column.name == draft.key:
                continue
            if refinement.is_free(table, column.name):
                before = needs(refinement.tables[table].columns[column.name])
                refinement.set(table, column.name, _fitting(refinement, table, column, rule))
                refinement.drop_unread_helpers(table, before)
                refinement.settle(table, column.name)
            else:
                why = "a key, a foreign key or a CHECK with other columns decides about its values"
                refinement.notes.append(Note(table=table, column=column.name, text=f"the rule {_named(rule)} is not used: {why}"))


def _note_unmatched(refinement: Refinement, rules: Sequence[ColumnRule]) -> None:
    """A rule may be meant for other tables, or have a typo."""
    columns = [(table, column) for table, draft in refinement.drafts.items() for column in draft.schema.columns]
    for rule in rules if columns else ():
        if not any(matches(rule, *each) for each in columns):
            refinement.notes.append(Note(table=columns[0][0], column=None, text=f"no column of this load matches the rule {_named(rule)}"))


def matches(rule: ColumnRule, table: str, column: ColumnSchema) -> bool:
    """Whether the rule is for the column."""
    texts = ((rule.table, table), (rule.type, column.type_name), (rule.comment, column.comment))
    return any(_is_like(column.name, pattern) for pattern in rule.match) and all(_is_like(text, pattern) for pattern, text in texts)


def _is_like(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def _named(rule: ColumnRule) -> str:
    return f"for {listed(rule.match)}{f' ({rule.source})' if rule.source else ''}"


def _fitting(refinement: Refinement, table: str, column: ColumnSchema, rule: ColumnRule) -> Generator:
    """The rule's generator with its values in the type of the column. A column that is never NULL gets no NULL share."""
    generator = rule.generator
    if not column.nullable:
        generator = generator.map(lambda nested: nested if not nested.null_share else _without_nulls(nested))
    columns = refinement.tables[table].columns
    if missing := sorted(needs(generator) - columns.keys() - {refinement.drafts[table].key or ""}):
        raise UsageError(
            f"the rule {_named(rule)} reads the column {missing[0]}, which {table} lacks or does not fill",
            f'Add table = "…" to the rule, so that it does not match {table}.{column.name}',
        )
    mistakes = Mistakes()
    alone = Plan(name=table, parameters={}, tables=(Table(name=table, rows=1, columns={column.name: generator}),))
    typed = with_typed_values(alone, {table: refinement.drafts[table].schema}, mistakes)
    if mistakes:
        raise UsageError(
            f"the rule {_named(rule)} does not fit {table}.{column.name}: {mistakes[0].what}",
            'Give it other values, or add type = "…" or table = "…" to the rule',
        )
    return typed.tables[0].columns[column.name]


def _without_nulls(generator: Generator) -> Generator:
    return replace(generator, null_share=0.0)
