"""Failures of commands: one line on stderr, one JSON object on stdout with --json, and an exit code. Imports nothing large."""

import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
from click.core import ParameterSource

from parloader import signals
from parloader.cli.redaction import redact
from parloader.cli.suggested_commands import RepeatedOptions
from parloader.cli.terminal.colours import Colour, coloured, echo
from parloader.cli.terminal.widths import printable
from parloader.errors import Interrupted, ParloaderError, ResultNotWritten, UsageError
from parloader.failures import as_parloader_error, traceback_wanted

JSON_OPTION = "--json"

OUTPUT = f"{__name__}.output"
"""The key of the command's Output in click's context."""

# click 8.1 prints the help itself and does not raise it
NO_ARGUMENTS: type[Exception] | tuple[()] = getattr(click.exceptions, "NoArgsIsHelpError", ())


@dataclass
class Output:
    """Prints a command's result on stdout. Everything else goes to stderr. Until the options are parsed, its values are assumptions."""

    verbosity: int  # 0: only the result and errors, 1: also notes and progress, 2: also details and tracebacks
    as_json: bool  # print one JSON object instead of text
    document: Mapping[str, Any] | None = None  # the result that --json prints at the end, together with an error that follows it
    lost: ResultNotWritten | None = None  # a result was not written
    arguments: tuple[str, ...] = ()  # of the command line
    repeated: RepeatedOptions = field(
        default_factory=RepeatedOptions
    )  # what commands in messages need to do the same where this command does it

    def show(self, result: Mapping[str, Any], text: Callable[[], str], failure: ParloaderError | None = None) -> None:
        """Prints the result, with --json when the command ends. `failure`: an error that belongs to it, which is raised afterwards.

        The command does the rest of its work even if the result cannot be written: `exit_codes` reports that at the end.
        """
        if self.as_json:
            self.document = result
        else:
            self._print(self.runnable(text()))
        if failure:
            raise failure

    def end(self, failure: ParloaderError | None = None) -> None:
        """Prints the JSON object of a command that is done, or that ended with this failure."""
        if self.as_json and (failure or self.document is not None):
            self._print(json.dumps({**(self.document or {}), **(failure_document(failure) if failure else {})}))
            self.document = None

    def runnable(self, text: str) -> str:
        """The text, whose commands connect to the same database and run where this one does."""
        return self.repeated.inserted_in(text)

    def make_runnable(self, error: ParloaderError) -> None:
        """Does the same to the texts of the error."""
        error.message, error.next_step = self.runnable(error.message), self.runnable(error.next_step)
        error.lines = tuple(map(self.runnable, error.lines))

    def _print(self, text: str) -> None:
        try:
            echo(text)
        except ResultNotWritten as error:
            self.lost = error


def failure_document(error: ParloaderError) -> dict[str, Any]:
    """The JSON of a failed command (docs/exit-codes.md)."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return {
        "error": {
            "code": error.exit_code,
            "kind": "failed" if type(error) is ParloaderError else kind,
            "message": error.message,
            "next_step": error.next_step,
        }
    }


@contextmanager
def exit_codes(output: Output) -> Iterator[None]:
    """The one place that turns errors into messages and exit codes."""
    try:
        yield
        output.end()
        if output.lost:
            raise output.lost
    except NO_ARGUMENTS as group:  # a group without a command
        click.echo(str(group), err=True)
        raise click.exceptions.Exit(UsageError.exit_code) from None
    except (click.exceptions.Exit, SystemExit, GeneratorExit):
        raise
    except BaseException as exception:  # also Polars' PanicException, which is no Exception
        error = error_to_show(exception)
        if output.verbosity > 1 or traceback_wanted():
            traceback.print_exc()
        output.make_runnable(error)
        _fail(output, error)


def error_to_show(exception: BaseException) -> ParloaderError:
    """The error that the command reports for any exception."""
    if isinstance(exception, click.UsageError):
        return usage_error(exception)
    if isinstance(exception, UsageError):
        exception.message, exception.lines = _bounded(exception.message), tuple(map(_bounded, exception.lines))
        return exception
    interrupted = isinstance(exception, KeyboardInterrupt | click.Abort) or signals.received()
    return Interrupted("interrupted") if interrupted and not isinstance(exception, ParloaderError) else as_parloader_error(exception)


def _fail(output: Output, error: ParloaderError) -> None:
    """Prints the error and ends the command."""
    for line in error.lines or (str(error),):
        if line:
            echo(f"{coloured('error:', Colour.ERROR, err=True)} {printable(line)}", err=True)
    if not output.lost:
        output.end(error)
    raise click.exceptions.Exit(error.exit_code) from None


# Longer words of a message about wrong input, such as a value of thousands of characters, are cut
MAX_WORD = 300


def _bounded(text: str) -> str:
    return re.sub(rf"\S{{{MAX_WORD},}}", lambda word: f"{word[0][: MAX_WORD // 3]}…{word[0][-10:]}", text)


def usage_error(error: click.UsageError) -> UsageError:
    """click's error as one line: the option or setting first, then what is wrong with it. Passwords in it are masked.

    All settings of parloader.toml that are wrong are reported together, one line each.
    """
    if isinstance(error, click.MissingParameter) and error.param is not None and error.ctx is not None:
        command, missing = error.ctx.command_path, error.param
        name = missing.opts[-1] if isinstance(missing, click.Option) else missing.human_readable_name
        return UsageError(f"{command}: {name} is missing", f"{command} --help shows what is valid")
    if isinstance(error, click.BadParameter) and error.param is not None:
        lines = tuple(map(_parameter_text, (error, *_other_settings(error))))
        found = UsageError("; ".join(lines))
        found.lines = lines if len(lines) > 1 else ()
        return found
    text = _bounded(redact(error.message).rstrip("."))
    text = f"{text[:1].lower()}{text[1:]}"
    if error.ctx is None:  # an option without its value
        return UsageError(text, "Add the value")
    command = error.ctx.command_path
    possible = getattr(error, "possibilities", None)
    meant = f"Did you mean {possible[0]}? " if possible else ""
    return UsageError(f"{command}: {text}", f"{meant}{command} --help shows what is valid")


def _parameter_text(error: click.BadParameter) -> str:
    text, source = _bounded(redact(error.message).rstrip(".")), _source(error)
    return text if text.startswith(f"{source} ") else f"{source}: {text}"


def _other_settings(error: click.BadParameter) -> Iterator[click.BadParameter]:
    """The errors of the settings in parloader.toml behind the first one, with which click ends."""
    context = error.ctx
    if context is None or _parameter_source(error) is not ParameterSource.DEFAULT_MAP:
        return
    for option in context.command.params:
        name = option.name or ""
        unseen = context.get_parameter_source(name) is None and option.value_from_envvar(context) is None
        if name in (context.default_map or {}) and unseen:
            context.set_parameter_source(name, ParameterSource.DEFAULT_MAP)
            try:
                option.process_value(context, context.lookup_default(name))
            except click.BadParameter as other:
                other.ctx, other.param = context, option
                yield other


def _parameter_source(error: click.BadParameter) -> ParameterSource | None:
    return error.ctx.get_parameter_source(error.param.name) if error.ctx and error.param and error.param.name else None


def _source(error: click.BadParameter) -> str:
    """Where the value was given: the option, the PARLOADER_* variable or the setting in parloader.toml."""
    assert error.param is not None
    name = error.param.opts[0]
    source = _parameter_source(error)
    if source is ParameterSource.ENVIRONMENT:
        return str(error.param.envvar or name)
    return f"{name[2:].replace('-', '_')} in parloader.toml" if source is ParameterSource.DEFAULT_MAP else name


class CommandGroup(click.Group):
    """The group of all commands. Their errors, and those of the command line itself, become messages and exit codes here."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        output = Output(verbosity=1, as_json=JSON_OPTION in args, arguments=tuple(args))
        with exit_codes(output):
            context = super().make_context(info_name, args, parent, **extra)
        context.meta[OUTPUT] = output
        return context

    def invoke(self, ctx: click.Context) -> object:
        with exit_codes(ctx.meta[OUTPUT]):
            return super().invoke(ctx)
        raise AssertionError("exit_codes suppresses no error")


def current_output() -> Output:
    """The output of the running command."""
    output = click.get_current_context().meta[OUTPUT]
    assert isinstance(output, Output)
    return output
