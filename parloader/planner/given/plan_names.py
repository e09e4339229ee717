"""Checks the names in a plan file against the live schema: tables, columns, picks, counts and rules; and the types of listed values."""

from collections.abc import Iterator, Mapping

from parloader.generation.column_graph import dependencies
from parloader.generation.expressions import columns, needs
from parloader.planner.given import compatibility
from parloader.planner.given.value_types import with_typed_values
from parloader.plans.documents.codecs import suggestion
from parloader.plans.documents.generator_checks import FORMS_WITH_LENGTH
from parloader.plans.documents.mistakes import Mistake, Mistakes, PlanMismatch, column_mistake
from parloader.plans.generators import Aggregate, ChildOf, Generator, Pick, Random, ShareOf, Unique, UniqueKind
from parloader.plans.model import ExactlyOne, Plan, SameThrough, Table, is_helper
from parloader.schema.model import Schema

SHORT_TYPES = ("char", "varchar", "binary", "varbinary")


def checked(plan: Plan, schema: Schema) -> Plan:
    """The plan with its listed values in the types of their columns.

    `schema`: the plan's tables and all that they reference, recursively. PlanMismatch or InvalidPlan reports all mistakes at once.
    """
    misfits = [misfit.mistake for misfit in compatibility.missing_names(plan, schema)]
    mistakes = Mistakes()
    mistakes.note(misfits)
    mistakes.note(_pick_mistakes(plan, schema))
    mistakes.note(_reading_mistakes(plan, schema))
    mistakes.note(_family_mistakes(plan, schema))
    mistakes.note(_figure_mistakes(plan, schema))
    mistakes.note(_length_mistakes(plan, schema))
    typed = with_typed_values(plan, schema, mistakes)
    if misfits:
        raise PlanMismatch.of(mistakes)
    mistakes.report()
    return typed


def require_followed_columns(plan: Plan, schema: Schema) -> None:
    """InvalidPlan: a rule of the complete plan follows a column that picks from no table, or to a column that does not exist."""
    mistakes = Mistakes()
    references = plan.target.references
    for number, rule in enumerate(plan.rules):
        if not isinstance(rule, SameThrough):
            continue
        pick = references.get(rule.via)
        if pick is None:
            what = f"`same_through` names {rule.via}, which references no table in this plan"
            mistakes.note([_rule_mistake(number, "same_through", what, f"{suggestion(rule.via, references)}Correct the name")])
        elif pick.parent in schema and rule.parent_column not in (names := schema[pick.parent].column_names):
            what = f"`parent_column` names {pick.parent}.{rule.parent_column}, which does not exist"
            mistakes.note([_rule_mistake(number, "parent_column", what, f"{suggestion(rule.parent_column, names)}Correct the name")])
    mistakes.report()


def _pick_mistakes(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    """A `pick` of the plan names a table or column that does not exist."""
    planned = {table.name: table for table in plan.tables}
    for table in plan.tables:
        for name, picks in table.picks.items():
            for pick in picks:
                if problem := _pick_problem(pick, planned, schema):
                    yield column_mistake(table.name, name, *problem)


def _pick_problem(pick: Pick, planned: Mapping[str, Table], schema: Schema) -> tuple[str, str] | None:
    """(what, next step)"""
    parent = pick.parent
    if parent not in planned and parent not in schema:
        return (
            f"`pick` names {parent}, which is neither a table of the plan nor one that its tables reference",
            f"{suggestion(parent, {*planned, *schema})}Correct the name, or add the table to the plan",
        )
    columns = {*schema[parent].column_names} if parent in schema else set()
    if parent in planned:
        columns |= {*planned[parent].columns, planned[parent].key or ""}
    if pick.column not in columns:
        return f"`pick` names {parent}.{pick.column}, which does not exist", f"{suggestion(pick.column, columns)}Correct the name"
    return None


def _reading_mistakes(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    """An expression, a template or an `after` of the plan reads a column that neither the plan nor the table has."""
    for table in plan.tables:
        names = {*table.columns, table.key} | ({*schema[table.name].column_names} if table.name in schema else set())
        for name, generator in table.columns.items():
            for other in sorted(needs(generator) - names):
                next_step = f"{suggestion(other, filter(None, names))}Correct the name"
                yield column_mistake(table.name, name, f"it reads {other}, but {table.name} has no such column", next_step)


def _family_mistakes(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    """A `count`, a sum or a share names a column that does not exist; or nothing reads a helper, so that its name may be a typo."""
    names = {table.name: {*table.columns, table.key or ""} for table in plan.tables}
    for other, table_schema in schema.items():
        names.setdefault(other, set()).update(table_schema.column_names)
    for table in plan.tables:
        for name, generator in table.columns.items():
            for where, column, what in _named_elsewhere(generator):
                if column not in (known := names.get(where, set())):
                    problem = f"{what} {where}.{column}, which does not exist", f"{suggestion(column, known)}Correct the name"
                    if column.casefold() == where.casefold():  # SQL reads users.n as part n of a column users
                        problem = f"{what} columns of {where}, but with the name of the table", f"Write the columns without {where}."
                    yield column_mistake(table.name, name, *problem)
    yield from _unread_helpers(plan, schema)


def _named_elsewhere(generator: Generator) -> Iterator[tuple[str, str, str]]:
    """(table, column, what names it), without picks."""
    for each in generator.walk():
        match each:
            case ChildOf():
                yield from ((each.parent, column, "`count` reads") for column in sorted(needs(each.count)))
            case Pick() if each.where is not None:
                yield from ((each.parent, column, "`where` reads") for column in sorted(columns(each.where)))
            case Aggregate():
                yield each.child, each.column, f"`{each.function}` names"
            case ShareOf():
                yield each.parent, each.column, "`share_of` names"


def _unread_helpers(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    read = {
        column
        for table in plan.tables
        for name, generator in table.columns.items()
        for column in dependencies(plan, table, generator)
        if column != (table.name, name)
    }
    for table in plan.tables:
        live = {*schema[table.name].column_names} if table.name in schema else {*table.columns}
        for name in table.columns:
            if is_helper(name) and name not in live and name not in table.helpers and (table.name, name) not in read:
                what = f"{table.name} has no column {name}, and no other column of the plan reads it"
                yield column_mistake(table.name, name, what, f"{suggestion(name, live)}Correct the name, or remove it")


def _length_mistakes(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    """A random or unique text is longer than its column. Told before one is generated, because very long ones take long."""
    for table in plan.tables:
        live = {column.name: column for column in schema[table.name].columns} if table.name in schema else {}
        for name, generator in table.columns.items():
            for nested in generator.walk() if name in live and live[name].type_name in SHORT_TYPES else ():
                length = _least_length(nested)
                if length > live[name].length > 0:
                    what = f"`length` is {length}, but the column is {live[name].type_text}"
                    yield column_mistake(table.name, name, what, f"Give a length of at most {live[name].length}")


def _least_length(generator: Generator) -> int:
    match generator:
        case Random(form=form, length=length, least=least) if form in FORMS_WITH_LENGTH:
            return length if least is None else least
        case Unique(form=UniqueKind.TEXT, length=length, prefix=prefix, suffix=suffix):
            return len(prefix) + length + len(suffix)
        case Unique(form=UniqueKind.BYTES, length=length):
            return length
    return 0


def _figure_mistakes(plan: Plan, schema: Schema) -> Iterator[Mistake]:
    """A count or rule names a column that the target table lacks."""
    target = plan.target.name
    if target not in schema:
        return
    names = schema[target].column_names
    for number, count in enumerate(plan.counts):
        if count.column not in names:
            what, next_step = (
                f"`column` names {target}.{count.column}, which does not exist",
                f"{suggestion(count.column, names)}Correct the name",
            )
            yield Mistake(what=what, next_step=next_step, path=("count", number, "column"), places=(f"count {number + 1}",))
    for number, rule in enumerate(plan.rules):
        match rule:
            case ExactlyOne():
                entries = [("exactly_one", column) for column in rule.columns]
            case SameThrough():
                entries = [("column", rule.column), ("same_through", rule.via)]
        for entry, column in entries:
            if column not in names:
                what = f"`{entry}` names {target}.{column}, which does not exist"
                yield _rule_mistake(number, entry, what, f"{suggestion(column, names)}Correct the name")


def _rule_mistake(number: int, entry: str, what: str, next_step: str) -> Mistake:
    return Mistake(what=what, next_step=next_step, path=("rule", number, entry), places=(f"rule {number + 1}",))
