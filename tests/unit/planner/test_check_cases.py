"""CHECKs on given columns are not parsed: whoever gives the columns must satisfy them."""

from typing import NoReturn

import pytest
from support.small_schemas import integer, table

from parloader.planner import check_cases
from parloader.planner.check_cases import CheckCases, cases_of_table
from parloader.plans.generators import Const
from parloader.schema.checks import parser
from parloader.schema.checks.parser import parse_check
from parloader.schema.model import TableSchema

GIVEN = {"a": Const(value=1), "b": Const(value=None)}

ON_NULL = [
    "`a` is not null <> (`b` is not null)",  # MariaDB
    "((`a` is not null) <> (`b` is not null))",  # MySQL
    "(`a` is null)",
    "`a` is null or `b` is null",
    "((`a` is null) xor (`b` is null))",
]


def checked_table(clause: str) -> TableSchema:
    return table("t", integer("a", nullable=True), integer("b", nullable=True), integer("c", nullable=True), checks=(clause,))


class Parsed(Exception):
    pass


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*_: object) -> NoReturn:
        raise Parsed

    monkeypatch.setattr(parser, "parse_check", parse)


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize("clause", ON_NULL)
def test_a_check_on_null_of_given_columns_is_not_parsed(clause: str) -> None:
    assert cases_of_table(checked_table(clause), GIVEN) == CheckCases()


@pytest.mark.parametrize("clause", ON_NULL)
def test_parsing_it_gives_the_same(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_cases, "_tests_only_null_of_given", lambda *_: False)
    assert cases_of_table(checked_table(clause), GIVEN) == CheckCases()
    assert parse_check(clause) is not None


@pytest.mark.parametrize("clause", ["`A` is null", "(`A` > `b`)"])
def test_names_in_another_case_are_those_of_given_columns(clause: str) -> None:
    assert cases_of_table(checked_table(clause), GIVEN) == CheckCases()


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize(
    "clause", ["`a` is null or `c` is null", "`a` is null or `b` > 1", "`a` is null and `b` is null or `a` is null", "`A` is null"]
)
def test_any_other_check_is_parsed(clause: str) -> None:
    with pytest.raises(Parsed):
        cases_of_table(checked_table(clause), GIVEN)
