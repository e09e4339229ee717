"""Commands in messages, as a user can run them.

They connect to where the command at hand does, since otherwise they would act on another database; and if they have workers, these run where
its workers do.
"""

import re
import shlex
from dataclasses import dataclass

import click
from click.core import ParameterSource

from parloader.cli.redaction import redact

# The commands that connect, as messages name them; the first ones have workers
COMMAND = re.compile(
    r"\bparloader (?:(?P<works>seed|verify|clean|bench)|plan|export|status|pause|resume|guard|reset|schema check|schema upgrade)\b"
)

CONNECTION_OPTIONS = ("url", "ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "compress", "ask_password")

EXECUTOR_OPTIONS = ("executor", "scheduler", "scheduler_file", "credentials", "resources")


@dataclass(frozen=True, kw_only=True)
class RepeatedOptions:
    """Options of the command line, as the shell takes them."""

    connection: str = ""
    executor: str = ""

    def inserted_in(self, text: str) -> str:
        """The text with these options in each command that it contains."""
        return COMMAND.sub(self._with_options, text)

    def _with_options(self, command: re.Match[str]) -> str:
        return " ".join(filter(None, (command[0], self.connection, self.executor if command["works"] else "")))


def repeated_options(context: click.Context) -> RepeatedOptions:
    """Those of the command line: others are in variables or in parloader.toml, which stay.

    No connection options if the URL has a password, which no message shows.
    """
    given = {name: value for name, value in context.params.items() if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    hides_password = redact(given.get("url", "")) != given.get("url", "")
    return RepeatedOptions(
        connection="" if hides_password else _as_typed(given, CONNECTION_OPTIONS),
        executor=_as_typed(given, EXECUTOR_OPTIONS),
    )


def _as_typed(given: dict[str, object], names: tuple[str, ...]) -> str:
    words = []
    for name in names:
        flag, value = f"--{name.replace('_', '-')}", given.get(name)
        if value is True:
            words.append(flag)
        elif isinstance(value, dict):
            words += [f"{flag} {shlex.quote(f'{key}={number:g}')}" for key, number in value.items()]
        elif value is not None:
            words.append(f"{flag} {shlex.quote(str(value))}")
    return " ".join(words)
