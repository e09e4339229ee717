"""Escapes in the literals that servers print."""

import pytest

from parloader.schema.string_literals import repair_latin1, unescape


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("it''s", "it's"),
        (r"it\'s", "it's"),
        (r"a\\b", r"a\b"),
        (r"\n\t\r\0\Z", "\n\t\r\0\x1a"),
        (r"50\%\_", r"50\%\_"),
        (r"\q", "q"),
        ("back\\", "back\\"),
        ("a\\\nb", "a\nb"),
    ],
)
def test_unescape(printed: str, value: str) -> None:
    assert unescape(printed) == value


def test_repair_latin1() -> None:
    assert repair_latin1("grÃ¶Ã\x9fe") == "größe"
    assert repair_latin1("größe") == "größe"
    assert repair_latin1("漢") == "漢"
