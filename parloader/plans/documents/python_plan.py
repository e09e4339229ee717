"""Loads plans written in Python: `package.module:NAME` names a plan, or a function that returns one."""

import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from parloader.errors import UsageError
from parloader.plans.documents.codecs import InvalidPlan, suggestion
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan


def load(reference: str) -> Plan:
    """The plan that "package.module:NAME" names. The current folder is searched too. The plan is validated like a plan file.

    UsageError: the module or the name does not exist, it is not a plan, or its code raised an exception.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and all(part.isidentifier() for part in module_name.split(".")) and name.isidentifier()):
        raise UsageError(f'"{reference}" is not a plan', "Write package.module:NAME, or the path of a plan file (plan.toml)")
    module = _module(module_name, name)
    if name not in vars(module) and not hasattr(module, name):
        existing = [known for known in vars(module) if not known.startswith("_")]
        raise UsageError(f"{module_name} has no {name}", f"{suggestion(name, existing)}Write package.module:NAME")
    plan = getattr(module, name)
    if not isinstance(plan, Plan) and callable(plan):
        with _exceptions_explained(reference):
            plan = plan()
    if not isinstance(plan, Plan):
        raise UsageError(
            f"{reference} has the type {type(plan).__name__}, not parloader.Plan",
            "Name a Plan, or a function without arguments that returns one",
        )
    try:
        return decode_plan(_document(plan))
    except InvalidPlan as error:
        raise UsageError(f"{reference}: {error.message}", error.next_step) from error


def _module(name: str, plan_name: str) -> ModuleType:
    with suppress(FileNotFoundError):  # the current folder has been removed
        folder = str(Path.cwd())
        if folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        with _exceptions_explained(name):
            return importlib.import_module(name)
    except UsageError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
            advice = f"{name.removesuffix('.py')}:{plan_name}" if name.endswith(".py") else "package.module:NAME"
            raise UsageError(f'no Python module "{cause.name}"', f"Write {advice} (searched sys.path and the current folder)") from cause
        raise


@contextmanager
def _exceptions_explained(what: str) -> Iterator[None]:
    """Turns any exception of the user's code into a UsageError with its file and line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        *_, text = traceback.format_exception_only(error)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen ")]
        file, line = (error.filename, error.lineno) if isinstance(error, SyntaxError) else (frames[-1].filename, frames[-1].lineno)
        raise UsageError(f"{what} failed: {text.strip()} ({file}, line {line})", "Correct it there") from error


def _document(plan: Plan) -> dict[str, Any]:
    """The plan's document. If no table is marked as partitioned, the defaults of plan files apply."""
    document = encode_plan(plan)
    if not any(table.partitioned for table in plan.tables):
        defaulted = {"partitioned", "reuse"} if all(table.reuse for table in plan.tables) else {"partitioned"}
        document["table"] = [{k: v for k, v in table.items() if k not in defaulted} for table in document["table"]]
    return document
