"""Loads plans written in Python: `package.module:NAME` names a plan, or a function that returns one."""

import datetime
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from parloader.errors import ParloaderError, UsageError
from parloader.plans.documents import user_modules
from parloader.plans.documents.codecs import timestamp_text
from parloader.plans.documents.mistakes import InvalidPlan, PlanError
from parloader.plans.documents.plan_document import Check, decode_plan, encode_plan, no_check
from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table

ADVICE = "Name a Plan, or a function without arguments that returns one"


def load(reference: str, check: Check = no_check, *, as_library: bool = False) -> Plan:
    """The plan that "package.module:NAME" names, validated like a plan file. `as_library`: see user_modules.module.

    UsageError: the module or the name does not exist, it is not a plan, or its code raised an exception.
    """
    if not user_modules.is_reference(reference):
        raise UsageError(f'"{reference}" is not a plan', "Write package.module:NAME, or the path of a plan file (plan.toml)")
    plan = user_modules.find(reference, as_library=as_library, advice=ADVICE)
    if not isinstance(plan, Plan) and callable(plan):
        with user_modules.exceptions_explained(reference, ADVICE), user_modules.printing_elsewhere(as_library=as_library):
            plan = plan()
    if not isinstance(plan, Plan):
        raise UsageError(f"{reference} has the type {type(plan).__name__}, not parloader.Plan", ADVICE)
    return checked(plan, reference, check)


def checked(plan: Plan, reference: str, check: Check = no_check) -> Plan:
    """The plan, validated like a plan file. `reference` names it in messages. UsageError: it is not valid."""
    try:
        with _garbage_explained(reference):
            document = _document(plan)
        return decode_plan(document, check)
    except InvalidPlan as error:
        raise located(error, reference) from error


def located(error: PlanError, reference: str) -> ParloaderError:
    """The error with the reference in place of a file."""
    return error.in_file(reference)


@contextmanager
def _garbage_explained(reference: str) -> Iterator[None]:
    """Turns the exception of a Plan whose fields are anything but what their types say into a UsageError."""
    try:
        yield
    except ParloaderError:
        raise
    except Exception as error:
        what = " ".join(traceback.format_exception_only(error)[-1].split())
        raise UsageError(f"{reference} is a Plan whose fields have values of a wrong type: {what}", "Correct the types") from error


def _with_texts_of_dates(table: Table) -> Table:
    """The table with dates and timestamps as a plan file has them: as text, until their columns' types are known."""

    def text(value: Any) -> Any:
        return timestamp_text(value) if isinstance(value, datetime.date | datetime.time) else value

    def change(generator: Generator) -> Generator:
        return generator.with_listed_values(tuple(map(text, generator.listed_values)))

    columns = {name: each.map(change) if isinstance(each, Generator) else each for name, each in table.columns.items()}
    return replace(table, columns=columns)


def _document(plan: Plan) -> dict[str, Any]:
    """The plan's document. If no table is marked as partitioned, the defaults of plan files apply."""
    document = encode_plan(replace(plan, tables=tuple(map(_with_texts_of_dates, plan.tables))))
    if not any(table.partitioned for table in plan.tables):
        defaulted = {"partitioned", "reuse"} if all(table.reuse for table in plan.tables) else {"partitioned"}
        document["table"] = [{k: v for k, v in table.items() if k not in defaulted} for table in document["table"]]
    return document
