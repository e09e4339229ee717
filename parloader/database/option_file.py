"""Reads connection settings that a URL leaves out from ~/.my.cnf, as the mysql client does.

Rules: MySQL manual "Using Option Files". The groups [client] and [parloader] are read, and [parloader] takes precedence; other groups and
options are for other programs. !include is not followed.
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
    """The settings in the user's file; none if it does not exist. UsageError if it cannot be read or parsed."""
    file = Path(os.path.expanduser(FILE))
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IWOTH:
            raise UsageError(f"{file} is writable by every user", f"Run chmod 600 {file}")
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return Defaults()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{file} cannot be read: {reason}", "Fix it or move it away") from error
    try:
        return _parse(options(lines))
    except ValueError as error:
        raise UsageError(f"{file}: {error}", "Fix it or move it away") from None
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", error.next_step) from None


def options(lines: Iterable[str]) -> dict[str, str]:
    """The options of GROUPS by name (with -, never _), the last value of each. ValueError names a line that is not valid."""
    groups: dict[str, dict[str, str]] = {}
    group: str | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line[0] in "#;!":
            continue
        if header := re.match(r"\[(.*?)\]", line):
            group = header[1].strip()
        elif line[0] == "[" or group is None:
            raise ValueError(f"line {number} is neither a [group] nor an option in a group")
        else:
            name, _, value = _without_comment(line).partition("=")
            groups.setdefault(group, {})[name.strip().replace("_", "-").removeprefix("loose-")] = _value(value.strip())
    return {name: value for wanted in GROUPS for name, value in groups.get(wanted, {}).items()}


def _without_comment(line: str) -> str:
    """The line up to a # that is not in quotes."""
    quote, escaped = "", False
    for at, character in enumerate(line):
        if character in "'\"" and not escaped and quote in ("", character):
            quote = "" if quote else character
        if character == "#" and not quote:
            return line[:at]
        escaped = bool(quote) and character == "\\" and not escaped
    return line


def _value(text: str) -> str:
    """The value without the quotes around it, and with its escape sequences replaced."""
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[0]), text)


def _parse(given: dict[str, str]) -> Defaults:
    port = given.get("port")
    if port is not None and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("the port is not a number from 1 to 65535")
    mode = ssl_mode(given["ssl-mode"]) if "ssl-mode" in given else None
    if mode is None and given.get("ssl-verify-server-cert", "0").lower() in TRUE:  # MariaDB's name for it
        mode = SslMode.VERIFY_IDENTITY
    ca, cert, key = (os.path.expanduser(given[name]) if given.get(name) else None for name in ("ssl-ca", "ssl-cert", "ssl-key"))
    return Defaults(
        user=given.get("user") or None,
        password=given.get("password"),
        host=given.get("host") or None,
        port=int(port) if port else None,
        unix_socket=given.get("socket") or None,
        database=given.get("database") or None,
        tls=Tls(explicit_mode=mode, ca=ca, cert=cert, key=key),
    )
