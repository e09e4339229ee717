"""Results of several runs and shards of scripts/schemas become one report."""

from dataclasses import replace
from pathlib import Path

import click
import pytest
from schemas_report import Tried, page
from schemas_results import About, LeftOut, Results, Shard, add, read
from schemas_trial import READ, Outcome, Trial

SEEDED = Trial(schema="shop", server="mysql", table="orders", outcome=Outcome.SEEDED, rows=2000, reason="", checked=READ, cpu_seconds=0.5)

ABOUT = About(schema="shop", server="mysql", version="MySQL 9.7.4", rows=2000, origin="PyPI: shop 1.0", skipped=(("USE SHOP", 2),))


@pytest.mark.parametrize("count", [1, 2, 8])
def test_a_table_is_in_one_shard_and_shards_are_of_similar_size(count: int) -> None:
    tables = [f"table_{i}" for i in range(800)]
    parts = [[table for table in tables if Shard(number, count).has("shop", table)] for number in range(1, count + 1)]
    assert sorted(table for part in parts for table in part) == sorted(tables)
    assert min(map(len, parts)) > 0.6 * 800 / count


def test_a_shard_is_written_as_a_fraction() -> None:
    assert Shard.PARAMETER.convert("3/8", None, None) == Shard(3, 8)
    for wrong in ("3", "0/8", "9/8", "3/", "/8", "-1/8", "a/b", "1/0"):
        with pytest.raises(click.BadParameter):
            Shard.PARAMETER.convert(wrong, None, None)


def test_files_are_merged(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    failed = replace(SEEDED, outcome=Outcome.FAILED, reason="clean: exit code 1", checked="")
    other = replace(SEEDED, table="items", checked="")
    add(first, LeftOut(schema="shop", server="mysql", why="node is not on this machine"))
    add(first, ABOUT)
    add(first, failed)
    add(first, SEEDED)
    add(second, ABOUT)
    add(second, other)
    add(second, LeftOut(schema="wiki", server="mysql", why="npm install: no such package"))
    assert read([first, second, tmp_path / "none.jsonl"]) == Results(
        abouts=(ABOUT,), trials=(SEEDED, other), left_out=(LeftOut(schema="wiki", server="mysql", why="npm install: no such package"),)
    )


def test_the_report_has_a_row_for_each_schema_and_server() -> None:
    trials = (
        SEEDED,
        replace(SEEDED, server="mariadb", checked="price: 'x' is no decimal"),
        replace(SEEDED, table="items", outcome=Outcome.REFUSED, rows=0, reason="items has no key", checked=""),
        replace(SEEDED, table="notes", outcome=Outcome.REFUSED, rows=0, reason="notes has no key", checked=""),
        replace(SEEDED, table="item_notes", outcome=Outcome.REFUSED, rows=0, reason="item_notes needs item_parts", checked=""),
        replace(SEEDED, table="item_parts", outcome=Outcome.REFUSED, rows=0, reason="item_parts needs item_notes", checked=""),
    )
    abouts = (ABOUT, replace(ABOUT, server="mariadb", version="MariaDB 10.11.19", skipped=()))
    left_out = (
        LeftOut(schema="wiki", server="mariadb", why="it needs MySQL"),
        LeftOut(schema="wiki", server="mysql", why="it needs MySQL"),
    )
    text = page(Tried(command="scripts/schemas", results=Results(abouts=abouts, trials=trials, left_out=left_out)))
    assert "with MariaDB 10.11.19 and MySQL 9.7.4" in text
    assert "| [shop](#shop) | MariaDB | 1 | 1 | 0 | 0 | 0 |" in text
    assert "| [shop](#shop) | MySQL | 5 | 1 | 4 | 0 | 1 |" in text
    assert "| all | | 6 | 2 | 4 | 0 | 1 |" in text
    assert "- not run (MySQL): USE SHOP, 2 times" in text
    assert "- **refused**: TABLE has no key: `items` (MySQL), `notes` (MySQL)" in text
    assert "- **refused**: TABLE needs OTHER_TABLE: `item_notes` (MySQL), `item_parts` (MySQL)" in text
    assert "- seeded, but not readable by the application: price: 'x' is no decimal: `orders` (MariaDB)" in text
    assert "Not tried: wiki on MariaDB and MySQL (it needs MySQL)." in text


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    """The disk was full, or the command was killed, while it was written."""
    file = tmp_path / "found.jsonl"
    add(file, SEEDED)
    with open(file, "a", encoding="utf-8") as lines:
        lines.write('{"what": "Trial", "schema": "sh')
    assert read([file]).trials == (SEEDED,)
