"""Which plan the options ask for: that of a plan file, of tables given by name, or the built-in one. Uses no database."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from parloader.builtin.plan import DEFAULT_ROWS, NAME, script_execution
from parloader.config import Selection
from parloader.errors import UsageError
from parloader.generation.samples import mistakes_without_schema
from parloader.ledger.run import ALL_PARAMETER, MODELS_PARAMETER, RULES_PARAMETER, TABLE_PARAMETER
from parloader.planner.request import Fill
from parloader.plans.documents import python_plan, toml_file
from parloader.plans.documents.mistakes import PlanError
from parloader.plans.documents.plan_document import encode_plan
from parloader.plans.documents.rule_document import rules_text
from parloader.plans.model import BELIEVABLE, Plan, Table


def load_plan(config: Selection, of_database: Sequence[str] = ()) -> tuple[Plan, Fill]:
    """The plan that the options ask for, and how much of it parloader fills in. UsageError: an invalid file, or no table is left.

    `of_database`: the tables of --all.
    """
    if config.plan is not None:
        return plan_of_file(config, config.plan), Fill.DEMANDED
    if config.all_tables:
        if config.rows == 0:
            option = "--models" if config.models else "--all"
            next_step = "Give the number of rows of the largest table, or leave out single tables: --rows TABLE=0"
            raise UsageError(f"with {option}, --rows 0 leaves no table to fill", next_step)
        return _of_database(config, of_database), Fill.ALL
    if config.tables:
        return _of_tables(config, config.tables), Fill.ALL
    plan = script_execution(DEFAULT_ROWS if config.rows is None else config.rows, config.parameters)
    return replace(plan, parameters={**plan.parameters, **_parents(config)}, seed=config.seed or 0), Fill.DEMANDED


def _of_database(config: Selection, names: Sequence[str]) -> Plan:
    """A plan of all these tables, of which the planner decides how many rows they get (planner/whole_database.py)."""
    rows = {} if config.rows is None else {"rows": str(config.rows)}
    return Plan(
        name="all",
        parameters={ALL_PARAMETER: "yes", **_models(config), **rows, **_parents(config), **_column_rules(config)},
        column_rules=config.column_rules,
        tables=tuple(_to_fill(name, 0) for name in names),
        seed=config.seed or 0,
        inference=BELIEVABLE,
    )


def _to_fill(name: str, rows: int) -> Table:
    return Table(name=name, rows=rows, columns={}, key=None, partitioned=True, reuse=False)


def with_rows_of_tables(plan: Plan, rows: Mapping[str, int]) -> Plan:
    """The plan with the rows of these tables."""
    return replace(plan, tables=tuple(replace(table, rows=rows.get(table.name, table.rows)) for table in plan.tables))


def _of_tables(config: Selection, names: tuple[str, ...]) -> Plan:
    """Each table has --rows rows; those of single tables follow when their names are known (with_rows_of_tables)."""
    rows = DEFAULT_ROWS if config.rows is None else config.rows
    tables = tuple(_to_fill(name, rows) for name in names)
    parameters = {TABLE_PARAMETER: ",".join(names), **_parents(config), **_column_rules(config)}
    return Plan(
        name=names[0],
        parameters=parameters,
        tables=tables,
        column_rules=config.column_rules,
        seed=config.seed or 0,
        inference=BELIEVABLE,
        main=names[0] if len(names) > 1 else None,
    )


def source_of(plan: str | Plan) -> str:
    """What names the plan in messages and in the ledger: the plan file, MODULE:NAME, or for a plan that a program gave, its name in brackets."""
    return f"<Plan {plan.name}>" if isinstance(plan, Plan) else plan


def plan_of_file(config: Selection, given: str | Plan) -> Plan:
    """The plan of a plan file, of package.module:NAME or as given, with the rows and the seed that the options ask for."""
    source = source_of(given)
    if isinstance(given, Plan):
        plan = python_plan.checked(given, source, mistakes_without_schema)
    elif _is_python(given):
        plan = python_plan.load(given, mistakes_without_schema, as_library=config.as_library)
    else:
        plan = toml_file.read(given, mistakes_without_schema)
    if config.rows is not None:
        target = replace(plan.target, rows=config.rows, counted=False)
        plan = replace(plan, tables=tuple(target if table is plan.target else table for table in plan.tables))
    if config.seed is not None:
        plan = replace(plan, seed=config.seed)
    digest = hashlib.sha256(json.dumps(encode_plan(plan), sort_keys=True).encode()).hexdigest()[:12]
    rules = _column_rules(config) if plan.inference >= BELIEVABLE else {}
    column_rules = config.column_rules if rules else ()
    return replace(plan, parameters={"file": source, "digest": digest, **_parents(config), **rules}, column_rules=column_rules)


def _is_python(source: str) -> bool:
    """Whether it is package.module:NAME, not a file."""
    module, _, name = source.rpartition(":")
    return bool(module and name) and not os.path.exists(source)  # also False for a text that no path can be


def _parents(config: Selection) -> dict[str, str]:
    text = ",".join(f"{table}={rows}" for table, rows in sorted(config.parents.items()))
    return {"parents": text} if text else {}


def _models(config: Selection) -> dict[str, str]:
    """What tells a run of these models from one of all tables, or of other models."""
    return {MODELS_PARAMETER: config.models.source, "digest": config.models.digest} if config.models else {}


def _column_rules(config: Selection) -> dict[str, str]:
    return {RULES_PARAMETER: rules_text(config.column_rules)} if config.column_rules else {}


@contextmanager
def plan_errors_located(config: Selection) -> Iterator[None]:
    """Adds the plan file's name and lines to mistakes that are found after it was read: when it meets the schema, or when rows are generated."""
    try:
        yield
    except PlanError as error:
        if config.plan is None:
            raise
        in_python = isinstance(config.plan, Plan) or _is_python(config.plan)
        located = python_plan.located if in_python else toml_file.located
        raise located(error, source_of(config.plan)) from error


def is_builtin(plan: Plan) -> bool:
    """Whether it is the built-in plan; a plan file, or a table given by name, may have its name as well."""
    return plan.name == NAME and not {"file", ALL_PARAMETER, TABLE_PARAMETER} & plan.parameters.keys()
