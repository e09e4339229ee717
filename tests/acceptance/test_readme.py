"""The commands, plans, queries and tables of the README and of docs/, run or compared as written.

A documented command is a line of a ```sh block, or the first cell of a table row, that begins with `parloader`.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from distributed import Client
from scale_cluster import DASK, free_port, started
from support.documented import as_shown, blocks
from support.servers import PATIENCE_SECONDS, Database, slow_on_mysql

from parloader import errors
from parloader.cli.commands import cli
from parloader.cli.settings_file import INFERENCE, SETTINGS
from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]

PAGES = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
PAGES["docs/README.md"] = PAGES["README.md"]
PAGES["README.md"] = (ROOT / "README.md").read_text(encoding="utf-8")

SHOP = (ROOT / "docs/examples/shop.sql").read_text(encoding="utf-8")

# The private server's commands are run by themselves, without a URL
ABOUT_THE_PRIVATE_SERVER = ("private-server.md", "snapshots.md")

# The database in which a page's commands are run; each runs all of them in order
ON_THE_SHOP = (
    "any-table.md",
    "export.md",
    "plan-files.md",
    "protection.md",
    "reports.md",
    "resume-and-clean.md",
    "shell.md",
    "throttling.md",
)

# Pages whose Python is run after their commands, in the same folder
WITH_PROGRAMS = ("export.md",)

ON_AN_EMPTY_DATABASE = ("example.md", "loading.md")

# Run block by block, by tests/acceptance/test_recipes.py
AS_A_RECIPE = "start.md"


def documented_commands(text: str) -> list[str]:
    """The page's commands in order, without their comments."""
    found = []
    for block, cell in re.findall(r"^```sh\n(.*?)^```|^\| `(parloader [^`]+)` \|", text, re.DOTALL | re.MULTILINE):
        found += [cell] if cell else re.findall(r"^parloader .*$", block, re.MULTILINE)
    return [shlex.join(shlex.split(command, comments=True)) for command in found]


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """Runs a documented command in this process, in an empty folder, with PARLOADER_URL as the README sets it."""
    monkeypatch.chdir(database.folder)

    def run(command: str) -> Result:
        program, *arguments = shlex.split(command)
        assert program == "parloader"
        # one worker, if the command says nothing else: each takes its time to start. The workers of a Dask cluster have started
        procs = None if "--scheduler" in command else "1"
        done = CliRunner(env={"PARLOADER_URL": database.url, "PARLOADER_PROCS": procs}).invoke(cli, arguments, prog_name="parloader")
        assert done.exit_code == 0, f"{command}\n{done.stdout}{done.stderr}{done.exception!r}"
        return done

    return run


@pytest.fixture
def shop(database: Database) -> Database:
    """The database with the tables of docs/examples/shop.sql."""
    database.execute(*filter(str.strip, SHOP.split(";")))
    return database


def test_the_readme_from_plan_to_clean(shop: Database, run: Callable[[str], Result]) -> None:
    readme = PAGES["README.md"]
    plan_file, settings = blocks(readme, "toml")
    (shop.folder / "shop.toml").write_text(plan_file, encoding="utf-8")
    (shop.folder / "parloader.toml").write_text(settings, encoding="utf-8")
    commands = documented_commands(readme)
    assert [command.split()[1] for command in commands] == ["plan", "seed", "verify", "clean", "seed", "seed"]
    plan, seed, verify, clean, seed_plan, _ = commands

    run(plan)
    assert not shop.rows("SHOW TABLES LIKE 'parloader%%'")
    run(seed)
    assert shop.value("SELECT COUNT(*) FROM orders") == 100_000
    run(verify)
    run(clean)
    assert shop.value("SELECT (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM customer)") == 0
    assert not shop.rows("SHOW TABLES LIKE 'parloader%%'")

    run(seed_plan)
    queries, shown = blocks(readme, "sql"), blocks(readme, "text")
    assert len(queries) == len(shown) == 2
    for query, result in zip(queries, shown, strict=True):
        assert as_shown(shop, query) == result


# One kind of server is enough to prove that a command works as documented; those of the README are run on both
on_one_server = pytest.mark.parametrize("server", ["mariadb"], indirect=True)


@on_one_server
@pytest.mark.parametrize("page", ON_THE_SHOP)
def test_commands_on_tables_of_ones_own(page: str, shop: Database, run: Callable[[str], Result]) -> None:
    commands = documented_commands(PAGES[page])
    assert commands
    for command in commands:
        run(command)
    for program in blocks(PAGES[page], "python") if page in WITH_PROGRAMS else ():
        exec(program, {})


@on_one_server
@pytest.mark.parametrize("page", ON_AN_EMPTY_DATABASE)
def test_commands_on_an_empty_database(page: str, database: Database, run: Callable[[str], Result]) -> None:
    for settings in blocks(PAGES[page], "toml"):
        (database.folder / "parloader.toml").write_text(settings, encoding="utf-8")
    commands = documented_commands(PAGES[page])
    assert commands
    for command in commands:
        run(command)


def dask_commands(text: str) -> list[str]:
    """The page's block of Dask commands, which starts a scheduler and workers."""
    (block,) = (block for block in blocks(text, "sh") if block.startswith("dask scheduler"))
    return [line.removesuffix(" &") for line in block.splitlines()]


@on_one_server
def test_the_commands_with_two_terminals(shop: Database, run: Callable[[str], Result]) -> None:
    """Those of docs/scale.md, with which the README begins, at a port that no other program uses."""
    in_dask = documented_commands(PAGES["scale.md"])
    assert [command.split()[1] for command in in_dask] == ["seed", "verify", "clean"]
    assert dask_commands(PAGES["README.md"]) == dask_commands(PAGES["scale.md"])
    assert documented_commands(PAGES["README.md"])[-1] == in_dask[0]
    port = free_port()

    def adapted(command: str) -> str:
        return command.replace("127.0.0.1:8787", f"127.0.0.1:0 --port {port}").replace(":8786", f":{port}")

    with ExitStack() as stack:
        for command in dask_commands(PAGES["README.md"]):
            program, *arguments = shlex.split(adapted(command))
            assert program == "dask"
            stack.enter_context(started([*DASK, *arguments], shop.folder, os.environ))
        with Client(f"tcp://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
            client.wait_for_workers(2, timeout=PATIENCE_SECONDS)
        seed, *others = map(adapted, in_dask)
        table = run(seed).stdout.partition("\n\n")[0].splitlines()
        assert shop.value("SELECT COUNT(*) FROM orders") == 100_000
        assert table[0].split()[:4] == ["table", "host", "worker", "rows"]
        workers = [line.split()[2] for line in table[1:] if line.startswith("orders")]
        assert len(workers) == 2
        for command in others:
            run(command)


def test_every_page_with_commands_is_run() -> None:
    run_here = {*ON_THE_SHOP, *ON_AN_EMPTY_DATABASE, *ABOUT_THE_PRIVATE_SERVER, "README.md", "scale.md", AS_A_RECIPE}
    assert {page for page, text in PAGES.items() if documented_commands(text)} == run_here


def test_options_in_the_text_exist() -> None:
    """Commands within a sentence, which have placeholders and so cannot be run: their names and options are the program's."""
    mentioned = [words for text in PAGES.values() for words in re.findall(r"`parloader ([a-z][^`]*)`", text)]
    assert len(mentioned) > 20
    for words in mentioned:
        command: click.Command = cli
        arguments = words.split()
        while isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)] if arguments else click.Command("group")
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in arguments if word.startswith("--")} <= known, words


def test_the_readme_lists_every_command() -> None:
    (table,) = re.findall(r"^\| command \| what it does \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGES["README.md"], re.MULTILINE)
    first_cells = [row.split("|")[1] for row in table.splitlines()]
    assert sorted(re.findall(r"`(\w+)`", "".join(first_cells))) == sorted(cli.commands)


def every_command(command: click.Command) -> Iterator[click.Command]:
    yield command
    for nested in command.commands.values() if isinstance(command, click.Group) else ():
        yield from every_command(nested)


def test_the_text_has_every_option() -> None:
    text = "".join(PAGES.values())
    options = {
        tuple(parameter.opts) for command in every_command(cli) for parameter in command.params if isinstance(parameter, click.Option)
    }
    assert [spellings for spellings in options if not any(re.search(rf"(?<![\w-]){name}(?![\w-])", text) for name in spellings)] == []


def anchors(text: str) -> set[str]:
    """What a link can name in the page, after #: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| ([^|]*) \|", PAGES["settings.md"], re.MULTILINE))))
    assert {*SETTINGS, INFERENCE} <= documented


def test_links_lead_to_files_and_headings() -> None:
    for name, text in PAGES.items():
        folder = ROOT if name == "README.md" else ROOT / "docs"
        for link, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", text):
            if "://" in link:
                continue
            page = folder / (link or Path(name).name)
            assert page.exists(), f"{name}: {link}"
            assert not anchor or anchor in anchors(page.read_text(encoding="utf-8")), f"{name}: {link}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    linked = set(re.findall(r"\]\((\S+?\.md)\)", PAGES["docs/README.md"]))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_the_exit_codes_are_those_of_the_errors() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGES["exit-codes.md"], re.MULTILINE)} - {0}
    found = {e.exit_code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.ParloaderError)}
    assert documented == found


@pytest.fixture
def environment(own_server: PrivateServer) -> dict[str, str]:
    """That of a shell whose private server is this test's, with the console script on its PATH."""
    binary = find_binary(own_server.kinds)
    path = os.pathsep.join([str(ROOT / ".venv/bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(binary.path)}


@pytest.mark.parametrize("page", ABOUT_THE_PRIVATE_SERVER)
@slow_on_mysql("own_server")
def test_the_private_server(page: str, environment: dict[str, str], tmp_path: Path) -> None:
    """By the console script, as a shell runs it."""
    for command in documented_commands(PAGES[page]):
        done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def test_the_first_set_up_command(environment: dict[str, str]) -> None:
    assert "scripts/seed\nscripts/test\n" in blocks(PAGES["README.md"], "sh")
    done = subprocess.run(
        ["scripts/seed", "--rows", "10000", "--batch", "2500"], env=environment, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "10,000 rows, 5,000 scheduled, 5,000 triggered, 0 violations" in done.stdout
    rows = [line for line in done.stdout.splitlines() if re.match(r"[0-3] ", line)]
    assert len(rows) == 4


def test_the_second_set_up_command_finds_the_tests_of_both_servers() -> None:
    done = subprocess.run(
        ["scripts/test", "--collect-only", "-q", "-n", "0", "tests/acceptance/test_verify.py"],
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PARLOADER_TEST"))},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mariadb]" in done.stdout
    assert "[mysql]" in done.stdout
