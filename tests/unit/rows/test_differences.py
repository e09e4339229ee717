import pytest

from parloader.rows.differences import Difference, differing
from parloader.rows.server_text import RowText
from parloader.schema.model import ColumnSchema, ColumnType


def view(kind: ColumnType) -> RowText:
    return RowText(
        table="t",
        columns=(ColumnSchema(name="id", kind=ColumnType.INTEGER, type_text="int"), ColumnSchema(name="c", kind=kind, type_text="")),
        key="id",
    )


@pytest.mark.parametrize(
    ("kind", "expected", "actual"),
    [
        (ColumnType.JSON, '\'{"b": 1, "a": [1, "it\'\'s \\\\\\\\"]}\'', '\'{"a":[1,"it\'\'s \\\\\\\\"],"b":1}\''),
        (ColumnType.JSON, "'[1e3, 18446744073709551616]'", "'[1000.0, 1.8446744073709552e19]'"),
        (ColumnType.REAL, "0.0000006183273812096522", "6.183273812096522e-7"),
        (ColumnType.REAL, "-1.0170844964657811e-10", "-1.017084496465781e-10"),
        (ColumnType.TEXT, "'a'", "'a'"),
    ],
)
def test_equivalent_values_are_no_difference(kind: ColumnType, expected: str, actual: str) -> None:
    assert list(differing(view(kind), [(("7", expected), ("7", actual))])) == []


@pytest.mark.parametrize(
    ("kind", "expected", "actual"),
    [
        (ColumnType.JSON, "'{\"a\": 1}'", "'{\"a\": 2}'"),
        (ColumnType.JSON, "'{\"a\": 1}'", "'{\"a\"'"),
        (ColumnType.JSON, "'null'", "NULL"),
        (ColumnType.JSON, "'{\"a\": 1}'", "'{\"a\": true}'"),
        (ColumnType.JSON, "'[1]'", "'[1.0]'"),
        (ColumnType.JSON, "'[0.1]'", "'[0.10000000000000002]'"),
        (ColumnType.JSON, "'[0.1]'", "'[0.10000000000000000001]'"),
        (ColumnType.JSON, "'[18446744073709551616]'", "'[18446744073709551617]'"),
        (ColumnType.REAL, "0.1", "0.10000000000001"),
        (ColumnType.REAL, "7670.5", "7670.500000000001"),
        (ColumnType.REAL, "NULL", "0"),
        (ColumnType.DECIMAL, "1.0", "1.00"),
        (ColumnType.TEXT, "'a'", "'A'"),
    ],
)
def test_other_values_are_a_difference(kind: ColumnType, expected: str, actual: str) -> None:
    found = list(differing(view(kind), [(("7", expected), ("7", actual))]))
    assert found == [Difference(kind="different", table="t", key=7, columns=(("c", expected, actual),))]


def test_a_missing_row_is_named_by_its_identity() -> None:
    text = RowText(
        table="t",
        columns=(ColumnSchema(name="a", kind=ColumnType.TEXT, type_text=""), ColumnSchema(name="b", kind=ColumnType.BYTES, type_text="")),
        identity=("b", "a"),
    )
    assert [found.key for found in differing(text, [(("'it''s \\\\'", "x'00'"), None)])] == ["x'00'/it's \\"]
