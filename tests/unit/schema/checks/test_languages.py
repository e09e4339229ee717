"""The texts of a language satisfy all of its CHECKs in every collation, and differ in every collation."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.small_schemas import text

from parloader.generation.values.unique import first_values
from parloader.inference.unique_columns import unique_generator
from parloader.plans.generators import UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain, combine, domains
from parloader.schema.checks.languages import MAX_STATES, language
from parloader.schema.checks.parser import parse_check

# A clause, a regular expression that the texts match, and whether they must not match it
SHAPES: dict[str, tuple[str, bool]] = {
    "`b` like 'a%'": ("a.*", False),
    "`b` like 'B%'": ("B.*", False),
    "`b` like '%z'": (".*z", False),
    "`b` like '%-%'": (".*-.*", False),
    "`b` like '__x%'": ("..x.*", False),
    "`b` not like '%a%'": (".*a.*", True),
    "`b` not like 'B%'": ("B.*", True),
    "`b` not like '%00%'": (".*00.*", True),
    "`b` regexp '[0-9]{2}$'": (".*[0-9]{2}", False),
    "`b` regexp '^(ab|B|ac?)'": ("(ab|B|ac?).*", False),
    "`b` regexp '^[a-z0-9-]+$'": ("[a-z0-9-]+", False),
    "`b` not regexp '[x-z]'": (".*[x-z].*", True),
    "`b` not regexp '^[0-9]'": ("[0-9].*", True),
    "char_length(`b`) between 2 and 6": (".{2,6}", False),
    "char_length(`b`) = 4": (".{4}", False),
    "`b` <> 'ab'": ("ab", True),
    "`b` not in ('a0','a1')": ("a[01]", True),
    "left(`b`,2) = 'ab'": ("ab.*", False),
    "right(`b`,1) <> 'z'": (".*z", True),
    "substr(`b`,2,1) in ('b','-')": (".[b-].*", False),
    "`b` = lower(`b`)": ("[^A-Z]*", False),
    "`b` in ('ab','B1','a-z','abz')": ("ab|B1|a-z|abz", False),
}


def found_domains(clauses: Sequence[str]) -> list[Domain]:
    parsed = [check for clause in clauses if (check := parse_check(clause, ["b"]))]
    assert len(parsed) == len(clauses)
    return [domains(case)["b"] for case in combine(parsed)]


def is_allowed(clauses: Sequence[str], value: str) -> bool:
    """Whether the value satisfies the clauses whatever the collation is."""
    for clause in clauses:
        expression, negated = SHAPES[clause]
        if bool(re.fullmatch(expression, value, re.IGNORECASE if negated else 0)) is negated:
            return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=4, unique=True))
def test_unique_texts_satisfy_all_checks(clauses: list[str]) -> None:
    for domain in found_domains(clauses):
        found = unique_generator(text("b", 20), domain)
        if found is None:
            continue
        values = [str(value) for value in first_values(found, min(100, capacity(found)))]
        assert [value for value in values if not is_allowed(clauses, value)] == []
        assert len({value.casefold() for value in values}) == len(values)
        assert all(1 <= len(value) <= 20 for value in values)


LETTERS = "ab-0"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(set(SHAPES) - {"`b` in ('ab','B1','a-z','abz')"})), min_size=2, max_size=3, unique=True))
def test_if_a_short_text_is_allowed_a_text_is_found(clauses: list[str]) -> None:
    """Compared with every text of up to four of these characters."""
    texts = [""]
    for _ in range(4):
        texts += [one + letter for one in texts for letter in LETTERS if len(one + letter) <= 4]
    assume(any(one and is_allowed(clauses, one) for one in texts))
    assert any(unique_generator(text("b", 20), domain) for domain in found_domains(clauses))


@pytest.mark.parametrize(
    ("clauses", "kind", "count", "first"),
    [
        (["`b` like 'A%'", "`b` like '%Z'"], UniqueKind.TEXT, 36**8, "A00000000Z"),
        (["`b` regexp '^A{1,5}$'"], UniqueKind.VALUES, 5, "A"),
        (["`b` like 'a%'", "`b` regexp '^.{2}$'", "`b` not like '%1'"], UniqueKind.VALUES, 35, "a0"),
        (["`b` like '%7%'", "`b` >= 'm'", "`b` < 'n'", "char_length(`b`) = 2"], UniqueKind.VALUES, 1, "m7"),
        (["`b` in ('A1','A2','B1')", "`b` like 'A%'"], UniqueKind.VALUES, 2, "A1"),
    ],
)
def test_texts_are_counted(clauses: list[str], kind: UniqueKind, count: int, first: str) -> None:
    (domain,) = found_domains(clauses)
    found = unique_generator(text("b", 20), domain)
    assert found
    assert (found.form, capacity(found), first_values(found, 1)[0]) == (kind, count, first)


def test_contradictions_and_what_is_too_complex_have_no_text() -> None:
    (domain,) = found_domains(["`b` like 'A%'", "`b` like 'B%'"])
    assert unique_generator(text("b", 20), domain) is None
    (domain,) = found_domains([f"`b` like '%{letter}%'" for letter in "abcdefghijkl"])
    assert MAX_STATES < 2**12
    assert language(domain) is None
    assert unique_generator(text("b", 20), domain) is None


def test_texts_are_the_same_in_every_process() -> None:
    (domain,) = found_domains(["`b` like '%x%'", "`b` like '%y%'", "char_length(`b`) = 3"])
    found = language(domain)
    assert found
    assert list(found.texts(3, 3, 5)) == ["0xy", "0yx", "1xy", "1yx", "2xy"]
