"""Texts that match, or do not match, REGEXP and LIKE patterns."""

import re

import pytest
from support.check_rows import text

from parloader.schema.checks.patterns import like_avoids, like_matches, regexp_avoids, regexp_matches, repeats_group
from parloader.schema.checks.predicates import Matches

PATTERNS = [
    "^[a-z0-9_]+$",
    "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$",
    "^\\+?[0-9]{7,15}$",
    "^([0-9]{1,3}\\.){3}[0-9]{1,3}$",
    "^#[0-9A-Fa-f]{6}$",
    "^[0-9a-f]{8}-[0-9a-f]{4}$",
    "^a|b$",
    "^[^@]+@[^@]+$",
    "[[:digit:]]".replace("[:digit:]", "0-9"),
    "^https?://",
    "^(foo|ba[rz])(-[0-9]+)?$",
    "^\\S+$",
    "^[]a]*$",
    "^[\\w-]{3}$",
    "^.{3,5}$",
    "^$",
    "",
    "x??y",
    "^(a|b)*a(c|[de]){3}$",
    "^(foo|bar)+$",
]


def length_range(matches: Matches) -> tuple[int, int | None]:
    """The minimum and the maximum length (None: unlimited) of a matching text, in characters."""
    minimum = sum(low for _, low, _ in matches.parts)
    limits = [high for _, _, high in matches.parts if high is not None]
    return minimum, sum(limits) if matches.whole and len(limits) == len(matches.parts) else None


@pytest.mark.parametrize("expression", PATTERNS)
def test_generated_texts_match(expression: str) -> None:
    for matches in regexp_matches("b", expression):
        low, high = length_range(matches)
        for wanted in range(low, low + 4 if high is None else high + 1):
            sample = text(matches, wanted)
            assert sample is not None
            assert len(sample) == wanted
            assert re.search(expression, sample)


@pytest.mark.parametrize("expression", ["[^a-z0-9]", "[0-9]", "^[A-Z]", "@", "\\d+", "^[[:upper:]]+$", "é", "[a-z0-9]", "[ß]"])
def test_avoiding_texts_do_not_match(expression: str) -> None:
    avoiding = regexp_avoids("b", expression)
    sample = text(avoiding, 60)
    assert sample is not None
    assert len(sample) == 60
    plain = expression.replace("[:upper:]", "A-Z").replace("é", "[eé]").replace("[ß]", "[ßs]")
    assert not re.search(plain, sample, re.IGNORECASE)


@pytest.mark.parametrize(
    ("like", "expression"),
    [("%@%.%", r".*@.*\..*"), ("a_c%", "a.c.*"), ("50\\%%", "50%.*"), ("\\\\_", r"\\."), ("%é", ".*[eé]")],
)
def test_like(like: str, expression: str) -> None:
    sample = text(like_matches("b", like), 20)
    assert sample is not None
    assert re.fullmatch(expression, sample)
    avoiding = text(like_avoids("b", like), 40)
    assert avoiding is not None
    assert len(avoiding) == 40
    assert not re.fullmatch(expression, avoiding, re.IGNORECASE)


@pytest.mark.parametrize(("group", "class_"), [("^(a|b)*a(a|b){5}$", "^[ab]*a[ab]{5}$"), ("^(?:[a-c]|-){2,3}$", "^[-a-c]{2,3}$")])
def test_a_repeated_group_of_single_characters_is_a_class(group: str, class_: str) -> None:
    def parts(pattern: str) -> list[object]:
        return [matches.parts for matches in regexp_matches("b", pattern)]

    assert parts(group) == parts(class_)
    assert not repeats_group(group)


@pytest.mark.parametrize(("pattern", "repeats"), [("^(ab)+$", True), ("^(ab|cd){2}$", True), ("^(ab|cd)?$", False), ("^(ab){2}$", False)])
def test_a_group_that_can_match_several_texts_is_known(pattern: str, repeats: bool) -> None:
    assert repeats_group(pattern) is repeats
