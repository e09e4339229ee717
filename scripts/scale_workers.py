"""What Dask costs: the same load by local worker processes and by a Dask cluster of as many workers, on a private server of this machine."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from compare_loaders import PARLOADER_COMMAND, Command, run_clients, url_of
from compare_server import Place, contents, say, throwaway
from scale_cluster import DaskProcesses, dask_processes
from scale_table import markdown

from parloader.database.dialects import ServerKind
from parloader.database.session import connected, server_info
from parloader.quantities import counted

HEADINGS = (
    "server",
    "workers",
    "command, s: local",
    "Dask",
    "ratio",
    "load, s: local",
    "Dask",
    "ratio",
    "client CPU, s: local",
    "Dask",
    "ratio",
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one load."""

    command_seconds: float
    """the entire command"""
    load_seconds: float
    """from the first worker's start to the last commit"""
    cpu_seconds: float
    """of the command and its workers; with Dask, also of the scheduler and the nannies"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same load in the same round."""

    local: Cost
    dask: Cost


def measure(kind: ServerKind, rows: int, counts: Sequence[int], rounds: int) -> tuple[str, dict[int, list[Pair]]]:
    """The server's name and version, and the pairs of each number of workers. ServerStartError: this machine has no such server."""
    pairs: dict[int, list[Pair]] = {count: [] for count in counts}
    with throwaway(kind, tcp=False) as place:
        for count in counts:
            with dask_processes(place.home, count) as cluster:  # one at a time: idle workers use some CPU as well
                for number in range(rounds + 1):  # the first one creates the tables, and the Dask workers import parloader in it
                    pair = _pair(place, rows if number else count, count, cluster)
                    if number:
                        pairs[count].append(pair)
                    say(f"{kind}, {counted(count, 'worker')}: round {number} of {rounds}")
        with connected(place.target) as connection:
            return str(server_info(connection)), pairs


def _pair(place: Place, rows: int, count: int, cluster: DaskProcesses) -> Pair:
    """Both loads, in random order."""
    loads: dict[str, Callable[[], Cost]] = {
        "local": lambda: _load(place, rows, (f"--procs={count}",), lambda: 0.0),
        "dask": lambda: _load(place, rows, (f"--scheduler-file={cluster.scheduler_file}",), cluster.cpu_seconds),
    }
    costs = {name: loads[name]() for name in random.sample(tuple(loads), len(loads))}
    return Pair(local=costs["local"], dask=costs["dask"])


def _load(place: Place, rows: int, options: tuple[str, ...], others_cpu_seconds: Callable[[], float]) -> Cost:
    """Loads the rows into the emptied table. RuntimeError: it has another number of rows afterwards."""
    arguments = (*PARLOADER_COMMAND, "seed", f"--rows={rows}", "--json", "--quiet", *options)
    before = others_cpu_seconds()
    runs = run_clients("parloader", [Command(arguments=arguments, url=url_of(place.target))], place.home)
    cpu_seconds = runs.cpu_seconds + others_cpu_seconds() - before
    with connected(place.target) as connection:
        if (found := contents(connection).rows) != rows:
            raise RuntimeError(f"{arguments} loaded {found:,} rows, not {rows:,}")
        place.empty(connection)
    return Cost(command_seconds=runs.seconds, load_seconds=runs.answers[0]["seconds"], cpu_seconds=cpu_seconds)


def table(measured: Mapping[str, Mapping[int, Sequence[Pair]]]) -> str:
    """A Markdown table with a line for each server and number of workers: medians, and the medians of each round's ratios."""
    return markdown(HEADINGS, [_line(server, count, pairs) for server, by_count in measured.items() for count, pairs in by_count.items()])


def _line(server: str, count: int, pairs: Sequence[Pair]) -> tuple[str, ...]:
    return (
        server,
        f"{count}",
        *_figures(pairs, lambda cost: cost.command_seconds),
        *_figures(pairs, lambda cost: cost.load_seconds),
        *_figures(pairs, lambda cost: cost.cpu_seconds),
    )


def _figures(pairs: Sequence[Pair], of: Callable[[Cost], float]) -> tuple[str, str, str]:
    local, dask = median(of(pair.local) for pair in pairs), median(of(pair.dask) for pair in pairs)
    return f"{local:.2f}", f"{dask:.2f}", f"{median(of(pair.dask) / of(pair.local) for pair in pairs):.2f}"
