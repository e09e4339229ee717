"""Plan files on a fixed schema, without a server: what becomes of them."""

from functools import partial

import polars as pl

from parloader.errors import ParloaderError
from parloader.generation.frames import RowGenerator
from parloader.generation.samples import mistakes_without_schema
from parloader.planner.completion import complete
from parloader.planner.given import compatibility, plan_names
from parloader.planner.request import Fill
from parloader.plans.documents import toml_file
from parloader.plans.documents.mistakes import PlanError
from parloader.plans.model import Plan, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.rows.literals import values_lists
from parloader.runs.preparation import fitted_to
from parloader.schema.model import Schema

FILE = "plan.toml"

ROWS = 50
"""How many rows of each table are generated, at most."""


def planned(text: str, schema: Schema) -> Plan:
    """The complete plan of the file. ParloaderError: what a command would report."""
    plan = toml_file.parse(text, FILE, mistakes_without_schema)
    try:
        plan = compatibility.adapt(plan_names.checked(plan, schema), schema)
        completed = complete(plan, schema, {}, {}, Fill.DEMANDED)
        plan_names.require_followed_columns(completed.plan, schema)
        return fitted_to(completed.plan, schema, completed.reused).plan
    except PlanError as error:
        raise error.in_file(FILE, partial(toml_file.line_of, text)) from error


def rows(text: str, schema: Schema) -> dict[str, pl.DataFrame]:
    """The first and last rows of each table, as they are written. ParloaderError: what a command would report."""
    plan = planned(text, schema)
    of = {table.name: all_new(table) for table in plan.tables}
    frames = {}
    try:
        for table in plan.tables:
            frame = RowGenerator(plan, table, of).frame(IndexRange(max(0, table.rows - ROWS), table.rows))
            values_lists(frame, backslash_escapes=True)
            frames[table.name] = frame
    except PlanError as error:
        raise error.in_file(FILE, partial(toml_file.line_of, text)) from error
    return frames


def problems(text: str, schema: Schema) -> list[str]:
    """The lines that a command would print; none if there are rows."""
    try:
        rows(text, schema)
    except ParloaderError as error:
        return list(error.lines or (str(error),))
    return []
