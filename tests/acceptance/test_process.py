"""The process around a command: closed, full and broken streams, few resources, no home, no current folder, early signals."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.servers import Database, slow_on_mysql, until

COMMANDS = (
    ("server", "status"),
    ("--help",),
    ("nonsense",),
)

FULL = os.open("/dev/full", os.O_WRONLY)


def run(
    *arguments: str,
    folder: Path,
    before: Callable[[], None] | None = None,
    environment: dict[str, str] | None = None,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> "subprocess.CompletedProcess[str]":
    """Runs the command in a new process, which first does `before`."""
    done = subprocess.run(
        [sys.executable, "-m", "parloader", *arguments],
        env={**os.environ, "PARLOADER_HOME": str(folder / "home"), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        preexec_fn=before,
        text=True,
        cwd=folder,
        timeout=120,
        check=False,
    )
    for text in (done.stdout, done.stderr):
        assert not text or not any(word in text for word in ("Traceback", "Exception", "Aborted")), text
    return done


def unread() -> int:
    """The writing end of a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def closing(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


@pytest.mark.parametrize(
    "closed", [(0,), (1,), (2,), (0, 1, 2)], ids=["without stdin", "without stdout", "without stderr", "without any stream"]
)
@pytest.mark.parametrize(("command", "code"), [(("server", "status"), 0), (("nonsense",), 2)])
def test_closed_streams_change_no_exit_code(command: tuple[str, ...], code: int, closed: tuple[int, ...], tmp_path: Path) -> None:
    done = run(*command, folder=tmp_path, before=closing(*closed))
    assert done.returncode == code
    assert ("not running" in done.stdout) is (code == 0 and 1 not in closed)


def test_an_argument_that_is_not_utf_8_is_a_usage_error(tmp_path: Path) -> None:
    done = run("plan", "--table", os.fsdecode(b"gr\xf6sse"), folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: --table: 'gr\\udcf6sse' is not UTF-8, so it is not the name of a table\n")


@pytest.mark.parametrize("command", [("server", "status"), ("--version",), ("server", "url", "--json")])
def test_a_result_that_is_lost_is_an_error(command: tuple[str, ...], tmp_path: Path) -> None:
    for stdout, reason in ((FULL, "No space left on device"), (unread(), "Broken pipe")):
        done = run(*command, folder=tmp_path, stdout=stdout)
        assert (done.returncode, done.stderr.splitlines()) == (
            1,
            [f"error: the result could not be written to stdout: {reason}. Only the output is missing: write it to another place"],
        )


@pytest.mark.processes
@slow_on_mysql("server")
def test_a_load_without_any_stream(database: Database) -> None:
    """Its sockets and files must not take the numbers of the closed streams."""
    for before, stderr in ((closing(0, 1, 2), FULL), (None, FULL), (closing(0), unread())):
        done = run(
            "seed",
            "--rows",
            "300",
            "--procs",
            "2",
            "--new-run",
            "--url",
            database.url,
            folder=database.folder,
            before=before,
            stderr=stderr,
        )
        assert done.returncode == 0
    database.parloader("verify")
    assert database.value("SELECT COUNT(*) FROM script_execution") == 900


def limited(number: int, limit: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(number, (limit, limit))


@pytest.mark.parametrize(
    ("number", "limit", "says"),
    [
        (resource.RLIMIT_NOFILE, 9, "too many open files (limits: 9 open files of a process, ulimit -n)"),
        (resource.RLIMIT_AS, 500_000 * 1024, "a process may have 500,000 kB of memory (ulimit -v)"),
    ],
)
@slow_on_mysql("server")
def test_few_resources(number: int, limit: int, says: str, database: Database) -> None:
    done = run("seed", "--rows", "30000", "--procs", "2", "--url", database.url, folder=database.folder, before=limited(number, limit))
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1
    assert says in error
    assert database.rows("SHOW TABLES") == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user, whose processes alone are counted")
@slow_on_mysql("server")
def test_few_processes(database: Database) -> None:
    """The user has no name, no home and no other process, and may read what root may."""
    command = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    rights = "+dac_read_search,+dac_override"
    command += [f"--inh-caps={rights}", f"--ambient-caps={rights}", sys.executable, "-m", "parloader"]
    command += ["seed", "--rows", "300", "--procs", "2", "--url", database.url]
    done = subprocess.run(command, preexec_fn=limited(resource.RLIMIT_NPROC, 4), capture_output=True, text=True, cwd=database.folder)
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = done.stderr.splitlines()
    assert "the system refuses to start a thread (limits: 4 processes and threads of a user, ulimit -u)" in error
    assert database.rows("SHOW TABLES") == ()


@slow_on_mysql("server")
def test_a_current_folder_that_is_gone(database: Database) -> None:
    gone = database.folder / "gone"
    gone.mkdir()

    def leave() -> None:
        os.chdir(gone)
        gone.rmdir()

    done = run("seed", "--rows", "300", "--procs", "2", "--url", database.url, folder=database.folder, before=leave)
    assert done.returncode == 0, done.stderr
    gone.mkdir()
    done = run("server", "status", folder=database.folder, before=leave, environment={"PARLOADER_HOME": "relative"})
    assert (done.returncode, done.stderr.count("the current folder does not exist")) == (1, 1)


def test_a_user_without_a_home(tmp_path: Path) -> None:
    done = run("server", "status", folder=tmp_path, environment={"PARLOADER_HOME": "", "HOME": "/proc/none"})
    assert (done.returncode, done.stdout) == (0, "not running; data in /proc/none/.local/share/parloader\n")
    done = run("status", folder=tmp_path, environment={"PARLOADER_HOME": "", "HOME": "/proc/none"})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "Set PARLOADER_HOME" in done.stderr


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "é?"), ("utf-8", "é\\udcff")])
def test_names_that_the_terminal_cannot_show(encoding: str, shown: str, tmp_path: Path) -> None:
    home = os.fsdecode(os.fsencode(tmp_path) + b"/\xc3\xa9\xff")
    done = run("server", "status", folder=tmp_path, environment={"PARLOADER_HOME": home, "PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stdout) == (0, f"not running; data in {tmp_path}/{shown}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_question(number: signal.Signals) -> None:
    """Also after a Polars query."""
    code = (
        "import parloader.signals\n"
        "from parloader.cli.decorators import confirmed\n"
        "parloader.signals.end_at_once()\n"
        "parloader.signals.raise_interrupts()\n"
        "import polars\n"
        "polars.DataFrame({'a': [1, 2]}).lazy().select('a').collect()\n"
        "print(confirmed('Delete?'))\n"
    )
    master, slave = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code],
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # also if the tests run under nohup
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        assert asking.stderr
        try:
            while b"?" not in os.read(asking.stderr.fileno(), 1000):
                pass
            time.sleep(0.3)  # it waits for a line
            asking.send_signal(number)
            assert asking.communicate(timeout=20)[0] == b"False\n"
        finally:
            asking.kill()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_time_of_the_start(number: signal.Signals, tmp_path: Path) -> None:
    """At each number of modules that are imported; the first are those of the program's own start."""
    code = (
        "import os, signal, sys\n"
        "import parloader.signals\n"
        "parloader.signals.end_at_once()\n"
        "left = int(sys.argv[1])\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        global left\n"
        "        left -= 1\n"
        f"        if left == 0: os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv[1:] = ['server', 'status']\n"
        "from parloader.__main__ import main\n"
        "main()\n"
    )
    for imports in (1, 60, 200):
        done = subprocess.run(
            [sys.executable, "-c", code, str(imports)],
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # also if the tests run under nohup
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n"), imports


@slow_on_mysql("server")
def test_a_signal_that_the_caller_ignores_is_ignored(database: Database) -> None:
    """As after nohup."""
    process = subprocess.Popen(
        database.command("seed", "--rows", "3000", "--batch", "100", "--max-rate", "3000"),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=database.folder,
    )
    with process:
        until(lambda: database.rows("SHOW TABLES LIKE 'parloader_batch'") or process.poll() is not None, "it has begun")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 0
