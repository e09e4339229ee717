"""Law 9, by looking: no password in a process list, an environment, an output, a report or the ledger."""

import fcntl
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from support.servers import PATIENCE_SECONDS, Database, quiet, slow_on_mysql, tcp_address, until

from parloader.database import sql
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Target

pytestmark = pytest.mark.processes

MARK = "Zx9Q7"

PASSWORD = f"a:{MARK}@%/ü"


def refuse_mark(text: str) -> None:
    assert MARK not in text


@pytest.fixture
def secret(database: Database) -> Database:
    """The database as an account that needs the password."""
    with database.server.connection() as admin:
        sql.execute(admin, "DROP USER IF EXISTS 'secret'@'%%'")
        sql.execute(admin, "CREATE USER 'secret'@'%%' IDENTIFIED BY %s", PASSWORD)
        sql.execute(admin, f"GRANT ALL ON {database.target.database}.* TO 'secret'@'%%'")
        host, port = tcp_address(database.target, admin)
        target = Target(user="secret", password=PASSWORD, host=host, port=port, database=database.target.database)
    return Database(database.server, target, database.folder)


def run(
    *arguments: str, variables: dict[str, str] | None = None, watch: Callable[[psutil.Process], None] = lambda _: None
) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, watched while it runs."""
    command = [sys.executable, "-m", "parloader", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PARLOADER_URL"} | (variables or {})
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        watch(psutil.Process(process.pid))
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def proc(process: psutil.Process, what: str) -> str:
    """What others can see of it; nothing where it has ended."""
    try:
        return Path(f"/proc/{process.pid}/{what}").read_bytes().decode(errors="replace")
    except OSError:
        return ""


class Watch:
    """Looks at a command and all its children, from the moment it has rewritten its command line on, until it ends."""

    def __init__(self) -> None:
        self.children: set[int] = set()

    def __call__(self, parent: psutil.Process) -> None:
        def rewritten() -> bool:
            words = proc(parent, "cmdline").rstrip("\0").split("\0")
            return len(words) == 1 and words[0] != ""  # it has none at all for a moment

        def ended() -> bool:
            self._look(parent)
            return not parent.is_running() or parent.status() == psutil.STATUS_ZOMBIE

        until(rewritten, "the command rewrites its command line")
        until(ended, "the command ends")

    def _look(self, parent: psutil.Process) -> None:
        try:
            family = [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in family:
            for what in ("cmdline", "environ"):
                refuse_mark(proc(process, what))
        self.children |= {child.pid for child in family[1:]}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("spelling", ["--url URL", "--url=URL", "PARLOADER_URL"])
@slow_on_mysql("server")
def test_nobody_sees_it_while_a_load_runs(secret: Database, spelling: str) -> None:
    variables = {"PARLOADER_URL": secret.url} if spelling == "PARLOADER_URL" else {}
    url = {"--url URL": ("--url", secret.url), "--url=URL": (f"--url={secret.url}",), "PARLOADER_URL": ()}[spelling]
    watch = Watch()
    done = run("seed", "--rows", "20000", "--procs", "2", "--batch", "500", "-v", "--json", *url, variables=variables, watch=watch)
    assert done.returncode == 0, done.stderr
    assert len(watch.children) >= 2
    refuse_mark(done.stdout)
    refuse_mark(done.stderr)
    for table in ("parloader_run", "parloader_table", "parloader_batch"):
        rows = secret.rows(f"SELECT * FROM {table}")
        assert rows
        refuse_mark(repr(rows))


@slow_on_mysql("server")
def test_no_output_shows_it(secret: Database) -> None:
    url = ("--url", secret.url)

    def said(*arguments: str, exit_code: int = 0) -> str:
        done = run(*arguments, "-v", *url)
        assert done.returncode == exit_code, done.stderr
        refuse_mark(done.stdout + done.stderr)
        return done.stdout + done.stderr

    said("seed", "--rows", "1000")
    for command in (("status",), ("status", "--json"), ("plan", "--rows", "1000", "--json"), ("verify", "--json"), ("schema", "check")):
        said(*command)
    with secret.server.connection(secret.target.database) as admin:
        sql.execute(
            admin,
            "CREATE TRIGGER no_more BEFORE INSERT ON script_execution FOR EACH ROW "
            "IF NEW.id BETWEEN 1300 AND 1700 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'enough'; END IF",
        )
    assert "Traceback" in said("seed", "--rows", "1000", "--new-run", exit_code=1)  # of a worker
    secret.execute("DROP TABLE script_execution")
    assert "Traceback" in said("seed", "--rows", "100", "--new-run", exit_code=3)
    url = ("--url", secret.url.replace(quote(PASSWORD, safe=""), quote(f"not {PASSWORD}", safe="")))
    refused = said("status", exit_code=4)
    assert "refuses the login of secret" in refused
    assert "Check user and password" in refused


def test_without_a_password_a_refused_login_names_the_ways(secret: Database, tmp_path: Path) -> None:
    bare = Database(secret.server, replace(secret.target, password=""), secret.folder).url
    done = run("status", "--url", bare.replace(":@", "@"), variables={"HOME": str(tmp_path)})
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    for way in ("--url", "PARLOADER_URL", "~/.my.cnf", "--ask-password"):
        assert way in done.stderr


def test_credentials_from_the_option_file(secret: Database, tmp_path: Path) -> None:
    target = secret.target
    (tmp_path / ".my.cnf").write_text(
        f'[client]\nuser=secret\npassword="{PASSWORD}"\nhost=127.0.0.1\nport={target.port}\n[parloader]\ndatabase={target.database}\n'
    )
    home = {"HOME": str(tmp_path)}
    done = run("seed", "--rows", "100", "-v", "--url", "mysql:///", variables=home)
    assert done.returncode == 0, done.stderr
    refuse_mark(done.stdout + done.stderr)
    assert "100 of 100" in run("status", "--url", f"mysql://127.0.0.1/{target.database}", variables=home).stdout.replace(",", "")
    (tmp_path / ".my.cnf").write_text("nonsense\n")
    broken = run("status", "--url", "mysql:///", variables=home)
    assert (broken.returncode, len(broken.stderr.splitlines())) == (2, 1)


def test_without_a_url_no_option_file_leads_to_a_server(own_server: PrivateServer, tmp_path: Path) -> None:
    (tmp_path / ".my.cnf").write_text("[client]\nhost=127.0.0.1\nport=1\nuser=ann\npassword=pw\ndatabase=shop\nssl-mode=REQUIRED\n")
    home = {"HOME": str(tmp_path), "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(find_binary(own_server.kinds).path)}
    done = run("seed", "--rows", "100", variables=home)
    assert done.returncode == 0, done.stderr
    with own_server.in_use(quiet):  # nor does one take a password where the URL says that there is none
        done = run("status", "--url", own_server.url, variables=home)
        assert "100 of 100" in done.stdout, done.stderr


@slow_on_mysql("own_server")
def test_a_private_server_and_its_guard_do_not_inherit_it(own_server: PrivateServer) -> None:
    variables = {
        "PARLOADER_URL": f"mysql://ann:{MARK}@db/shop",
        "PARLOADER_HOME": str(own_server.home),
        "PARLOADER_MYSQLD": str(find_binary(own_server.kinds).path),
    }
    users = open(own_server.home / "users.lock", "a")  # noqa: SIM115  held until the server stops: the guard waits for it
    fcntl.flock(users, fcntl.LOCK_SH)
    done = run("server", "start", "--port", "0", variables=variables)
    try:
        assert done.returncode == 0, done.stderr
        family = [p for p in psutil.process_iter() if str(own_server.home) in proc(p, "cmdline")]
        url = own_server.tcp_url()
        assert url is not None
        password = url.split(":")[2].split("@")[0]
        assert len(family) >= 2
        for process in family:
            for what in ("cmdline", "environ"):
                refuse_mark(proc(process, what))
                assert password not in proc(process, what)
        assert password not in (own_server.home / "log.err").read_text(errors="replace")
    finally:
        own_server.stop()
        users.close()


@slow_on_mysql("server")
def test_a_prompt_asks_on_the_terminal_and_shows_nothing(secret: Database) -> None:
    command = secret.command("status", "--ask-password")
    bare = secret.url.replace(f":{quote(PASSWORD, safe='')}@", "@")
    command[-1] = bare
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    shown = b""

    def read_until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            assert select.select([terminal], [], [], PATIENCE_SECONDS)[0], shown
            shown += os.read(terminal, 1024)

    read_until(b"Password for ")
    read_until(b": ")
    os.write(terminal, PASSWORD.encode() + b"\n")
    read_until(b"no runs")
    ended = os.waitpid(pid, 0)[1]
    os.close(terminal)
    assert ended == 0
    refuse_mark(shown.decode())


@slow_on_mysql("server")
def test_without_a_terminal_there_is_no_prompt(secret: Database) -> None:
    done = run("status", "--ask-password", "--url", secret.url)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --ask-password needs a terminal")
    assert len(done.stderr.splitlines()) == 1
