"""The pages of docs/recipes, and docs/start.md: their blocks are run in order, and each output is compared with the page.

PARLOADER_TEST_WRITE_RECIPES=1 writes the outputs into the pages, and their pictures into docs/images, instead.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from scale_cluster import free_port
from support.documented import Reader, code_blocks
from support.servers import Database, TestServer

from parloader.database.private_server.binary import find_binary
from parloader.database.private_server.server import PrivateServer

ROOT = Path(__file__).parents[2]

RECIPES = sorted(page for page in (ROOT / "docs/recipes").glob("*.md") if page.name != "README.md")

START = ROOT / "docs/start.md"

WRITE = bool(os.environ.get("PARLOADER_TEST_WRITE_RECIPES"))


# Python files that recipes write: another page's must not be found in place of them
MODULES = {
    Path(block.title).stem for page in RECIPES for block in code_blocks(page.read_text(encoding="utf-8")) if block.title.endswith(".py")
}

# They load a million rows, or start a cluster
LONG = ("dask", "example")

ON_A_PRIVATE_SERVER = ROOT / "docs/recipes/snapshot.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, from which Python imports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name in MODULES]:
        del sys.modules[name]
    return tmp_path


# One worker, if the page says nothing else: each takes its time to start
ENVIRONMENT = {"PARLOADER_PROCS": "1", "MPLBACKEND": "svg"}


@pytest.fixture
def reader(database: Database, folder: Path) -> Iterator[Reader]:
    environment = {**ENVIRONMENT, "PARLOADER_URL": database.url, "PARLOADER_HOME": str(folder / "home")}
    with ExitStack() as background:
        yield Reader(database, environment, background, instead={"8786": str(free_port())})


@pytest.fixture
def private_reader(own_server: PrivateServer, folder: Path) -> Iterator[Reader]:
    """A reader whose private server is this test's, and whose SQL is run there."""
    target = own_server.target
    database = Database(TestServer("", target), target, folder)
    program = find_binary(own_server.kinds, own_server.program).path
    environment = {**ENVIRONMENT, "PARLOADER_URL": own_server.url, "PARLOADER_HOME": str(own_server.home), "PARLOADER_MYSQLD": str(program)}
    with ExitStack() as background:
        yield Reader(database, environment, background)


def pages_on_servers() -> list[ParameterSet]:
    """Each page on each server."""
    return [
        pytest.param(page, server, marks=[pytest.mark.slow] if server == "mysql" or page.stem in LONG else [], id=f"{page.stem}-{server}")
        for page in (START, *RECIPES)
        if page != ON_A_PRIVATE_SERVER
        for server in ("mariadb", "mysql")
    ]


@pytest.mark.parametrize(("path", "server"), pages_on_servers(), indirect=["server"])
def test_recipe(path: Path, reader: Reader) -> None:
    compare_or_write(path, reader)


@pytest.mark.slow
def test_recipe_on_a_private_server(private_reader: Reader) -> None:
    compare_or_write(ON_A_PRIVATE_SERVER, private_reader)


def compare_or_write(path: Path, reader: Reader) -> None:
    """Runs the page. Its outputs must be those of the page, or are written into it."""
    page = path.read_text(encoding="utf-8")
    written, end, differing = "", 0, []
    for block, output in reader.outputs(page):
        written += page[end : block.start] + output
        end = block.start + len(block.text)
        if output != block.text:
            differing.append(f"expected\n{block.text}but it prints\n{output}")
    if WRITE:
        path.write_text(written + page[end:], encoding="utf-8")
        for picture in re.findall(r"\]\(\.\./images/(\S+)\)", page):
            shutil.copyfile(picture, ROOT / "docs/images" / picture)
    else:
        assert not differing, "\n".join(differing)
