"""What happens to lines for a stream that is full, closed or read by nobody."""

import fcntl
import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from parloader.errors import ResultNotWritten
from parloader.standard_streams import LogStream, ResultStream

PAGE_BYTES = 4096


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe of one page: its ends for reading and for writing."""
    ends = os.pipe()
    fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, PAGE_BYTES)
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def text(raw: LogStream | ResultStream) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace", line_buffering=True)


@pytest.mark.parametrize("kind", [LogStream, ResultStream])
def test_lines_arrive_with_escapes_for_what_the_encoding_lacks(kind: type[LogStream | ResultStream], pipe: tuple[int, int]) -> None:
    print("é", 1, file=text(kind(pipe[1])))
    assert os.read(pipe[0], 100) == b"\\xe9 1\n"


def test_a_log_that_nobody_reads_any_more_is_dropped(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    print("lost", file=text(LogStream(pipe[1])))


def test_a_log_on_a_full_device_is_dropped() -> None:
    with open("/dev/full", "wb") as full:
        print("lost", file=text(LogStream(full.fileno())))


def test_a_log_whose_reader_hangs_is_dropped_until_it_reads_again(pipe: tuple[int, int]) -> None:
    stream = text(LogStream(pipe[1]))
    for _ in range(100):  # waits for the reader once, not each time
        print("x" * 1000, file=stream)
    os.set_blocking(pipe[0], False)
    with suppress(BlockingIOError):
        while os.read(pipe[0], PAGE_BYTES):
            pass
    print("read again", file=stream)
    assert os.read(pipe[0], 100) == b"read again\n"


@pytest.mark.parametrize("reason", ["No space left on device", "Broken pipe"])
def test_a_result_that_cannot_be_written_is_an_error(reason: str, pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    with open("/dev/full", "wb") as full, pytest.raises(ResultNotWritten, match=reason):
        print("lost", file=text(ResultStream(full.fileno() if "space" in reason else pipe[1])))


def test_a_result_waits_for_a_slow_reader_of_a_pipe_that_does_not_block(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    received: list[bytes] = []

    def read() -> None:
        while part := os.read(pipe[0], 1000):
            received.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    print("x" * 10 * PAGE_BYTES, file=text(ResultStream(pipe[1])))
    os.close(pipe[1])
    reader.join()
    assert b"".join(received) == b"x" * 10 * PAGE_BYTES + b"\n"
