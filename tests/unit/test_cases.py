"""CHECKs that are left to whoever gives their columns."""

from typing import NoReturn

import pytest
from unit.shaped import integer, table

from parloader.plans import cases as module
from parloader.plans.cases import Cases, cases
from parloader.plans.checks import understand
from parloader.plans.generators import Const
from parloader.plans.shape import Table

GIVEN = {"a": Const(value=1), "b": Const(value=None)}
ON_NULL = [
    "`a` is not null <> (`b` is not null)",  # MariaDB
    "((`a` is not null) <> (`b` is not null))",  # MySQL
    "(`a` is null)",
    "`a` is null or `b` is null",
    "((`a` is null) xor (`b` is null))",
]


def shape(clause: str) -> Table:
    return table("t", integer("a", nullable=True), integer("b", nullable=True), integer("c", nullable=True), checks=(clause,))


class Parsed(Exception):
    pass


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(clause: str) -> NoReturn:
        raise Parsed

    monkeypatch.setattr(module, "understand", parse)


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize("clause", ON_NULL)
def test_a_check_on_null_of_given_columns_is_not_parsed(clause: str) -> None:
    assert cases(shape(clause), GIVEN) == Cases()


@pytest.mark.parametrize("clause", ON_NULL)
def test_parsing_it_gives_the_same(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_on_null_of_given", lambda *_: False)
    assert cases(shape(clause), GIVEN) == Cases()
    assert understand(clause) is not None


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize(
    "clause", ["`a` is null or `c` is null", "`a` is null or `b` > 1", "`a` is null and `b` is null or `a` is null", "`A` is null"]
)
def test_any_other_check_is_parsed(clause: str) -> None:
    with pytest.raises(Parsed):
        cases(shape(clause), GIVEN)
