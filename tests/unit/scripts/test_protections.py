"""scripts/protections: each change still applies, and each test that it names exists. (The script itself runs them.)"""

import ast
import re
from pathlib import Path

import pytest
from protections import PROTECTIONS, Verdict, failing_tests, verdict
from protections_model import Protection

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("protection", PROTECTIONS, ids=[protection.name for protection in PROTECTIONS])
def test_the_change_applies_and_its_tests_exist(protection: Protection) -> None:
    assert protection.applied(ROOT) != (ROOT / protection.file).read_text()
    assert protection.tests
    for test in protection.tests:
        file, _, function = re.sub(r"\[.*", "", test).partition("::")
        defined = {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}
        assert not function or function in defined, test


def test_each_has_a_name_of_its_own() -> None:
    assert len({protection.name for protection in PROTECTIONS}) == len(PROTECTIONS)


def test_a_change_that_no_longer_applies_is_named(tmp_path: Path) -> None:
    gone = Protection(name="gone", what="", file="some.py", old="x = 1\n", new="", tests=("t.py",))
    (tmp_path / "some.py").write_text("x = 1\nx = 1\n")
    with pytest.raises(ValueError, match=r"gone: some\.py has 2 times the text"):
        gone.applied(tmp_path)
    (tmp_path / "some.py").write_text("def f():\n    x = 1\n")
    with pytest.raises(SyntaxError):
        gone.applied(tmp_path)


def test_the_tests_that_fail_are_read_from_the_summary() -> None:
    output = "...\nFAILED tests/a.py::test_b[mariadb-connection, insert] - AssertionError: it\nERROR tests/c.py::test_d\n1 failed, 1 error in 3.1s\n"
    assert failing_tests(output) == ("tests/a.py::test_b[mariadb-connection, insert]",)


@pytest.mark.parametrize(
    ("code", "summary", "expected"),
    [
        (1, "FAILED tests/a.py::test_b - AssertionError\n1 failed, 2 passed in 3.1s", Verdict.FAILS),
        (1, "ERROR tests/a.py::test_b - no server\n1 error in 3.1s", Verdict.CANNOT_RUN),
        (None, "", Verdict.FAILS),
        (0, "2 passed, 1 skipped in 3.1s", Verdict.UNNOTICED),
        (0, "2 skipped in 3.1s", Verdict.CANNOT_RUN),
        (4, "no tests ran in 0.1s", Verdict.CANNOT_RUN),
    ],
)
def test_what_the_end_of_the_tests_says_about_a_change(code: int | None, summary: str, expected: Verdict) -> None:
    assert verdict(code, summary) is expected
