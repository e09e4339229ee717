"""Commands in messages, as a user can run them. They connect to where the command at hand does: otherwise they would act on another database."""

import re
import shlex

import click
from click.core import ParameterSource

from parloader.cli.redaction import redact

# The commands that connect, as messages name them
COMMAND = re.compile(r"\bparloader (?:seed|plan|verify|clean|status|pause|resume|bench|guard|schema check|schema upgrade)\b")

REPEATED = ("url", "ssl_mode", "ssl_ca", "ssl_cert", "ssl_key", "compress", "ask_password")


def connection_arguments(context: click.Context) -> str:
    """The connection options of the command line, as the shell takes them: others are in variables or in parloader.toml, which stay.

    Empty if the URL has a password, which no message shows.
    """
    given = {name: context.params[name] for name in REPEATED if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if redact(given.get("url", "")) != given.get("url", ""):
        return ""
    flags = {f"--{name.replace('_', '-')}": value for name, value in given.items()}
    return " ".join(flag if value is True else f"{flag} {shlex.quote(value)}" for flag, value in flags.items())


def with_arguments(text: str, arguments: str) -> str:
    """The text with these arguments in each command that it contains."""
    return COMMAND.sub(lambda command: f"{command[0]} {arguments}", text) if arguments else text
