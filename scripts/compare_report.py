"""Formats the measurements as Markdown tables of at most 80 columns, with the machine and the versions they were taken on."""

import importlib.metadata
import os
import platform
import re
import subprocess
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from compare_client import RIVALS
from compare_loaders import BASELINES, IMPORTERS, PARLOADER, Load, program
from compare_rivals import ALL_LOADERS, IMPORTER, MYLOADER

COLUMNS = 80

HEADINGS = ("loader", "seconds", "min–max", "ratio", "client", "server")

LEGEND = (
    "seconds: median, from starting the client processes to the last commit (for the two baselines: from the first statement). "
    "its entire command: with connecting, preparing, and counting at the end. "
    "ratio: to parloader insert, the median of the ratios of all rounds. "
    "client, server: CPU seconds per million rows, of the client processes from start to end and of the server until the last commit. "
    "server limit: the faster, in each round, of INSERT … SELECT without a client and LOAD DATA of ready-made files. "
    "Every load had the same rows (count and checksum) as the first one, which parloader verify checked row by row."
)


FETCHED = {
    "mysqlclient": ("mysqlclient/mysqlclient-*.dist-info/METADATA", r"^Version: (\S+)"),
    "mysql2": ("mysql2/node_modules/mysql2/package.json", r'"version": "(\S+?)"'),
}
"""Clients that scripts/lib_rivals.sh fetched: the file that names the version, and how."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    round: int
    procs: int
    loader: str
    load: Load


@dataclass(kw_only=True)
class ServerResult:
    """The measurements on one server so far. `files_seconds`: the time to write the ready-made files, by number of processes."""

    version: str
    file_system: str
    rows: int
    batch_rows: int
    delay_ms: float = 0.0
    measurements: list[Measurement] = field(default_factory=list)
    files_seconds: dict[int, float] = field(default_factory=dict)

    def of(self, procs: int, loader: str) -> dict[int, Load]:
        """The loads by round."""
        return {m.round: m.load for m in self.measurements if (m.procs, m.loader) == (procs, loader)}

    def seconds(self, procs: int, loader: str) -> dict[int, float]:
        return {number: load.seconds for number, load in self.of(procs, loader).items()}

    def server_limit(self, procs: int) -> dict[int, float]:
        """The server limit: the faster of the two baselines in each round; empty unless both were measured."""
        one, other = (self.seconds(procs, name) for name in BASELINES)
        return {number: min(one[number], other[number]) for number in one.keys() & other.keys()}

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "measurements": [{"round": m.round, "procs": m.procs, "loader": m.loader, **asdict(m.load)} for m in self.measurements],
        }


def tables(result: ServerResult) -> str:
    """One table for each number of processes."""
    return "\n\n".join(_table(result, procs) for procs in dict.fromkeys(m.procs for m in result.measurements))


def _table(result: ServerResult, procs: int) -> str:
    base = result.seconds(procs, PARLOADER)
    lines = []
    for loader in (loader.name for loader in ALL_LOADERS):
        loads = result.of(procs, loader)
        if loads:
            cpu = [_per_million(result, loads.values(), of) for of in (_client_cpu_seconds, _server_cpu_seconds)]
            lines.append((loader, *_figures(result.seconds(procs, loader), base), *cpu))
        if loads and loader == PARLOADER:
            entire = {number: load.command_seconds for number, load in loads.items()}
            lines.append(("… its entire command", *_figures(entire, base), "", ""))
    if limit := result.server_limit(procs):
        lines.append(("server limit", *_figures(limit, base), "", ""))
    return f"{_title(result, procs)}\n\n{_markdown(HEADINGS, lines)}"


def _title(result: ServerResult, procs: int) -> str:
    rounds = len({m.round for m in result.measurements})
    delay = f", {result.delay_ms:g} ms each way" if result.delay_ms else ""
    parts = (
        _count(procs, "process", "processes"),
        f"{result.rows:,} rows",
        f"batch {result.batch_rows:,}",
        _count(rounds, "round", "rounds"),
    )
    return f"{result.version}, {', '.join(parts)}{delay}:"


def _client_cpu_seconds(load: Load) -> float:
    return load.client_cpu_seconds


def _server_cpu_seconds(load: Load) -> float:
    return load.server_cpu_seconds


def _per_million(result: ServerResult, loads: Iterable[Load], of: Callable[[Load], float]) -> str:
    return f"{median(map(of, loads)) * 1_000_000 / result.rows:.1f}"


def _figures(seconds: dict[int, float], base: dict[int, float]) -> tuple[str, str, str]:
    values = seconds.values()
    ratios = [seconds[number] / base[number] for number in seconds.keys() & base.keys()]
    return f"{median(values):.2f}", f"{min(values):.2f}–{max(values):.2f}", f"{median(ratios):.2f}" if ratios else ""


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _markdown(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    rule = [f"{'-' * (width - (n > 0))}{':' if n else ''}" for n, width in enumerate(widths)]
    rows = [
        [cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(line, widths, strict=True))] for line in lines
    ]
    head = [cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(headings, widths, strict=True))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def text(results: Sequence[ServerResult], command: str) -> str:
    file_times = "; ".join(f"{r.version}: {', '.join(f'{s:.1f}' for s in r.files_seconds.values())}" for r in results)
    facts = {
        **machine(),
        "file system": ", ".join(dict.fromkeys(result.file_system for result in results)),
        "servers": ", ".join(result.version for result in results),
        "clients": ", ".join(f"{name} {number}" for name, number in versions().items()),
        "seconds to write the ready-made files": file_times,
    }
    lines = "\n".join(_wrapped(f"- {name}: {value}", indent="  ") for name, value in facts.items())
    return "\n\n".join([*map(tables, results), _wrapped(LEGEND), lines, f"    {command}"])


def _wrapped(line: str, indent: str = "") -> str:
    return textwrap.fill(line, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def as_json(results: Sequence[ServerResult], command: str) -> dict[str, Any]:
    """All measurements."""
    return {"command": command, "machine": machine(), "versions": versions(), "servers": [result.as_json() for result in results]}


def machine() -> dict[str, str]:
    return {
        "processor": f"{_processor()}, {_count(os.cpu_count() or 0, 'core', 'cores')}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": _system(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _system() -> str:
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.system()} {platform.release()}"
    except OSError:
        return platform.platform()


def versions() -> dict[str, str]:
    packages = ("parloader", "polars", "pymysql", "sqlalchemy")
    found = {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in packages}}
    for name, path in (
        ("sysbench", program(["sysbench"])),
        ("mariadb-import", program(IMPORTERS)),
        ("mariadb-import --dir", program([IMPORTER])),
        (MYLOADER, program([MYLOADER])),
    ):
        if path:
            # check=False: a client that does not run must not cost the figures of the others
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            found[name] = (re.search(r"\d+\.\d+\.\d+\S*", said) or [said.strip()])[0].rstrip(",")
    for name, (files, number) in FETCHED.items():
        for file in RIVALS.glob(files):
            found[name] = re.findall(number, file.read_text(), re.MULTILINE)[0]
    return found
