"""Whatever a command raises ends in one line and an exit code."""

import io
import json
import sys

import click
import pytest

from parloader import signals
from parloader.cli.decorators import with_output
from parloader.cli.output import CommandGroup, Output, exit_codes
from parloader.errors import UsageError
from parloader.standard_streams import ResultStream


class Panic(BaseException):
    """Like the PanicException of Polars, which is no Exception."""


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ZeroDivisionError("by zero"), 1, "error: internal error: ZeroDivisionError: by zero. Please report it"),
        (Panic("no thread\nmore"), 1, "error: internal error: Panic: no thread. Please report it"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (click.Abort(), 130, "error: interrupted"),
        (OSError(28, "No space left on device", "/data"), 1, "error: /data: No space left on device"),
    ],
)
def test_any_exception_is_one_line_and_an_exit_code(error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as exit_, exit_codes(Output(verbosity=1, as_json=False)):
        raise error
    assert exit_.value.exit_code == code
    (printed,) = capsys.readouterr().err.splitlines()
    assert printed.startswith(line)


def test_the_traceback_is_shown_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PARLOADER_TRACEBACK", "1")
    with pytest.raises(click.exceptions.Exit), exit_codes(Output(verbosity=1, as_json=False)):
        raise ZeroDivisionError("by zero")
    assert "Traceback" in capsys.readouterr().err


def test_an_exception_that_an_interruption_turned_into_another_one_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Imports and libraries can do so."""
    monkeypatch.setattr(signals, "_received", True)
    with pytest.raises(click.exceptions.Exit) as exit_, exit_codes(Output(verbosity=1, as_json=False)):
        raise ImportError("half of a module")
    assert (exit_.value.exit_code, capsys.readouterr().err) == (130, "error: interrupted\n")


def test_a_lost_result_is_an_error_after_the_rest_of_the_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    group = CommandGroup("group")

    @group.command()
    @with_output
    def work(*, output: Output) -> None:
        output.show({}, lambda: "result")
        done.append("the rest")

    with open("/dev/full", "wb") as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(ResultStream(full.fileno()), line_buffering=True))
        result = group.main(["work"], standalone_mode=False)
    assert (result, done) == (1, ["the rest"])
    assert "the result could not be written to stdout: No space left on device" in capsys.readouterr().err


def test_an_error_after_the_result_is_in_the_same_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Such as a chart or settings that bench cannot write, or a private server that does not stop."""
    output = Output(verbosity=1, as_json=True)
    output.show({"rows": 1}, str)
    with pytest.raises(click.exceptions.Exit) as exit_, exit_codes(output):
        raise UsageError("parloader.toml cannot be written", "Omit --save")
    error = {"code": 2, "kind": "usage_error", "message": "parloader.toml cannot be written", "next_step": "Omit --save"}
    assert (exit_.value.exit_code, json.loads(capsys.readouterr().out)) == (2, {"rows": 1, "error": error})
