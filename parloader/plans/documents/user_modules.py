"""Finds what a user's Python module has under a name: `package.module:NAME`. An exception of its code becomes one line with its place."""

import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from pathlib import Path
from types import ModuleType

from parloader.errors import UsageError
from parloader.plans.documents.codecs import suggestion

# The text of a user's exception may be any size
MAX_EXCEPTION_CHARACTERS = 400

PACKAGE = str(Path(__file__).parents[2])


def find(reference: str, *, as_library: bool, advice: str) -> object:
    """What "package.module:NAME" names; NAME may have dots. `as_library`: see `module`. `advice`: what to do if code of it fails.

    UsageError: the module or the name does not exist, or its code raised an exception.
    """
    module_name, _, name = reference.partition(":")
    found: object = module(module_name, name, as_library=as_library, advice=advice)
    for part in name.split("."):
        with exceptions_explained(reference, advice):
            exists, owner = hasattr(found, part), found
            found = getattr(found, part, None)
        if not exists:
            existing = [known for known in vars(owner) if not known.startswith("_")] if hasattr(owner, "__dict__") else []
            raise UsageError(f"{module_name} has no {name}", f"{suggestion(part, existing)}Write package.module:NAME")
    return found


def is_reference(reference: str) -> bool:
    """Whether it has the form package.module:NAME."""
    module_name, colon, name = reference.partition(":")
    return bool(colon) and is_name(module_name) and is_name(name)


def is_name(text: str) -> bool:
    """Whether it can be the name of a module, or of something in it."""
    return all(part.isidentifier() for part in text.split("."))


def module(name: str, of_name: str, *, as_library: bool, advice: str) -> ModuleType:
    """The module. `of_name`: what is wanted of it, for messages.

    `as_library`: a program asks for it, whose module search path and stdout stay as they are. Otherwise the current folder is searched as well,
    and what the module prints goes to stderr: stdout is for the result.
    """
    with suppress(FileNotFoundError):  # the current folder has been removed
        folder = str(Path.cwd())
        if not as_library and folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        with exceptions_explained(name, advice), printing_elsewhere(as_library=as_library):
            return importlib.import_module(name)
    except UsageError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
            written = f"{name.removesuffix('.py')}:{of_name}" if name.endswith(".py") else "package.module:NAME"
            searched = "sys.path" if as_library else "sys.path and the current folder"
            raise UsageError(f'no Python module "{cause.name}"', f"Write {written} (searched {searched})") from cause
        raise


@contextmanager
def printing_elsewhere(*, as_library: bool) -> Iterator[None]:
    """What the user's code prints goes to stderr, unless a program called the library."""
    with nullcontext() if as_library else redirect_stdout(sys.stderr):
        yield


@contextmanager
def exceptions_explained(what: str, advice: str) -> Iterator[None]:
    """Turns any exception of the user's code into a UsageError with its file and line; `advice` if it has none."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, and panics of libraries in Rust, are no Exception
        text = " ".join(traceback.format_exception_only(error)[-1].split())
        shown = text if len(text) <= MAX_EXCEPTION_CHARACTERS else f"{text[:MAX_EXCEPTION_CHARACTERS]}…"
        where = _place(error)
        raise UsageError(f"{what} failed: {shown}{f' ({where})' if where else ''}", "Correct it there" if where else advice) from error


def _place(error: BaseException) -> str:
    """The file and line of the user's code that raised the error; empty if it is none: a function that needs arguments."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(("<", PACKAGE + os.sep))]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else ""
