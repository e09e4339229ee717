"""What the pages say of the library agrees with its defaults, and all of them write a plan in the same way."""

from pathlib import Path

import parloader
from parloader.builtin.plan import DEFAULT_ROWS
from parloader.defaults import DEFAULT_DATABASE_ROWS

DOCS = Path(parloader.__file__).parent.parent / "docs"


def test_numbers_of_rows_by_default() -> None:
    assert (DEFAULT_ROWS, DEFAULT_DATABASE_ROWS) == (1_000_000, 100_000)
    for said in (" ".join((DOCS / "python.md").read_text().split()), " ".join(str(parloader.seed.__doc__).split())):
        assert "a million" in said
        assert "100,000" in said


def test_a_plan_is_written_without_empty_parameters() -> None:
    pages = [page for page in DOCS.rglob("*.md") if "parloader" in page.read_text()]
    assert len(pages) > 20
    assert [page.name for page in pages if "parameters={}" in page.read_text()] == []


def test_each_use_of_the_plot_extra_is_named_where_it_is_installed() -> None:
    (line,) = [line for line in (DOCS / "start.md").read_text().splitlines() if "[plot]" in line]
    assert "--report" in line
    assert "bench" in line
