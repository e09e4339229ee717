"""Plans in Python: `package.module:NAME` is a plan, or a function that returns one."""

import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from parloader.errors import UsageError
from parloader.plans.documents.codecs import InvalidPlan, suggestion
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan


def load(reference: str) -> Plan:
    """The plan that "package.module:NAME" names; modules in the current folder are found. It is held to the same rules as a plan file.

    UsageError: the module or the name is not there, it is no plan, or what its code raised.
    """
    module_name, colon, name = reference.partition(":")
    if not (colon and all(part.isidentifier() for part in module_name.split(".")) and name.isidentifier()):
        raise UsageError(f"{reference!r} names no plan", "Give package.module:NAME, or the file of a plan (plan.toml)")
    module = _module(module_name)
    if name not in vars(module) and not hasattr(module, name):
        there = [known for known in vars(module) if not known.startswith("_")]
        raise UsageError(f"{module_name} has no {name}", f"{suggestion(name, there)}Give package.module:NAME")
    found = getattr(module, name)
    if not isinstance(found, Plan) and callable(found):
        with _explained(reference):
            found = found()
    if not isinstance(found, Plan):
        raise UsageError(
            f"{reference} is no parloader.Plan but of the type {type(found).__name__}", "Give a Plan, or a function that returns one"
        )
    try:
        return decode_plan(_document(found))
    except InvalidPlan as error:
        raise UsageError(f"{reference}: {error.message}", error.next_step) from error


def _module(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        with _explained(name):
            return importlib.import_module(name)
    except UsageError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
            raise UsageError(
                f"there is no Python module {cause.name}", f"Give package.module:NAME; it is looked for in {folder} too"
            ) from cause
        raise


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Whatever the user's code raises is said with the place where it was raised."""
    try:
        yield
    except (Exception, SystemExit) as error:
        *_, said = traceback.format_exception_only(error)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen ")]
        file, line = (error.filename, error.lineno) if isinstance(error, SyntaxError) else (frames[-1].filename, frames[-1].lineno)
        raise UsageError(f"{what} failed: {said.strip()} ({file}, line {line})", "Mend it there") from error


def _document(plan: Plan) -> dict[str, Any]:
    """Where no table is said to be partitioned, that is decided as in a plan file."""
    document = encode_plan(plan)
    if not any(table.partitioned for table in plan.tables):
        left_open = {"partitioned", "reuse"} if all(table.reuse for table in plan.tables) else {"partitioned"}
        document["table"] = [{k: v for k, v in table.items() if k not in left_open} for table in document["table"]]
    return document
