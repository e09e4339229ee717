"""~/.my.cnf: what the mysql client reads there, for what a URL does not say.

Rules: MySQL manual "Using Option Files". Of the groups [client] and [parloader] the latter wins; other groups, and options that are not about connecting, are for
other programs. !include is not followed.
"""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from parloader.database.target import Defaults
from parloader.database.tls import SslMode, Tls, ssl_mode
from parloader.errors import UsageError

FILE = "~/.my.cnf"

GROUPS = ("client", "parloader")

# Option files have their own escapes (\s is a blank, an unknown one keeps its backslash), so schema.string_literals does not serve here
ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ", '"': '"', "'": "'"}

TRUE = ("", "1", "on", "true")


def defaults() -> Defaults:
    """What the user's file says; nothing where there is none. UsageError where it cannot be read or understood."""
    file = Path(os.path.expanduser(FILE))
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IWOTH:
            raise UsageError(f"{file} can be written by everybody", f"chmod 600 {file}")
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return Defaults()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{file} cannot be read: {why}", "Mend it or move it away") from error
    try:
        return _of_options(options(lines))
    except ValueError as error:
        raise UsageError(f"{file}: {error}", "Mend it or move it away") from None
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", error.next_step) from None


def options(lines: Iterable[str]) -> dict[str, str]:
    """The options of GROUPS by name (with -, never _), the last value of each. ValueError names a line that is none."""
    groups: dict[str, dict[str, str]] = {}
    group: str | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line[0] in "#;!":
            continue
        if header := re.match(r"\[(.*?)\]", line):
            group = header[1].strip()
        elif line[0] == "[" or group is None:
            raise ValueError(f"line {number} is neither a group nor an option in one")
        else:
            name, _, value = _without_comment(line).partition("=")
            groups.setdefault(group, {})[name.strip().replace("_", "-").removeprefix("loose-")] = _value(value.strip())
    return {name: value for wanted in GROUPS for name, value in groups.get(wanted, {}).items()}


def _without_comment(line: str) -> str:
    """A # ends it, unless it stands in quotes."""
    quote, escaped = "", False
    for at, character in enumerate(line):
        if character in "'\"" and not escaped and quote in ("", character):
            quote = "" if quote else character
        if character == "#" and not quote:
            return line[:at]
        escaped = bool(quote) and character == "\\" and not escaped
    return line


def _value(text: str) -> str:
    """Without the quotes around it, and with its escapes undone."""
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), text)


def _of_options(found: dict[str, str]) -> Defaults:
    port = found.get("port")
    if port is not None and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("its port is not a number from 1 to 65535")
    mode = ssl_mode(found["ssl-mode"]) if "ssl-mode" in found else None
    if mode is None and found.get("ssl-verify-server-cert", "0").lower() in TRUE:  # MariaDB's word for it
        mode = SslMode.VERIFY_IDENTITY
    ca, cert, key = (os.path.expanduser(found[name]) if found.get(name) else None for name in ("ssl-ca", "ssl-cert", "ssl-key"))
    return Defaults(
        user=found.get("user") or None,
        password=found.get("password"),
        host=found.get("host") or None,
        port=int(port) if port else None,
        unix_socket=found.get("socket") or None,
        database=found.get("database") or None,
        tls=Tls(explicit_mode=mode, ca=ca, cert=cert, key=key),
    )
