"""Exceptions of any kind as one line."""

import errno
import os
import resource
import subprocess
import sys

import pytest

from parloader.errors import InternalError, OutOfResources, ParloaderError, WriteFailed
from parloader.failures import NO_THREAD, as_parloader_error


def os_error(number: int, filename: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), filename)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (MemoryError(), OutOfResources, "out of memory"),
        (os_error(errno.ENOMEM), OutOfResources, "out of memory"),
        (os_error(errno.EMFILE), OutOfResources, "too many open files (limits: "),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), OutOfResources, "the system refuses to start a process"),
        (RuntimeError(NO_THREAD), OutOfResources, "the system refuses to start a thread"),
        (os_error(errno.ENOSPC, "/data/plan.toml"), ParloaderError, "/data/plan.toml: No space left on device"),
        (RecursionError("too deep\nsecond line"), InternalError, "internal error: RecursionError: too deep. Please report it"),
        (KeyError("a"), InternalError, "internal error: KeyError: 'a'. Please report it"),
        (AssertionError(), InternalError, "internal error: AssertionError: no message"),
    ],
)
def test_one_line(error: BaseException, kind: type[ParloaderError], says: str) -> None:
    shown = as_parloader_error(error)
    assert type(shown) is kind
    assert str(shown).startswith(says)
    assert shown.next_step
    assert len(str(shown).splitlines()) == 1


def test_a_parloader_error_stays_as_it_is() -> None:
    error = WriteFailed("writing rows failed", "Try again")
    assert as_parloader_error(error) is error


def test_this_python_reports_a_refused_thread_in_the_expected_words() -> None:
    code = f"import threading\ntry: threading.Thread(target=print).start()\nexcept RuntimeError as error: assert error.args == ({NO_THREAD!r},)"
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2**26, {resource.RLIM_INFINITY}))\n"
    sized = f"import threading; threading.stack_size(2**28)\n{limited}{code}\nelse: raise SystemExit('a thread was started')"
    subprocess.run([sys.executable, "-c", sized], check=True)
