"""Keeps passwords in URLs out of the process list, messages, and the environment of child processes. Imports nothing large."""

import os
import re
import sys

SECRET_VARIABLES = ("PARLOADER_URL", "PARLOADER_REPLICA_URL")

MASK = "***"


def redact(text: str) -> str:
    """The text with the password of a URL in it replaced by ***, also if the URL is malformed.

    With an @, the password is taken to be everything between the colon after the user and the last @. Without one, it is whatever is in the
    place of a port but is not a number.
    """
    text = re.sub(r"(://[^:@]*):.*@", rf"\1:{MASK}@", text, flags=re.DOTALL)
    text = re.sub(r":(?!//|\s).*@", f":{MASK}@", text, count=1, flags=re.DOTALL)  # without a scheme, or with half of one
    return re.sub(r"(://[^:@]*):(?!\d*(?:[/?\s]|$)|\*\*\*@).*", rf"\1:{MASK}", text, flags=re.DOTALL)


def mask_process_list() -> None:
    """Masks passwords in this process's command line, which ps and /proc show.

    This also overwrites the initial environment in /proc, since the new title takes the memory of both. Until this call, for an instant at
    startup, both are visible as they were given.
    """
    import setproctitle

    title = " ".join(map(redact, sys.orig_argv))
    setproctitle.setproctitle(title.encode(errors="backslashreplace").decode())  # an argument may have bytes that are not UTF-8


def forget_variables() -> None:
    """Removes variables with secrets from the environment, so that child processes do not inherit them."""
    for name in SECRET_VARIABLES:
        os.environ.pop(name, None)
