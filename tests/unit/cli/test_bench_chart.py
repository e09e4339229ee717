"""bench --plot."""

from pathlib import Path

import pytest
from support.bench_results import measured, result

from parloader.errors import UsageError


def test_a_chart_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    plot = pytest.importorskip("parloader.cli.pages.bench_chart")
    with pytest.raises(UsageError, match=r"b\.png cannot be written: No such file or directory\. Name a file in a writable folder"):
        plot.draw_bench(result(measured(1.0)), tmp_path / "gone" / "b.png")
