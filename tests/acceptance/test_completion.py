"""Completion, as a user of bash, zsh or fish meets it: what a TAB makes of the words before it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.servers import Database
from support.terminal import PATIENCE_SECONDS, Terminal, in_terminal

from parloader.database.private_server.server import PrivateServer

TABLES = ("customer", "orders", "order_line", "my table", "a:b", "it's", "ünï")

SHELL_PAGE = Path(__file__).parents[2] / "docs/shell.md"

PROMPT = "> "

# One kind of server is enough: what differs between them is read elsewhere
on_one_server = pytest.mark.parametrize("server", ["mariadb"], indirect=True)

STARTS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}

SET_UP = {
    "bash": f"PS1='{PROMPT}'; bind 'set enable-bracketed-paste off'; eval \"$(parloader completion bash)\"; clear\n",
    "zsh": f'PROMPT="{PROMPT}"; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -D -u; eval "$(parloader completion zsh)"; clear\n',
}

# Typed, and what one TAB makes of it
CASES = [
    ("parloader ver", "parloader verify"),
    ("parloader seed --ta", "parloader seed --table"),
    ("parloader seed --table cus", "parloader seed --table customer"),
    ("parloader seed --table=cus", "parloader seed --table=customer"),
    ("parloader seed --table my", r"parloader seed --table my\ table"),
    ("parloader seed --table ün", "parloader seed --table ünï"),
    ("parloader seed --table orders --rows cus", "parloader seed --table orders --rows customer="),
    ("parloader seed --plan sho", "parloader seed --plan shop.toml"),
    ("parloader seed --plan fol", "parloader seed --plan folder/"),
    ("parloader seed --ssl-ca cer", "parloader seed --ssl-ca certificate.pem"),
    ("parloader plan --write shop.tx", "parloader plan --write shop.txt"),
    ("parloader seed --writer l", "parloader seed --writer load-data"),
    ("parloader help server sto", "parloader help server stop"),
    ("parloader verify --run ", "parloader verify --run 1"),
]


@dataclass(frozen=True)
class Shell:
    """A shell at its prompt, in a folder with files and with the URL of a database with TABLES."""

    terminal: Terminal

    def completed(self, typed: str, expected: str) -> None:
        """AssertionError: a TAB after these words does not make them the expected ones."""
        self.terminal.type(f"\x0c{typed}\t")  # Ctrl-L clears the screen first
        end = time.monotonic() + PATIENCE_SECONDS
        while self.terminal.lines[0] != f"{PROMPT}{expected}":
            assert self.terminal.read(), self.terminal.lines
            assert time.monotonic() < end, f"{typed!r} became {self.terminal.lines}, not {expected!r}"
        self.terminal.type("\x03")  # Ctrl-C: a new prompt
        self.terminal.wait_for(f"\n{PROMPT.strip()}")


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    """That of a shell, whose database has TABLES and a run, with the console script on its PATH."""
    database.execute(*(f"CREATE TABLE `{name}` (id INT AUTO_INCREMENT PRIMARY KEY)" for name in TABLES))
    database.parloader("seed", "--table", "customer", "--rows", "3", "--procs", "1")
    for name in ("shop.toml", "shop.txt", "certificate.pem", "folder/other.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PARLOADER_URL": database.url,
        "LC_ALL": "C.UTF-8",
        "HOME": str(tmp_path),
    }


@pytest.fixture(params=["bash", pytest.param("zsh", marks=pytest.mark.slow)])
def shell(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    with in_terminal(STARTS[name], tmp_path, columns=120, environment=environment) as terminal:
        terminal.type(SET_UP[name])
        end = time.monotonic() + PATIENCE_SECONDS
        while terminal.lines != [PROMPT.strip()]:
            assert terminal.read(), terminal.lines
            assert time.monotonic() < end, terminal.lines
        yield Shell(terminal)


@on_one_server
def test_a_tab_in_a_shell(shell: Shell) -> None:
    for typed, expected in CASES:
        shell.completed(typed, expected)


@pytest.mark.slow
@on_one_server
def test_in_fish(environment: dict[str, str], tmp_path: Path) -> None:
    """fish completes a line without a terminal."""
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")

    def candidates(typed: str) -> list[str]:
        script = 'parloader completion fish | source; complete -C "$argv[1]"'
        done = subprocess.run(
            ["fish", "--no-config", "-c", script, typed],
            env={**os.environ, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return [line.partition("\t")[0] for line in done.stdout.splitlines()]

    assert candidates("parloader ver") == ["verify"]
    assert candidates("parloader seed --table cus") == ["customer"]
    assert candidates("parloader seed --table=cus") == ["--table=customer"]
    assert candidates("parloader seed --table m") == ["my table"]
    assert candidates("parloader seed --rows cus") == ["customer="]
    assert candidates("parloader seed --plan sho")[0] == "shop.toml"
    assert candidates("parloader seed --ssl-ca cer") == ["certificate.pem"]
    assert candidates("parloader verify --run ") == ["1"]
    assert "--url" in candidates("parloader status --")


def ask(line: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What a script of completion asks parloader when a TAB follows the line."""
    done = subprocess.run(
        [sys.executable, "-m", "parloader"],
        env={**os.environ, "_PARLOADER_COMPLETE": "zsh_complete", "_PARLOADER_LINE": line, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done


@on_one_server
def test_the_database_is_that_of_the_words_of_a_variable_or_of_the_settings(database: Database, tmp_path: Path) -> None:
    database.execute("CREATE TABLE customer (id INT PRIMARY KEY)", "CREATE VIEW customers AS SELECT * FROM customer")
    found = "plain\tcustomer\n"
    nowhere = "mysql://root@127.0.0.1:1/x"
    assert ask("parloader seed --table ", tmp_path, PARLOADER_URL=database.url).stdout == found
    assert ask(f"parloader seed --url '{database.url}' --table ", tmp_path, PARLOADER_URL=nowhere).stdout == found
    (tmp_path / "parloader.toml").write_text(f'url = "{database.url}"\n')
    assert ask("parloader seed --table ", tmp_path).stdout == found
    assert ask("parloader seed --table ", tmp_path, PARLOADER_URL=nowhere).stdout == "\n"


@pytest.mark.parametrize("own_server", ["mariadb"], indirect=True)
def test_the_private_server_is_asked_only_if_it_runs(own_server: PrivateServer, tmp_path: Path) -> None:
    home = str(own_server.home)
    assert ask("parloader seed --table ", tmp_path, PARLOADER_HOME=home).stdout == "\n"
    assert not own_server.running()
    with own_server.in_use(lambda _: None):
        database = Database(own_server, own_server.target, tmp_path)  # type: ignore[arg-type]  # it only connects
        database.execute("CREATE TABLE customer (id INT PRIMARY KEY)")
        assert ask("parloader seed --table ", tmp_path, PARLOADER_HOME=home).stdout == "plain\tcustomer\n"


@pytest.mark.parametrize(
    "line",
    [
        "parloader seed --url mysql://root@127.0.0.1:1/x --table ",
        "parloader seed --url mysql://root@no-such-host.invalid/x --table ",
        "parloader seed --url nonsense --table ",
        "parloader seed --url mysql://root@127.0.0.1/x --ask-password --table ",
        "parloader seed --ssl-mode required --table ",
        "parloader seed --nonsense --table ",
        "parloader seed --table 'unfinished ",
        "parloader seed --rows ",
        "parloader verify --run ",
    ],
)
def test_whatever_fails_offers_nothing_and_says_nothing(line: str, tmp_path: Path) -> None:
    assert ask(line, tmp_path, PARLOADER_HOME=str(tmp_path / "none")).stdout == "\n"


@pytest.mark.parametrize("settings", ["rows = ", "nonsense = 5", "url = 5", b"\xff"])
def test_settings_with_mistakes_offer_nothing(settings: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "parloader.toml").write_bytes(settings if isinstance(settings, bytes) else settings.encode())
    assert ask("parloader seed --table ", tmp_path, PARLOADER_HOME=str(tmp_path / "none")).stdout.strip() == ""
    assert ask("parloader ver", tmp_path).stdout.startswith("plain\tverify\t")


def test_a_tab_that_needs_no_table_imports_nothing_large(tmp_path: Path) -> None:
    large = {"polars", "pymysql", "sqlalchemy", "sqlglot", "tomlkit", "tqdm", "parloader.operations"}
    code = (
        "import sys, atexit; from parloader.cli.program import run; "
        f"atexit.register(lambda: print(sorted({large} & {{*sys.modules}}))); run()"
    )
    for line in ("parloader se", "parloader seed --writer "):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "_PARLOADER_COMPLETE": "bash_complete", "_PARLOADER_LINE": line},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]", line


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_scripts_are_valid(name: str, tmp_path: Path) -> None:
    script = subprocess.run([sys.executable, "-m", "parloader", "completion", name], cwd=tmp_path, capture_output=True, check=True).stdout
    assert script.count(b"\n") > 10
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    (tmp_path / "script").write_bytes(script)
    subprocess.run([name, "-n", "script"], cwd=tmp_path, check=True)


def test_the_files_of_the_page_are_loaded_with_the_first_tab(tmp_path: Path) -> None:
    """docs/shell.md: the commands that write the scripts to files."""
    (commands,) = re.findall(r"^```bash\n(.*?)^```", SHELL_PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(["bash", "-ec", commands], env={"HOME": str(tmp_path), "PATH": path}, cwd=tmp_path, check=True)
    bash = (tmp_path / ".local/share/bash-completion/completions/parloader").read_text()
    assert "complete -o nosort -F _parloader_completion parloader" in bash
    assert "complete -c parloader" in (tmp_path / ".config/fish/completions/parloader.fish").read_text()
