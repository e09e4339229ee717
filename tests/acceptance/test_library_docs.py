"""docs/python.md and the docstrings of the public functions: their examples run on both servers, as a script and as a notebook."""

import doctest
import inspect
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.library_shop import counts, create_shop
from support.servers import Database, slow_on_mysql

import parloader
from parloader.database.application_settings import sqlalchemy_url

PAGE = Path(parloader.__file__).parent.parent / "docs/python.md"

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))

# Of a notebook's file
FORMAT = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}

FUNCTIONS = ("seed", "plan", "verify", "clean", "status", "seeded", "export", "mark", "reset")


@pytest.fixture
def shop(database: Database) -> Database:
    create_shop(database)
    return database


def blocks(shop: Database) -> list[str]:
    """The code of the page, on this database."""
    urls = {
        '"mysql://app:secret@localhost/shop"': repr(shop.url),
        '"mysql+pymysql://app:secret@localhost/shop"': repr(sqlalchemy_url(shop.target)),
    }
    found = []
    for block in BLOCKS:
        for url, own in urls.items():
            block = block.replace(url, own)
        found.append(block)
    return found


@pytest.mark.processes
@slow_on_mysql("server")
def test_the_page_runs_as_a_script(shop: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    scope: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks(shop)):
        exec(compile(block, f"block {number} of docs/python.md", "exec"), scope)
    said = capsys.readouterr().out
    for words in (
        "orders 20000",
        "20,000 orders",
        "run 1 is there",
        "created authors books",
        "seed orders: 100%",
        "there is no table no_such_table",
        "\n1000\n",
    ):
        assert words in said
    assert counts(shop) == (0, 0)
    assert [table for (table,) in shop.rows("SHOW TABLES")] == ["customers", "orders"]


@slow_on_mysql("server")
def test_the_blocks_of_the_readme(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is a test in pytest, whose fixtures are those of this test here (tests/acceptance/test_pytest_page.py has the real ones)."""
    block, in_pytest = BLOCK.findall((PAGE.parent.parent / "README.md").read_text(encoding="utf-8"))
    scope: dict[str, Any] = {"Path": Path}
    exec(in_pytest, scope)
    created = SimpleNamespace(run_script=lambda _: create_shop(database))
    scope["test_there_are_orders"](created, lambda table, rows: parloader.seed(database.url, table=table, rows=rows))
    parloader.clean(database.url)
    exec(block.replace('"mysql://USER:PASSWORD@HOST/DATABASE"', repr(database.url)), {})
    assert "orders, " in capsys.readouterr().out
    assert counts(database) == (0, 0)


def test_the_page_names_every_function_and_error() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`parloader.{name}(" not in text] == []
    assert {*FUNCTIONS} == {name for name in parloader.__all__ if name.islower()}
    assert [
        name for name in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) if name not in (*parloader.__all__, "KeyboardInterrupt")
    ] == []


@pytest.mark.parametrize("name", FUNCTIONS)
@slow_on_mysql("server")
def test_the_examples_of_docstrings(shop: Database, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if name in ("verify", "clean", "status"):
        parloader.seed(shop.url, table="orders", rows=1000)
    text = inspect.getdoc(getattr(parloader, name)) or ""
    example = doctest.DocTestParser().get_doctest(text, {"url": shop.url}, name, None, None)
    assert example.examples
    failed: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(example, out=failed.append)
    assert results.failed == 0, "".join(failed)


def code_cell(number: int, code: str) -> dict[str, object]:
    return {"cell_type": "code", "id": f"cell-{number}", "source": code, "execution_count": None, "metadata": {}, "outputs": []}


@pytest.mark.slow
@slow_on_mysql("server")
def test_a_notebook(shop: Database, tmp_path: Path) -> None:
    """The page's own blocks: a script, an engine, a bar, a plot; one load by processes of a kernel."""
    import nbclient
    import nbformat

    code = blocks(shop)
    plot = next(number for number, block in enumerate(code) if "plt.show()" in block)
    engine = next(block for block in code if block.startswith("from sqlalchemy import create_engine"))
    cells = [
        code[0],
        engine,
        code[plot - 1],
        "%matplotlib inline\n" + code[plot],
        code[plot + 1],
        "parloader.seed(URL, table='orders', rows=20_000, procs=2, progress=True)",
    ]
    document = {"cells": [code_cell(n, cell) for n, cell in enumerate(cells)], **FORMAT}
    notebook = nbformat.reads(json.dumps(document), as_version=4)  # type: ignore[no-untyped-call]
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    *_, drawn, _, last = notebook.cells
    assert any("image/png" in output.get("data", {}) for output in drawn.outputs)
    shown = [output for output in last.outputs if output.output_type == "execute_result"]
    assert shown[0].data["text/plain"].startswith("<SeedResult of run 1, orders: 20,000 rows in ")
    assert "100%" in "".join(output.get("text", "") for output in last.outputs)
    assert counts(shop)[0] == 20_000
