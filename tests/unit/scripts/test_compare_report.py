"""The tables of scripts/compare, from made-up measurements."""

import re

from compare_loaders import LOADERS, Load
from compare_report import Measurement, ServerResult, tables, text


def load(seconds: float) -> Load:
    return Load(
        seconds=seconds, command_seconds=seconds + 1, client_cpu_seconds=1.0, client_largest_rss_bytes=0, server_cpu_seconds=seconds * 2
    )


def result(**seconds_by_round: tuple[float, ...]) -> ServerResult:
    made = ServerResult(version="MariaDB 10.11.18", file_system="ext4", rows=500_000, batch_rows=10_000)
    for loader, seconds in seconds_by_round.items():
        made.measurements += [
            Measurement(round=n, procs=2, loader=loader.replace("_", " "), load=load(s)) for n, s in enumerate(seconds, 1)
        ]
    return made


def cells(table: str, name: str) -> list[str]:
    (line,) = re.findall(rf"^\| {name} +\|(.*)\|$", table, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def test_median_range_paired_ratio_and_cpu_of_a_million_rows() -> None:
    table = tables(result(parloader_insert=(10.0, 20.0, 10.0), sysbench=(5.0, 40.0, 8.0)))
    assert cells(table, "parloader insert") == ["10.00", "10.00–20.00", "1.00", "2.0", "40.0"]
    # the ratios of the rounds are 0.5, 2 and 0.8: another median than that of the medians
    assert cells(table, "sysbench") == ["8.00", "5.00–40.00", "0.80", "2.0", "32.0"]
    assert cells(table, "… its entire command") == ["11.00", "11.00–21.00", "1.10", "", ""]


def test_the_server_limit_is_the_faster_baseline_in_each_round() -> None:
    table = tables(result(parloader_insert=(10.0, 10.0), load_data_ready=(8.0, 4.0), insert_select=(6.0, 5.0)))
    assert cells(table, "server limit")[:3] == ["5.00", "4.00–6.00", "0.50"]
    assert "| server limit" not in tables(result(parloader_insert=(10.0,), insert_select=(6.0,)))


def test_without_parloader_there_are_no_ratios() -> None:
    assert cells(tables(result(sysbench=(5.0,))), "sysbench")[2] == ""


def test_the_tables_fit_80_columns() -> None:
    slow = {loader.name.replace(" ", "_"): (100.0, 200.0, 150.0) for loader in LOADERS}
    *lines, command = text([result(**slow)], "scripts/compare --rounds 3").splitlines()
    assert max(map(len, lines)) <= 80
    assert command == "    scripts/compare --rounds 3"
