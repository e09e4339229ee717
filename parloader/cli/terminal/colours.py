"""Colours, if the stream takes them. The one place that decides so; JSON and files have none."""

import os
import sys
from enum import Enum
from typing import TextIO

import click


class Colour(Enum):
    """What the text is: its colour, and whether it is bold."""

    ERROR = ("red", True)
    BEST = ("green", True)
    DIFFERENT = ("yellow", False)


def takes_colours(stream: TextIO) -> bool:
    """Whether the stream takes colours: a terminal does, unless NO_COLOR is set or TERM is dumb; with FORCE_COLOR, also a pipe (https://no-color.org,
    https://force-color.org; empty variables count as not set)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def coloured(text: str, colour: Colour, *, err: bool = False) -> str:
    """The text in this colour, if stdout (`err`: stderr) takes colours."""
    if not takes_colours(sys.stderr if err else sys.stdout):
        return text
    name, bold = colour.value
    return click.style(text, fg=name, bold=bold or None)


def echo(text: str, *, err: bool = False) -> None:
    """Prints the text as it is: click removes all colours from what is not a terminal, also those that are asked for."""
    click.echo(text, err=err, color=True)
