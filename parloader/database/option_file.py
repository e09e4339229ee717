"""Reads connection settings that a URL leaves out from ~/.my.cnf, as the mysql and mariadb clients do.

Rules: both manuals, "Using Option Files" and "Configuring MariaDB with Option Files"; what they leave open is as in mysys/my_default of both
servers. Groups of several names count in the order of the file, so the last value of an option wins; but [parloader] takes precedence.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from parloader.database.compression import Compress, compress_mode
from parloader.database.target import Defaults, Protocol
from parloader.database.tls import SslMode, Tls, ssl_mode
from parloader.errors import UsageError

FILE = "~/.my.cnf"

CLIENT_GROUPS = ("client", "client-server", "client-mariadb")
"""What each client program reads: of MySQL the first, of MariaDB all three."""

OWN_GROUP = "parloader"

# The clients skip a directive at this depth
MAX_INCLUDE_DEPTH = 10

MAX_FILES = 1000

# No option file is larger; one that is (a log, a disk image) would only fill the memory
MAX_BYTES = 1_000_000

# Option files have their own escapes (\s is a blank, an unknown one keeps its backslash), so schema.string_literals does not serve here
ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ", '"': '"', "'": "'"}

TRUE = ("", "1", "on", "true")


def defaults() -> Defaults:
    """The settings in the user's file; none if it does not exist. UsageError: it, or a file that it includes, is not valid; the message names the file."""
    return _parse(options(Path(os.path.expanduser(FILE))))


class Setting(NamedTuple):
    """The value of an option, and the file that sets it."""

    value: str
    file: Path


def options(file: Path) -> dict[str, Setting]:
    """The options by name (with -, never _), the last value of each; those of [parloader] before all others."""
    of_clients: dict[str, Setting] = {}
    own: dict[str, Setting] = {}
    for group, name, setting in _OptionReader().read(file):
        if group in CLIENT_GROUPS:
            of_clients[name] = setting
        elif group == OWN_GROUP:
            own[name] = setting
    return of_clients | own


class _OptionReader:
    """Reads a file and those that it includes."""

    def __init__(self) -> None:
        self._files = 0

    def read(self, file: Path, including: tuple[Path, ...] = ()) -> Iterator[tuple[str, str, Setting]]:
        """(group, option, its setting) in the order of the lines. UsageError names the file, and the line that is not valid."""
        self._files += 1
        real = Path(os.path.realpath(file))
        if real in including:
            raise _invalid(including[-1], f"it includes {file}, which includes it")
        if self._files > MAX_FILES:
            raise _invalid(including[0], f"it includes more than {MAX_FILES} files")
        group: str | None = None
        for number, line in enumerate(map(str.strip, _text(file).split("\n")), 1):
            if not line or line[0] in "#;":
                continue
            if line[0] == "!":
                if len(including) < MAX_INCLUDE_DEPTH:
                    for included in _included(file, number, line[1:].strip()):
                        yield from self.read(included, (*including, real))
            elif header := re.match(r"\[(.*?)\]", line):
                group = header[1].strip()
            elif line[0] == "[" or group is None:
                raise _invalid(file, f"line {number} is neither a [group] nor an option in a group")
            else:
                name, equals, text = _without_comment(line).partition("=")
                option, value = _option(name.strip(), _value(text.strip()) if equals else None)
                yield group, option, Setting(value, file)


def _invalid(file: Path, what: str) -> UsageError:
    return UsageError(f"{file}: {what}", "Fix it or move it away")


def _text(file: Path) -> str:
    """The content; empty if the file does not exist. UsageError: it is no regular file, cannot be read, or others may change it."""
    try:
        status = file.stat()
        if os.path.exists(os.devnull) and os.path.samefile(file, os.devnull):
            return ""
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # reading a pipe would wait until someone writes to it
            raise UsageError(f"{file} cannot be read: it is not a regular file", "Fix it or move it away")
        if status.st_mode & stat.S_IWOTH and stat.S_ISREG(status.st_mode):
            raise UsageError(f"{file} is writable by every user", f"Run chmod 600 {file}")
        if status.st_size > MAX_BYTES and stat.S_ISREG(status.st_mode):
            raise UsageError(f"{file} is larger than {MAX_BYTES:,} bytes, so it is no option file", "Fix it or move it away")
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{file} cannot be read: {reason}", "Fix it or move it away") from error


def _included(file: Path, number: int, directive: str) -> Iterator[Path]:
    """The files that !include or !includedir names. Other directives are ignored, as the clients do; so are missing files."""
    keyword, _, argument = directive.partition(" ") if " " in directive else directive.partition("\t")
    path = Path(os.path.expanduser(argument.strip()))
    if keyword not in ("include", "includedir"):
        return
    if not argument.strip():
        raise _invalid(file, f"line {number} has !{keyword} without a path")
    if keyword == "include":
        yield path
        return
    try:
        yield from sorted(entry for entry in path.iterdir() if entry.suffix == ".cnf")
    except OSError as error:
        raise _invalid(file, f"line {number} includes {path}, which cannot be read: {error.strerror}") from error


# Each may stand before the name of an option that is on or off (MySQL manual, "Program Option Modifiers")
MODIFIERS = {"skip-": "0", "disable-": "0", "enable-": "1"}


def _option(name: str, value: str | None) -> tuple[str, str]:
    """The option's name with - instead of _ and without modifiers, and its value."""
    name = name.replace("_", "-").removeprefix("loose-")
    for prefix, implied in MODIFIERS.items():
        if name.startswith(prefix):
            return name.removeprefix(prefix), implied
    return name, value or ""


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


def _parse(settings: dict[str, Setting]) -> Defaults:
    """UsageError names the file with the value that is not valid."""
    given = {name: setting.value for name, setting in settings.items()}
    with _naming(settings, "port"):
        port = _port(given.get("port"))
    with _naming(settings, "protocol"):
        protocol = _protocol(given.get("protocol", ""))
    with _naming(settings, "ssl-mode"):
        mode = _mode(given)
    with _naming(settings, "compress"):
        compress = _compress(given.get("compress"))
    ca, cert, key = (os.path.expanduser(given[name]) if given.get(name) else None for name in ("ssl-ca", "ssl-cert", "ssl-key"))
    return Defaults(
        user=given.get("user") or None,
        password=given.get("password"),
        host=given.get("host") or None,
        port=port,
        unix_socket=given.get("socket") or None,
        database=given.get("database") or None,
        protocol=protocol,
        tls=Tls(explicit_mode=mode, ca=ca, cert=cert, key=key),
        compress=compress,
    )


@contextmanager
def _naming(settings: dict[str, Setting], name: str) -> Iterator[None]:
    """Adds the file that sets this option to a UsageError about its value."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{settings[name].file}: {error.message}", error.next_step) from None


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isdecimal() and len(text) < 6 and 0 < int(text) < 65536):
        raise UsageError("the port is not a number from 1 to 65535", "Fix it or move the file away")
    return int(text)


def _mode(given: dict[str, str]) -> SslMode | None:
    if "ssl-mode" in given:
        return ssl_mode(given["ssl-mode"])
    if given.get("ssl-verify-server-cert", "0").lower() in TRUE:  # MariaDB's name for it
        return SslMode.VERIFY_IDENTITY
    if "ssl" in given:  # also MariaDB's
        return SslMode.REQUIRED if given["ssl"].lower() in TRUE else SslMode.DISABLED
    return None


def _compress(text: str | None) -> Compress | None:
    """Of the clients, a switch."""
    if text is None:
        return None
    if text.lower() in (*TRUE, "0", "off", "false"):
        return Compress.ON if text.lower() in TRUE else Compress.OFF
    return compress_mode(text)


def _protocol(text: str) -> Protocol | None:
    if not text:
        return None
    if text.lower() in ("pipe", "memory"):
        raise UsageError(f"protocol={text} exists on Windows only", "Use tcp or socket")
    try:
        return Protocol(text.lower())
    except ValueError:
        raise UsageError("the protocol is neither tcp nor socket", "Use one of them") from None
