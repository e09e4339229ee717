"""The errors of parloader, with the next step that a test suite can take."""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from parloader.errors import AnotherRun, ParloaderError

# What reset and mark say of a connection with an open transaction
UNCOMMITTED = "uncommitted changes"

ErrorT = TypeVar("ErrorT", bound=ParloaderError)

# What messages advise on the command line, and what has the same effect in a test suite
ADVICE = (
    (re.compile(r"the same command with --new-run"), "the same call with new_run=True"),
    (
        re.compile(r'(?:--allow-remote |allow_remote=\["?)([^\s"\]]+)(?:"?\])?'),
        r"PARLOADER_ALLOW_REMOTE=\1, or parloader_allow_remote = \1 in the settings of pytest",
    ),
    (
        re.compile(r"Leave out --url \(or PARLOADER_URL\) to use the private server"),
        "Run the tests with --parloader-server, or roll back instead: request parloader_session or parloader_connection",
    ),
    (
        re.compile(r"Commit, roll back or close it, then try again"),
        "Commit, roll back or close what the test opens. A fixture that opens it has to request parloader_reset, so that it is closed before the reset",
    ),
    (re.compile(r"--url (mysql://\S+)"), r"PARLOADER_URL=\1"),
    (re.compile(r"--url, PARLOADER_URL"), "PARLOADER_URL"),
    (re.compile(r"--url"), "PARLOADER_URL"),
    (re.compile(r"(?<=[Ss]et )PARLOADER_HOME to"), "parloader_home, in the settings of pytest, to"),
)


def for_tests(error: ErrorT) -> ErrorT:
    """The same error, whose next step names settings of pytest instead of options of the command."""
    next_step = error.next_step
    for pattern, replacement in ADVICE:
        next_step = pattern.sub(replacement, next_step)
    changed = with_next_step(error, next_step)
    changed.__cause__, changed.__suppress_context__ = None, True
    return changed.with_traceback(None)


def with_next_step(error: ErrorT, next_step: str, *, message: str | None = None) -> ErrorT:
    """The same error with another next step, and with another message if one is given."""
    changed = copy.copy(error)
    changed.message, changed.next_step = error.message if message is None else message, next_step
    changed.args = (changed.message, next_step)
    return changed


def of_earlier_test(error: AnotherRun) -> AnotherRun:
    """What the reset before a test finds: a transaction that this test has not opened."""
    if UNCOMMITTED not in error.message:
        return error
    return with_next_step(
        error,
        "Let what opened it commit, roll back or close it: an earlier test that does not request parloader_reset, or a fixture that was set up before it",
        message=f"before this test began, {error.message}",
    )


@contextmanager
def raised_for_tests() -> Iterator[None]:
    """Raises errors of parloader in the block as they are for tests, without the traceback up to here."""
    __tracebackhide__ = True
    try:
        yield
    except ParloaderError as error:
        raise for_tests(error) from None


@contextmanager
def short_failures() -> Iterator[None]:
    """Turns errors of parloader in the block into failures of one line, without a traceback."""
    try:
        yield
    except ParloaderError as error:
        import pytest  # not needed by the tests of Django and unittest

        raise pytest.fail.Exception(f"parloader: {for_tests(error)}", pytrace=False) from None
