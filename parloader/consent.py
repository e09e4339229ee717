"""The questions that commands ask, and the option that answers one of them beforehand. Imports nothing large, as cli.py."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import click


def on_terminal() -> bool:
    """Whether somebody is there to be asked, and no pipe that says yes to everything."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def with_permission(function: Callable[..., Any]) -> Callable[..., Any]:
    """--allow-remote, handed on as `allow_remote`, for commands that write. Where it lacks the target's host, whoever sits at the terminal is asked."""

    @click.option(
        "--allow-remote",
        multiple=True,
        metavar="HOST",
        envvar="PARLOADER_ALLOW_REMOTE",
        help="Write to this host, which is not this machine. Repeatable.",
    )
    @functools.wraps(function)
    def wrapper(*, target: Any, allow_remote: tuple[str, ...], **options: Any) -> None:
        from parloader.operations.guard import is_permitted

        question = f"{target.host} is not this machine. Go on, and write to the database {target}?"
        if on_terminal() and not is_permitted(target, allow_remote) and confirmed(question):
            allow_remote = (*allow_remote, target.host)
        function(target=target, allow_remote=allow_remote, **options)

    return wrapper
