"""Keeping the password of a URL out of what others see: the process list, the environment of child processes, messages.

Imports nothing large, as cli.py.
"""

import os
import re
import sys

import click

SECRET_VARIABLES = ("PARLOADER_URL", "PARLOADER_REPLICA_URL")

MASK = "***"


def redact(text: str) -> str:
    """The text with what is, or may be meant to be, the password of a URL in it replaced, whatever shape the URL has.

    With an @ that is what stands before the last one, from the colon behind the user on; without, what stands in the place of a port and is none.
    """
    text = re.sub(r"(://[^:@]*):.*@", rf"\1:{MASK}@", text, flags=re.DOTALL)
    text = re.sub(r":(?!//|\s).*@", f":{MASK}@", text, count=1, flags=re.DOTALL)  # no scheme, or half of one
    return re.sub(r"(://[^:@]*):(?!\d*(?:[/?\s]|$)|\*\*\*@).*", rf"\1:{MASK}", text, flags=re.DOTALL)


def mask_process_list() -> None:
    """Rewrites this process's command line, as ps and /proc show it, with passwords masked.

    The environment it was started with, which /proc shows too, goes with that: the room of both is used for the new title. Until here,
    the first instant of the process, the operating system shows both as they were given.
    """
    import setproctitle

    setproctitle.setproctitle(" ".join(map(redact, sys.orig_argv)))


def forget_variables() -> None:
    """Takes the variables with secrets, once they are read, out of the environment that child processes inherit."""
    for name in SECRET_VARIABLES:
        os.environ.pop(name, None)


class MaskingGroup(click.Group):
    """A group whose usage errors, which quote what was given, quote no password: a URL ends up at the wrong place easily."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise click.UsageError(redact(error.format_message()), ctx=error.ctx) from None
