"""Building blocks for options that several commands share: groups of options, and the section of the help page that lists them."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Function = TypeVar("Function", bound=Callable[..., Any])

Options = TypeVar("Options", bound="DataclassInstance")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of help pages: options under a heading."""

    title: str
    topic: str = ""
    """the page that describes all options of the section, parloader help TOPIC; empty: the pages of the commands do"""
    about: str = ""
    """the first paragraph of that page"""
    described: tuple[str, ...] = ()
    """of a section with a topic: the options that the pages of commands describe; they only name the others"""

    def option(self, *names: str, **settings: Any) -> Callable[[Function], Function]:
        """click.option for an option of this section."""
        return click.option(*names, cls=SectionOption, section=self, **settings)


class SectionOption(click.Option):
    """An option that belongs to a section."""

    def __init__(self, *arguments: Any, section: Section, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.section = section


OTHER = Section(title="Options")

WHAT_TO_FILL = Section(title="What to fill")

FILES = Section(title="Files")

WORKERS = Section(title="Workers and batches")

CONNECTION = Section(
    title="Connection",
    topic="connection",
    about="Without --url, commands use a private server on this machine, which they start and stop. What the URL lacks (user, password, host, "
    "port, certificates) is read from ~/.my.cnf, as the mysql client does. docs/connecting.md has examples.",
    described=("--url", "--allow-remote"),
)

THROTTLING = Section(
    title="Throttling",
    topic="throttling",
    about="Limits on a server that others use. Workers wait between batches as long as a limit is exceeded; parloader pause makes them wait until "
    "parloader resume.",
)

CLUSTER = Section(
    title="Dask cluster",
    topic="cluster",
    about="Workers are processes of this machine, or of the machines of a Dask cluster. pip install 'parloader[dask]'; docs/scale.md has recipes.",
)

OUTPUT = Section(title="Output")

SECTIONS = (WHAT_TO_FILL, FILES, OTHER, WORKERS, CONNECTION, THROTTLING, CLUSTER, OUTPUT)
"""In the order of a help page."""


def section_of(parameter: click.Parameter) -> Section:
    """The section of an option. Those that click adds itself are in the last one."""
    if isinstance(parameter, SectionOption):
        return parameter.section
    return OUTPUT if {"--help", "--version"} & {*parameter.opts} else OTHER


def option_group(*options: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """One decorator that adds all these click options; --help lists them in this order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def collect(kind: type[Options], options: dict[str, Any]) -> Options:
    """Moves the options that are fields of the dataclass out of `options` and into an instance of it."""
    return kind(**{field.name: options.pop(field.name) for field in fields(kind)})
