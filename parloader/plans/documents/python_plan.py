"""Loads plans written in Python: `package.module:NAME` names a plan, or a function that returns one."""

import datetime
import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from parloader.errors import ParloaderError, UsageError
from parloader.plans.documents.codecs import suggestion, timestamp_text
from parloader.plans.documents.mistakes import InvalidPlan, PlanError
from parloader.plans.documents.plan_document import Check, decode_plan, encode_plan, no_check
from parloader.plans.generators import Generator
from parloader.plans.model import Plan, Table

# The text of a user's exception may be any size
MAX_EXCEPTION_CHARACTERS = 400

PACKAGE = str(Path(__file__).parents[2])


def load(reference: str, check: Check = no_check) -> Plan:
    """The plan that "package.module:NAME" names. The current folder is searched too. The plan is validated like a plan file.

    UsageError: the module or the name does not exist, it is not a plan, or its code raised an exception.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and all(part.isidentifier() for part in module_name.split(".")) and name.isidentifier()):
        raise UsageError(f'"{reference}" is not a plan', "Write package.module:NAME, or the path of a plan file (plan.toml)")
    module = _module(module_name, name)
    with _exceptions_explained(reference):
        found = hasattr(module, name)
        plan = getattr(module, name, None)
    if not found:
        existing = [known for known in vars(module) if not known.startswith("_")]
        raise UsageError(f"{module_name} has no {name}", f"{suggestion(name, existing)}Write package.module:NAME")
    if not isinstance(plan, Plan) and callable(plan):
        with _exceptions_explained(reference), redirect_stdout(sys.stderr):
            plan = plan()
    if not isinstance(plan, Plan):
        raise UsageError(
            f"{reference} has the type {type(plan).__name__}, not parloader.Plan",
            "Name a Plan, or a function without arguments that returns one",
        )
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


def _module(name: str, plan_name: str) -> ModuleType:
    with suppress(FileNotFoundError):  # the current folder has been removed
        folder = str(Path.cwd())
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        with _exceptions_explained(name), redirect_stdout(sys.stderr):  # stdout is for the result
            return importlib.import_module(name)
    except UsageError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
            advice = f"{name.removesuffix('.py')}:{plan_name}" if name.endswith(".py") else "package.module:NAME"
            raise UsageError(f'no Python module "{cause.name}"', f"Write {advice} (searched sys.path and the current folder)") from cause
        raise


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


@contextmanager
def _exceptions_explained(what: str) -> Iterator[None]:
    """Turns any exception of the user's code into a UsageError with its file and line."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, and panics of libraries in Rust, are no Exception
        text = " ".join(traceback.format_exception_only(error)[-1].split())
        shown = text if len(text) <= MAX_EXCEPTION_CHARACTERS else f"{text[:MAX_EXCEPTION_CHARACTERS]}…"
        where = _place(error)
        raise UsageError(
            f"{what} failed: {shown}{f' ({where})' if where else ''}",
            "Correct it there" if where else "Name a Plan, or a function without arguments that returns one",
        ) from error


def _place(error: BaseException) -> str:
    """The file and line of the user's code that raised the error; empty if it is none: a function that needs arguments."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(("<", PACKAGE + os.sep))]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else ""


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
