"""parloader.toml: reading it, and changing settings in it with everything else left as it stands."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parloader.errors import UsageError

SETTINGS = (
    "batch",
    "chunk_time",
    "max_lag",
    "max_load",
    "max_rate",
    "procs",
    "replica_url",
    "retry_seconds",
    "rows",
    "set",
    "url",
    "worker_restarts",
    "writer",
)


def settings_of_file(file: Path) -> dict[str, Any]:
    """What the file says; nothing where it is not there. UsageError where it cannot be read or has something that is no setting."""
    if not file.exists():
        return {}
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Mend it or move it away") from error
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise UsageError(f"{file} has {unknown[0]!r}, which is no setting", f"Valid: {', '.join(SETTINGS)}")
    return settings


def save_settings(file: Path, settings: Mapping[str, int | str]) -> None:
    """Writes these settings into the file, which is made where it is not there; its comments and other settings stay."""
    import tomlkit

    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    document.update(settings)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(tomlkit.dumps(document), encoding="utf-8")
    unfinished.replace(file)
