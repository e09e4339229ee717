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
from scale_cluster import free_port
from support.documented import Reader, code_blocks
from support.servers import Database

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


@pytest.fixture
def reader(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.chdir(database.folder)
    monkeypatch.syspath_prepend(str(database.folder))
    for name in [name for name in sys.modules if name in MODULES]:
        del sys.modules[name]
    # one worker, if the page says nothing else: each takes its time to start
    environment = {
        "PARLOADER_URL": database.url,
        "PARLOADER_PROCS": "1",
        "PARLOADER_HOME": str(database.folder / "home"),
        "MPLBACKEND": "svg",
    }
    with ExitStack() as background:
        yield Reader(database, environment, background, instead={"8786": str(free_port())})


@pytest.mark.parametrize(
    ("path", "server"),
    [
        pytest.param(path, server, marks=[pytest.mark.slow] if server == "mysql" or path.stem in LONG else [], id=f"{path.stem}-{server}")
        for path in (START, *RECIPES)
        for server in ("mariadb", "mysql")
    ],
    indirect=["server"],
)
def test_recipe(path: Path, reader: Reader) -> None:
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
