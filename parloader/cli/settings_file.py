"""parloader.toml: reading it, and changing settings in it with everything else left as it stands."""

import datetime
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from parloader.errors import UsageError

OptionValue: TypeAlias = str | list[str]
"""A value as it would stand on the command line: several for an option that is repeated. What it may be, the option says."""

CONNECTION_SETTINGS = ("ssl_ca", "ssl_cert", "ssl_key", "ssl_mode", "url")


def _text(value: object) -> str:
    """ValueError: it is no text, number or date."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date | datetime.time):
        raise ValueError("a text or a number")
    try:
        return str(value)
    except ValueError as error:  # Python writes no number of more than 4300 digits
        raise ValueError("a number of fewer digits") from error


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return [_text(value)]


def _pairs(value: object) -> list[str]:
    if not isinstance(value, dict):
        raise ValueError('a table: write it as [set] (or [parents]), then lines such as start = "2020-01-01"')
    return [f"{name}={_text(item)}" for name, item in value.items()]


SETTINGS: Mapping[str, Callable[[object], OptionValue]] = {
    "allow_remote": _texts,
    "batch": _text,
    "chunk_time": _text,
    "max_lag": _text,
    "max_load": _texts,
    "max_rate": _text,
    "parents": _pairs,
    "plan": _text,
    "procs": _text,
    "replica_url": _texts,
    "retry_seconds": _text,
    "rows": _text,
    "seed": _text,
    "set": _pairs,
    "table": _text,
    "worker_restarts": _text,
    "writer": _text,
    **dict.fromkeys(CONNECTION_SETTINGS, _text),
}


def settings_of_file(file: Path) -> dict[str, OptionValue]:
    """What the file says; nothing where it is not there. UsageError where it cannot be read, has something that is no setting, or a wrong type."""
    if not file.exists():
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:  # ValueError: no TOML, no UTF-8, or a number of thousands of digits
        raise UsageError(f"{file} cannot be read: {error}", "Mend it or move it away") from error
    return {name: _option_value(file, name, value) for name, value in found.items()}


def _option_value(file: Path, name: str, value: Any) -> OptionValue:
    if name not in SETTINGS:
        raise UsageError(f"{file} has {name!r}, which is no setting", f"Valid: {', '.join(sorted(SETTINGS))}")
    try:
        return SETTINGS[name](value)
    except ValueError as error:
        raise UsageError(f"{name} in {file} is not what it has to be", f"It is {error}") from error


def save_settings(file: Path, settings: Mapping[str, int | str]) -> None:
    """Writes these settings into the file, which is made where it is not there; its comments and other settings stay."""
    import tomlkit

    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    document.update(settings)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(tomlkit.dumps(document), encoding="utf-8")
    unfinished.replace(file)
