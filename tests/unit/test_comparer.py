import pytest

from parloader.database.view import View
from parloader.loading.comparer import differing
from parloader.loading.events import Difference
from parloader.plans.shape import Column, Kind


def view(kind: Kind) -> View:
    return View(
        table="t", columns=(Column(name="id", kind=Kind.INTEGER, type_text="int"), Column(name="c", kind=kind, type_text="")), key="id"
    )


@pytest.mark.parametrize(
    ("kind", "wanted", "there"),
    [
        (Kind.JSON, '\'{"b": 1, "a": [1, "it\'\'s \\\\\\\\"]}\'', '\'{"a":[1,"it\'\'s \\\\\\\\"],"b":1}\''),
        (Kind.REAL, "0.0000006183273812096522", "6.183273812096522e-7"),
        (Kind.TEXT, "'a'", "'a'"),
    ],
)
def test_what_means_the_same_is_no_difference(kind: Kind, wanted: str, there: str) -> None:
    assert list(differing(view(kind), [(("7", wanted), ("7", there))])) == []


@pytest.mark.parametrize(
    ("kind", "wanted", "there"),
    [
        (Kind.JSON, "'{\"a\": 1}'", "'{\"a\": 2}'"),
        (Kind.JSON, "'{\"a\": 1}'", "'{\"a\"'"),
        (Kind.JSON, "'null'", "NULL"),
        (Kind.REAL, "0.1", "0.10000000000001"),
        (Kind.REAL, "NULL", "0"),
        (Kind.DECIMAL, "1.0", "1.00"),
        (Kind.TEXT, "'a'", "'A'"),
    ],
)
def test_what_means_something_else_is_one(kind: Kind, wanted: str, there: str) -> None:
    found = list(differing(view(kind), [(("7", wanted), ("7", there))]))
    assert found == [Difference(kind="different", table="t", key=7, columns=(("c", wanted, there),))]


def test_a_row_that_is_not_there_is_named_by_its_identity() -> None:
    text = View(
        table="t",
        columns=(Column(name="a", kind=Kind.TEXT, type_text=""), Column(name="b", kind=Kind.BYTES, type_text="")),
        identity=("b", "a"),
    )
    assert [found.key for found in differing(text, [(("'it''s \\\\'", "x'00'"), None)])] == ["x'00'/it's \\"]
