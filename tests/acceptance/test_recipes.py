"""The pages of docs/recipes, and docs/start.md: their blocks are run in order, and each output is compared with the page.

PARLOADER_TEST_WRITE_RECIPES=1 writes the outputs into the pages instead.
"""

import os
import sys
from pathlib import Path

import pytest
from support.documented import Reader, code_blocks
from support.servers import Database

ROOT = Path(__file__).parents[2]

RECIPES = sorted(page for page in (ROOT / "docs/recipes").glob("*.md") if page.name != "README.md")

START = ROOT / "docs/start.md"

WRITE = bool(os.environ.get("PARLOADER_TEST_WRITE_RECIPES"))


@pytest.fixture
def reader(database: Database, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(database.folder)
    monkeypatch.syspath_prepend(str(database.folder))
    for name in [name for name in sys.modules if name in MODULES]:
        del sys.modules[name]
    # one worker, if the page says nothing else: each takes its time to start
    return Reader(database, {"PARLOADER_URL": database.url, "PARLOADER_PROCS": "1", "PARLOADER_HOME": str(database.folder / "home")})


# Python files that recipes write: another page's must not be found in place of them
MODULES = {
    Path(block.title).stem for page in RECIPES for block in code_blocks(page.read_text(encoding="utf-8")) if block.title.endswith(".py")
}


@pytest.mark.parametrize("server", ["mariadb", pytest.param("mysql", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.parametrize("path", [START, *RECIPES], ids=lambda path: path.stem)
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
    else:
        assert not differing, "\n".join(differing)
