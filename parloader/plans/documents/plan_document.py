"""Encodes a plan as plain JSON values, as the ledger stores it, and decodes it. Plan files (toml_file.py) have the same entries.

    {"plan": "shop", "seed": 0, "table": [{"name": "customer", "rows": 10, "key": "id", "column": {"name": {"const": "Ann"}}, …}, …]}

In JSON the tables are a list in dependency order; in a plan file they are TOML tables in any order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

from parloader.limits import MAX_ROWS, MAX_SEED
from parloader.plans.documents.codecs import (
    BOOLEAN,
    NAME,
    TEXT,
    Codec,
    DecodeError,
    abbreviated,
    decode_entry,
    entries,
    integer,
    is_utf_8,
    list_of,
    one_of,
    suggestion,
)
from parloader.plans.documents.family_checks import family_mistakes
from parloader.plans.documents.generator_syntax import decode_generator, encode_generator
from parloader.plans.documents.mistakes import InvalidPlan, Mistake, Mistakes, column_mistake, located
from parloader.plans.documents.reuse_conditions import REUSE_CONDITIONS
from parloader.plans.generators import Const, Generator
from parloader.plans.model import BELIEVABLE, Count, ExactlyOne, Plan, ReferenceCycle, Rule, SameThrough, Table, in_dependency_order
from parloader.plans.pick_groups import DifferentOptions

MAX_ROWS_UNPARTITIONED = 10_000
"""Tables with more rows are partitioned unless the plan says otherwise."""

NAMES = list_of(NAME, least=1)

TABLE_FIELDS: Mapping[str, Codec] = {
    "rows": integer(0, MAX_ROWS),
    "counted": BOOLEAN,
    "key": NAME,
    "identity": NAMES,
    "match": NAMES,
    "optional": NAMES,
    "unchecked": NAMES,
    "later": NAMES,
    "helpers": NAMES,
    "partitioned": BOOLEAN,
    "reuse": BOOLEAN,
    "reuse_if": REUSE_CONDITIONS,
}

SEED = integer(0, MAX_SEED)

INFERENCE = integer(1, BELIEVABLE)

Check: TypeAlias = Callable[[Plan], Iterable[Mistake]]
"""Finds further mistakes in a plan."""


def no_check(plan: Plan) -> tuple[Mistake, ...]:
    """The check that finds no mistake."""
    return ()


def encode_plan(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; equal plans give equal documents. InvalidPlan: a column has something other than a generator."""
    document: dict[str, Any] = {"plan": plan.name, "seed": plan.seed, "table": [_table_document(table) for table in plan.tables]}
    if plan.inference > 1:
        document["inference"] = plan.inference
    if plan.main is not None:
        document["target"] = plan.main
    if plan.parameters:
        document["parameters"] = dict(plan.parameters)
    if plan.counts:
        document["count"] = [{"name": count.name, "column": count.column} for count in plan.counts]
    if plan.rules:
        document["rule"] = [_rule_document(rule) for rule in plan.rules]
    return document


def _table_document(table: Table) -> dict[str, Any]:
    document: dict[str, Any] = {"name": table.name, "rows": table.rows, "partitioned": table.partitioned, "reuse": table.reuse}
    if table.counted:
        document["counted"] = True
    if table.key is not None:
        document["key"] = table.key
    ordered = {"identity": table.identity, "match": table.match}
    unordered = {"optional": table.optional, "unchecked": table.unchecked, "later": table.later, "helpers": table.helpers}
    document |= {name: list(columns) for name, columns in ordered.items() if columns}
    document |= {name: sorted(columns) for name, columns in unordered.items() if columns}
    if table.reuse_if:
        document["reuse_if"] = REUSE_CONDITIONS.write(table.reuse_if)
    with located(("table", table.name), f"table {table.name}"):
        document["column"] = {name: _generator_document(name, generator) for name, generator in table.columns.items()}
    return document


def _generator_document(column: str, generator: Any) -> dict[str, Any]:
    with located(("column", column), f"column {column}"):
        return encode_generator(generator)


def _rule_document(rule: Rule) -> dict[str, Any]:
    match rule:
        case ExactlyOne():
            return {"name": rule.name, "exactly_one": list(rule.columns)}
        case SameThrough():
            return {"name": rule.name, "same_through": rule.via, "column": rule.column, "parent_column": rule.parent_column}


def decode_plan(document: object, check: Check = no_check) -> Plan:
    """The plan that such a document describes. InvalidPlan names each mistake: table, column, and what was expected.

    `check` gets a plan in which a column with a mistake is NULL.

    Defaults: `target` is the last table in dependency order; the target and tables of more than 10,000 rows are `partitioned`; tables that are
    not partitioned `reuse` existing rows.
    """
    mistakes = Mistakes()
    with mistakes.collected():
        entries(document, ("plan", "seed", "inference", "locale", "target", "parameters", "table", "count", "rule"), of="a plan")
    if not isinstance(document, Mapping):
        mistakes.report()
    found = cast(Mapping[str, Any], document)
    given: dict[str, Mapping[str, Any]] = {}
    tables: tuple[Table, ...] = ()
    plan = Plan(name="", parameters={}, tables=())
    with mistakes.collected():
        given = _named(found.get("table"), mistakes)
        tables = _in_dependency_order([_table(name, value, mistakes) for name, value in given.items()])
    with mistakes.collected():
        plan = replace(plan, name=decode_entry(found, "plan", NAME))
    with mistakes.collected():
        plan = replace(plan, seed=decode_entry(found, "seed", SEED) if "seed" in found else 0)
    with mistakes.collected():
        plan = replace(plan, inference=decode_entry(found, "inference", INFERENCE) if "inference" in found else 1)
    with mistakes.collected():
        plan = replace(plan, parameters=_parameters(found.get("parameters", {})))
    plan = replace(plan, counts=_each(found, "count", _count, mistakes), rules=_each(found, "rule", _rule, mistakes))
    if tables:
        with mistakes.collected():
            plan = replace(plan, main=decode_entry(found, "target", one_of(tuple(given))) if "target" in found else None)
            plan = _with_tables(plan, _with_defaults(tables, given, plan.main))
    mistakes.note(check(plan))
    mistakes.report()
    return plan


def _with_tables(plan: Plan, tables: tuple[Table, ...]) -> Plan:
    try:
        return replace(plan, tables=tables)
    except DifferentOptions as error:
        raise InvalidPlan.of([column_mistake(error.table, error.column, error.what, error.next_step)]) from error


def _in_dependency_order(tables: Sequence[Table]) -> tuple[Table, ...]:
    try:
        return in_dependency_order(tables)
    except ReferenceCycle as error:
        raise InvalidPlan(error.message, error.next_step, path=("table", error.tables[0])) from error


def _named(tables: object, mistakes: Mistakes) -> dict[str, Mapping[str, Any]]:
    """Table name → its entries. `tables` is a TOML table of tables, or a list in which each has a `name`."""
    if isinstance(tables, list):
        pairs = [_with_name(number, table) for number, table in enumerate(tables, 1)]
        tables = dict(pairs)
        for name in tables:
            if [each for each, _ in pairs].count(name) > 1:
                raise InvalidPlan("it appears twice", "Remove one of them", places=(f"table {name}",))
    if not isinstance(tables, Mapping) or not tables:
        raise InvalidPlan("the plan has no table", "Add one: [table.NAME] with `rows`, and [table.NAME.column]", path=("table",))
    for name, table in tables.items():
        with mistakes.collected(), located(("table", name), f"table {name}"):
            if not name:
                raise InvalidPlan("its name is empty", "Give its name in the database")
            entries(table, (*TABLE_FIELDS, "locale", "column"), of="a table")  # of files only: file_defaults.py
    return {name: table for name, table in tables.items() if isinstance(table, Mapping)}


def _with_name(number: int, table: object) -> tuple[str, dict[str, Any]]:
    with located(("table", number - 1), f"table number {number}"):
        found = entries(table, ("name", *TABLE_FIELDS, "column"), of="a table")
        return decode_entry(found, "name", NAME), {key: value for key, value in found.items() if key != "name"}


def _table(name: str, found: Mapping[str, Any], mistakes: Mistakes) -> Table:
    """The table without defaults: `partitioned` and `reuse` depend on the other tables. A column with a mistake is NULL."""
    of_table, given = Mistakes(), dict[str, Any]()
    children = found.get("counted") is True or _has_child_of(found.get("column"))
    for key, codec in TABLE_FIELDS.items():
        if key in found or (key == "rows" and not children):
            with of_table.collected():
                given[key] = decode_entry(found, key, codec)
    columns: dict[str, Generator] = {}
    with of_table.collected():
        for column, form in _columns(found.get("column", {})).items():
            columns[column] = Const(value=None)
            with of_table.collected():
                columns[column] = _generator(column, form)
        of_table.note(_contradictions(name, given, columns))
        if not of_table:  # a column with a mistake may be the one that the others need
            of_table.note(family_mistakes(name, given, columns))
    with mistakes.collected(), located(("table", name), f"table {name}"):
        of_table.report()
    return Table(
        name=name,
        rows=given.get("rows", 0),
        counted=given.get("counted", False) or ("rows" not in found and children),
        columns=columns,
        key=given.get("key"),
        identity=given.get("identity", ()),
        match=given.get("match", ()),
        reuse_if=given.get("reuse_if", ()),
        optional=frozenset(given.get("optional", ())),
        unchecked=frozenset(given.get("unchecked", ())),
        later=frozenset(given.get("later", ())),
        helpers=frozenset(given.get("helpers", ())),
    )


def _has_child_of(columns: object) -> bool:
    return isinstance(columns, Mapping) and any(isinstance(form, Mapping) and "child_of" in form for form in columns.values())


def _contradictions(name: str, given: Mapping[str, Any], columns: Mapping[str, Generator]) -> Iterator[Mistake]:
    """The entries of a table that are valid by themselves, but do not fit together."""
    key = given.get("key")
    if key is not None and given.get("identity"):
        yield Mistake(what="it has both `key` and `identity`", next_step="Remove one of them", path=("identity",))
    if key is not None and key in columns:
        next_step = f"A run assigns the key: remove the column {key}"
        yield Mistake(what=f"the key {key} has a generator", next_step=next_step, path=("column", key))
    for list_name in ("identity", "match", "optional", "unchecked", "later", "helpers"):
        for column in given.get(list_name, ()):
            if column not in columns:
                yield Mistake(
                    what=f"`{list_name}` names the column {column}, which has no generator",
                    next_step=f"{suggestion(column, columns)}Give it one under [table.{name}.column]",
                    path=(list_name,),
                )
    for list_name in ("identity", "match"):
        for column in given.get("later", ()):
            if column in given.get(list_name, ()):
                yield Mistake(
                    what=f"`later` names the column {column}, which is also in `{list_name}`",
                    next_step=f"Remove it from `later` or from `{list_name}`",
                    path=("later",),
                )


def _columns(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidPlan(f"`column` is {abbreviated(value)}", "Write a table with one generator per column", path=("column",))
    return value


def _generator(column: object, form: object) -> Generator:
    with located(("column", str(column)), f"column {column}"):
        if not isinstance(column, str) or not is_utf_8(column):  # in a plan in Python
            raise InvalidPlan("its name is not a text", "Give its name in the database")
        if not column:
            raise InvalidPlan("its name is empty", "Give its name in the database")
        return decode_generator(form)


def _with_defaults(tables: tuple[Table, ...], given: Mapping[str, Mapping[str, Any]], main: str | None) -> tuple[Table, ...]:
    result = []
    target = tables[-1].name if main is None else main
    for table in tables:
        entry = given[table.name]
        default = table.rows > MAX_ROWS_UNPARTITIONED or table.name == target or table.counted
        partitioned = _boolean_or(entry.get("partitioned"), default)
        reuse = _boolean_or(entry.get("reuse"), not partitioned and table.child_of is None)
        result.append(replace(table, partitioned=partitioned, reuse=reuse))
    if not any(table.partitioned for table in result if main in (None, table.name)):
        what = "no table is partitioned" if main is None else f"the target {main} is not partitioned"
        which = f"{target}, the last one" if main is None else target
        raise InvalidPlan(what, f"Remove `partitioned` from table {which}", path=("table", target, "partitioned"))
    return tuple(result)


def _boolean_or(value: object, default: bool) -> bool:
    return value if isinstance(value, bool) else default


def _parameters(value: object) -> dict[str, str]:
    with located(("parameters",), "parameters"):
        if not isinstance(value, Mapping):
            raise InvalidPlan(f"`parameters` is {abbreviated(value)}", "Write a table of texts")
        return {name: decode_entry(value, name, TEXT) for name in value}


def _each(found: Mapping[str, Any], key: str, decode: Callable[[int, object], Any], mistakes: Mistakes) -> tuple[Any, ...]:
    """The decoded elements of an array of tables."""
    values: list[Any] = []
    with mistakes.collected():
        values = decode_entry(found, key, Codec(read=_read_tables)) if key in found else []
    result = []
    for number, value in enumerate(values, 1):
        with mistakes.collected():
            result.append(decode(number, value))
    return tuple(result)


def _read_tables(value: object) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise DecodeError("a list of tables, each with a heading in double brackets, such as [[count]]")
    return list(value)


def _count(number: int, value: object) -> Count:
    with located(("count", number - 1), f"count {number}"):
        found = entries(value, ("name", "column"), of="a count")
        return Count(name=decode_entry(found, "name", NAME), column=decode_entry(found, "column", NAME))


def _rule(number: int, value: object) -> Rule:
    with located(("rule", number - 1), f"rule {number}"):
        found = entries(value, ("name", "exactly_one", "same_through", "column", "parent_column"), of="a rule")
        if "same_through" not in found:
            found = entries(value, ("name", "exactly_one"), of="a rule without `same_through`")
            return ExactlyOne(name=decode_entry(found, "name", NAME), columns=decode_entry(found, "exactly_one", NAMES))
        found = entries(value, ("name", "same_through", "column", "parent_column"), of="a rule with `same_through`")
        return SameThrough(
            name=decode_entry(found, "name", NAME),
            column=decode_entry(found, "column", NAME),
            via=decode_entry(found, "same_through", NAME),
            parent_column=decode_entry(found, "parent_column", NAME),
        )
