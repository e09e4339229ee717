"""The command at hand as one that can be repeated anywhere: with the options that came from variables and parloader.toml. Passwords are masked."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from parloader.cli.redaction import MASK, redact
from parloader.cli.settings_file import INFERENCE


@dataclass(frozen=True, kw_only=True)
class GivenOption:
    """An option that does not have its default."""

    flag: str
    values: tuple[str, ...]
    """one each time it is given; empty for a flag"""
    source: str

    @property
    def words(self) -> tuple[str, ...]:
        """As the shell takes it."""
        return tuple(f"{self.flag} {shlex.quote(value)}" for value in self.values) if self.values else (self.flag,)


def given_options(context: click.Context, arguments: Sequence[str]) -> tuple[GivenOption, ...]:
    """The options of the command that do not have their default. `arguments`: those of the command line, behind the command's name."""
    parser = context.command.make_parser(context)
    typed, _, _ = parser.parse_args(list(arguments))
    return tuple(_given(context, typed))


def repeated_command(command: str, options: Sequence[GivenOption]) -> tuple[str, ...]:
    """The command with these options, as parts that belong together."""
    return (command, *(word for option in options for word in option.words))


def hides_password(options: Sequence[GivenOption]) -> bool:
    """Whether the password has to be put in again."""
    return any(f":{MASK}" in value for option in options for value in option.values)


def _given(context: click.Context, typed: dict[str, Any]) -> Iterator[GivenOption]:
    for option in context.command.params:
        name = option.name or ""
        flag = next((text for text in option.opts if text.startswith("--")), option.opts[0])
        match context.get_parameter_source(name):
            case ParameterSource.COMMANDLINE:
                value, source = typed.get(name), "command line"
            case ParameterSource.ENVIRONMENT:
                # a variable with a password is gone by now
                value, source = option.value_from_envvar(context) or context.params.get(name), str(option.envvar)
            case ParameterSource.DEFAULT_MAP:
                value, source = context.lookup_default(name), "parloader.toml"
            case _:
                continue
        if isinstance(option, click.Option) and option.is_flag:
            if value not in (False, "false", None):
                yield GivenOption(flag=flag, values=(), source=source)
        elif values := tuple(redact(text) for text in _texts(value)):
            yield GivenOption(flag=flag, values=values, source=source)
        elif value:
            yield GivenOption(flag=flag, values=(f"[[{INFERENCE}.column]]",), source=source)


def _texts(value: Any) -> tuple[str, ...]:
    """None for rules of parloader.toml, which have no text."""
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(each) for each in values if isinstance(each, str | int | float))
