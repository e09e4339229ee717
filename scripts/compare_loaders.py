"""The compared loaders: the client processes of each, and which part of their run time counts as the load."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import click
from compare_client import COLUMNS, Job, batch_file, frames
from compare_server import CpuSampler, Place

from parloader.database.target import Target

SCRIPTS = Path(__file__).resolve().parent

PARLOADER = "parloader insert"

PARLOADER_COMMAND = (sys.executable, "-m", "parloader")

BASELINES = ("load data ready", "insert select")

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A load to run. `target`: where the clients connect. `files`: the folder of the ready-made files."""

    place: Place
    target: Target
    job: Job
    files: Path


@dataclass(frozen=True, kw_only=True)
class Command:
    """One client process."""

    arguments: Sequence[str]
    given: bytes = b""
    url: str | None = None  # passed in the environment, because it may contain a password
    more_environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClientRuns:
    """What a loader's processes used. Times are those of the monotonic clock; `largest_rss_bytes` is that of the largest process."""

    begun_seconds: float
    ended_seconds: float
    answers: tuple[Any, ...]
    cpu_seconds: float
    largest_rss_bytes: int

    @property
    def seconds(self) -> float:
        return self.ended_seconds - self.begun_seconds


@dataclass(frozen=True, kw_only=True)
class Load:
    """A measured load. `seconds`: the load itself; `command_seconds`: the entire run time of the client processes."""

    seconds: float
    command_seconds: float
    client_cpu_seconds: float
    client_largest_rss_bytes: int
    server_cpu_seconds: float


Span = tuple[float, float]  # the duration of the load, and the time of its end


@dataclass(frozen=True, kw_only=True)
class Loader:
    """A way to load. `commands` run concurrently; `span` computes which part of their run time counts. `needs`: any one of these programs;
    `needs_folder`: a folder that scripts/lib_rivals.sh makes."""

    name: str
    commands: Callable[[Run], Sequence[Command]]
    span: Callable[[ClientRuns], Span]
    needs: tuple[str, ...] = ()
    needs_folder: Path | None = None
    over_network: bool = False

    def load(self, run: Run) -> Load:
        with CpuSampler(run.place) as server:
            client_runs = run_clients(self.name, self.commands(run), run.place.home)
        seconds, end_seconds = self.span(client_runs)
        return Load(
            seconds=seconds,
            command_seconds=client_runs.seconds,
            client_cpu_seconds=client_runs.cpu_seconds,
            client_largest_rss_bytes=client_runs.largest_rss_bytes,
            server_cpu_seconds=server.until(end_seconds),
        )

    @property
    def missing(self) -> str | None:
        """Why it cannot run on this machine; None if it can."""
        if self.needs and not program(self.needs):
            return f"{self.name}: {' or '.join(self.needs)} is not installed"
        if self.needs_folder and not self.needs_folder.exists():
            return f"{self.name}: there is no {self.needs_folder}"
        return None


def program(names: Sequence[str]) -> str | None:
    """The path of the first of these programs that is on the PATH or beside Python."""
    folders = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    return next(filter(None, (shutil.which(name, path=folders) for name in names)), None)


@dataclass(frozen=True)
class Client:
    """A running client process and the files that receive its output."""

    process: "subprocess.Popen[bytes]"
    out: IO[bytes]
    err: IO[bytes]


def run_clients(name: str, commands: Sequence[Command], folder: Path) -> ClientRuns:
    """Runs the processes until all have ended. If one fails: ClickException with its output; the others are terminated."""
    with ExitStack() as stack:
        begun_seconds = time.monotonic()
        clients = [_start(command, folder, stack) for command in commands]
        usages = [_finish(name, client) for client in clients]
        return ClientRuns(
            begun_seconds=begun_seconds,
            ended_seconds=time.monotonic(),
            answers=tuple(_answer(_text(client.out)) for client in clients),
            cpu_seconds=sum(usage.ru_utime + usage.ru_stime for usage in usages),
            largest_rss_bytes=max(usage.ru_maxrss for usage in usages) * (1 if sys.platform == "darwin" else 1024),  # getrusage(2)
        )


def _start(command: Command, folder: Path, stack: ExitStack) -> Client:
    out = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  the caller's stack closes it
    err = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    process = subprocess.Popen(command.arguments, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment(command), cwd=folder)
    stack.callback(_end, process)
    assert process.stdin
    with process.stdin as stdin, suppress(BrokenPipeError):  # if it ends before reading, its exit code shows the failure
        stdin.write(command.given)
    return Client(process, out, err)


def _finish(name: str, client: Client) -> resource.struct_rusage:
    """Waits for the process; returns the resources that it and its children used."""
    _, status, usage = os.wait4(client.process.pid, 0)
    client.process.returncode = os.waitstatus_to_exitcode(status)
    if client.process.returncode:
        raise click.ClickException(f"{name} failed: {_text(client.err)[-2000:] or _text(client.out)[-2000:]}")
    return usage


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Terminates the process if it is still running (another one failed, or Ctrl-C)."""
    if process.returncode is None:
        process.terminate()
        process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _answer(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else None


def environment(command: Command) -> dict[str, str]:
    """Uses parloader of this checkout, with bytecode like an installed package, ignores the user's settings, and allows one Polars thread per process,
    as in parloader's workers.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLOADER_") and name != NO_BYTECODE}
    url = {"PARLOADER_URL": command.url} if command.url else {}
    threads = {} if command.url else {"POLARS_MAX_THREADS": "1"}
    return {**kept, **url, **threads, **command.more_environment, "PYTHONPATH": str(SCRIPTS.parent)}


def url_of(target: Target) -> str:
    secret = f":{quote(target.password, safe='')}" if target.password else ""
    socket = f"?unix_socket={target.unix_socket}" if target.unix_socket else ""
    return f"mysql://{target.user}{secret}@{target.host}:{target.port}/{target.database}{socket}"


def parloader(run: Run, *options: str) -> Command:
    """The command `parloader seed`."""
    job = run.job
    arguments = (*PARLOADER_COMMAND, "seed", f"--rows={job.rows}", f"--procs={job.procs}", "--json", "--quiet", *options)
    return Command(arguments=arguments, url=url_of(run.target))


def parloader_verify(run: Run) -> Command:
    return Command(arguments=(*PARLOADER_COMMAND, "verify", "--quiet"), url=url_of(run.target))


def _parloader_span(client_runs: ClientRuns) -> Span:
    """As parloader reports it: from starting the workers to the last commit. After that it only counts the rows."""
    (answer,) = client_runs.answers
    return answer["seconds"], client_runs.ended_seconds - answer["check_seconds"]


def clients_of(name: str) -> Callable[[Run], Sequence[Command]]:
    def commands(run: Run) -> Sequence[Command]:
        arguments = (sys.executable, str(SCRIPTS / "compare_client.py"))
        given = {"loader": name, "folder": str(run.files), "target": asdict(run.target), "job": asdict(run.job)}
        return [Command(arguments=arguments, given=json.dumps({**given, "worker": n}).encode()) for n in range(run.job.procs)]

    return commands


def from_start_to_last_commit(client_runs: ClientRuns) -> Span:
    end_seconds = max(answer["ended_seconds"] for answer in client_runs.answers)
    return end_seconds - client_runs.begun_seconds, end_seconds


def _from_first_statement_to_last_commit(client_runs: ClientRuns) -> Span:
    """Without the interpreter's start-up, because the server limit has no client work."""
    end_seconds = max(answer["ended_seconds"] for answer in client_runs.answers)
    return end_seconds - min(answer["begun_seconds"] for answer in client_runs.answers), end_seconds


def entire_span(client_runs: ClientRuns) -> Span:
    return client_runs.seconds, client_runs.ended_seconds


def _sysbench(run: Run) -> Sequence[Command]:
    job = run.job
    arguments = [
        *("sysbench", str(SCRIPTS / "compare.lua"), "load", f"--threads={job.procs}", f"--rows={job.rows}", f"--batch={job.batch_rows}"),
        *(f"--mysql-socket={run.target.unix_socket}", f"--mysql-user={run.target.user}", f"--mysql-db={run.target.database}"),
        *("--mysql-ignore-errors=", "--verbosity=1"),
    ]
    return [Command(arguments=arguments)]


IMPORTERS = ("mariadb-import", "mysqlimport")


def _mariadb_import(run: Run) -> Sequence[Command]:
    """One client process per partition, which loads the files of its batches one after the other, each in a transaction (LOAD DATA LOCAL)."""
    target = run.target
    to = (f"--socket={target.unix_socket}", f"--user={target.user}", f"--columns={','.join(COLUMNS)}", target.database)
    begin = (str(program(IMPORTERS)), "--no-defaults", "--local", "--silent", *to)
    files = [[batch_file(str(run.files), batch) for batch in run.job.batches(worker)] for worker in range(run.job.procs)]
    return [Command(arguments=(*begin, *some)) for some in files if some]


def _parloader(name: str, options: Callable[[Run], Sequence[str]]) -> Loader:
    return Loader(name=name, commands=lambda run: [parloader(run, *options(run))], span=_parloader_span, over_network=True)


def _executemany(name: str) -> Loader:
    return Loader(name=name, commands=clients_of(name), span=from_start_to_last_commit, over_network=True)


def _baseline(name: str) -> Loader:
    return Loader(name=name, commands=clients_of(name), span=_from_first_statement_to_last_commit)


LOADERS = (
    _parloader(PARLOADER, lambda run: ("--writer=insert", f"--batch={run.job.batch_rows}")),
    _parloader("parloader load-data", lambda run: ("--writer=load-data", f"--batch={run.job.batch_rows}")),
    _parloader("parloader auto", lambda _: ("--batch=auto",)),
    _executemany("sqlalchemy executemany"),
    _executemany("pymysql executemany"),
    Loader(name="sysbench", commands=_sysbench, span=entire_span, needs=("sysbench",)),
    Loader(name="mariadb-import", commands=_mariadb_import, span=entire_span, needs=IMPORTERS),
    *map(_baseline, BASELINES),
)


def make_files(folder: Path, job: Job) -> float:
    """Writes a file for each batch, in the default format of LOAD DATA; returns the seconds it took."""
    begun_seconds = time.monotonic()
    frame = frames(job.rows)
    for worker in range(job.procs):
        for batch in job.batches(worker):
            path = Path(batch_file(str(folder), batch))
            path.parent.mkdir(parents=True)
            frame(batch).write_csv(
                path, include_header=False, separator="\t", null_value="\\N", datetime_format="%Y-%m-%d %H:%M:%S", quote_style="never"
            )
    return time.monotonic() - begun_seconds
