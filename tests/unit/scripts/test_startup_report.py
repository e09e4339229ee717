"""The table of scripts/startup, from invented figures."""

import re

from measuring import Cost
from startup_report import Pair, table


def pair(now: float, before: float) -> Pair:
    return Pair(now=Cost(seconds=now, cpu_seconds=now / 2), before=Cost(seconds=before, cpu_seconds=before * 2))


def cells(text: str, command: str) -> list[str]:
    (line,) = re.findall(rf"^\| {command} +\|(.*)\|$", text, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def test_medians_and_the_median_of_the_ratios() -> None:
    # the ratios are 0.5, 1.5 and 0.2, their median is not the ratio of the medians
    text = table({"seed": [pair(1, 2), pair(3, 2), pair(2, 10)]})
    assert cells(text, "seed") == ["2.00", "2.00", "0.50", "1.00", "4.00", "0.12"]


def test_a_line_for_each_command_and_columns_that_align() -> None:
    lines = table({"seed --rows 1000": [pair(1, 2)], "plan": [pair(100, 1)]}).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["seed --rows 1000", "plan"]
    assert len({len(line) for line in lines}) == 1
    assert [[n for n, character in enumerate(line) if character == "|"] for line in lines] == [
        [n for n, character in enumerate(lines[0]) if character == "|"]
    ] * len(lines)
