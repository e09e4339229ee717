import json
from collections import Counter
from dataclasses import replace
from io import StringIO

from soak_report import HEADINGS, Fault, Kind, Outcome, Round, kind_rows, markdown


def fault(kind: Kind, outcome: Outcome | None) -> Fault:
    return Fault(kind=kind, place="COMMIT, byte 3", command="seed", hit=outcome is not None, process_id=7, outcome=outcome)


FIRST = Round(
    server="mariadb",
    seed=4,
    what="round 1: parloader seed",
    rows=1500,
    faults=[
        fault(Kind.CUT, Outcome.RETRIED),
        fault(Kind.CUT, Outcome.NOT_NEEDED),
        fault(Kind.CUT, None),
        fault(Kind.STALL, Outcome.WAITED),
        fault(Kind.PARENT, Outcome.REPEATED),
    ],
    exit_codes=Counter({"seed -9": 1, "seed 0": 1, "verify 0": 2, "clean 0": 1}),
)

SECOND = Round(
    server="mysql", seed=4, what="round 1: parloader seed", rows=500, faults=[fault(Kind.STALL, Outcome.WAITED)], lost=3, touched=1
)


def test_a_row_for_each_kind_and_their_sum() -> None:
    rows = {name: dict(zip(HEADINGS[1:], counts, strict=True)) for name, *counts in kind_rows([FIRST, SECOND])}
    assert list(rows) == [*Kind, "all"]
    cut = {"injected": "3", "hit": "2", "detected": "1", "retried": "1", "command repeated": "0", "waited": "0", "not needed": "1"}
    assert rows[Kind.CUT] == {**cut, "rows lost": "0", "rows doubled": "0"}
    assert rows[Kind.PARENT]["detected"] == rows[Kind.PARENT]["command repeated"] == "1"
    assert rows["all"]["hit"] == "5"
    assert rows["all"]["waited"] == "2"


def test_what_a_round_lost_counts_for_each_kind_that_hit_in_it() -> None:
    lost = {name: counts[-2] for name, *counts in kind_rows([FIRST, SECOND])}
    assert {name for name, count in lost.items() if count == "3"} == {Kind.STALL, "all"}
    assert {count for name, count in lost.items() if name not in (Kind.STALL, "all")} == {"0"}


def test_the_section_of_the_document() -> None:
    text = markdown([FIRST, SECOND], command="scripts/soak --seed 4", servers=["MariaDB 10.11.18", "MySQL 9.7.4"], minutes=3.4)
    assert text.startswith("`scripts/soak --seed 4` on MariaDB 10.11.18 and MySQL 9.7.4: 5 faults that hit, in 3 minutes. 2 rounds ")
    assert "2,000 rows (2 × seed, 2 × verify, 1 × clean)" in text
    assert "**3 rows lost; 0 rows doubled; 1 rows of others changed; 0 processes" in text
    assert "| connection reset | 3 | 2 | 1 | 1 | 0 | 0 | 1 | 0 | 0 |" in text
    assert "seed -9 (1)" in text


def test_a_line_for_each_fault_and_one_for_the_round() -> None:
    file = StringIO()
    round_ = replace(FIRST, log_file=file)
    for each in FIRST.faults:
        round_.log(each)
    round_.log_end()
    *faults, last = map(json.loads, file.getvalue().splitlines())
    assert [each["outcome"] for each in faults] == ["retried", "not needed", None, "waited", "repeated"]
    assert {each["server"] for each in (*faults, last)} == {"mariadb"}
    assert faults[0]["place"] == "COMMIT, byte 3"
    assert last["hits"] == 4
