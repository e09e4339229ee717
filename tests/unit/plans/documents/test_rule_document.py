"""Rules for columns as text: read, written and refused."""

import shlex
from pathlib import Path

import pytest

from parloader.cli.settings_file import read_settings
from parloader.errors import UsageError
from parloader.plans.column_rules import ColumnRule
from parloader.plans.documents.rule_document import parse_rule, rule_options, rules_text
from parloader.plans.generators import Choice, Uniform

RULES = (
    ColumnRule(match=("*_score", "it's"), generator=Uniform(low=1, high=5, null_share=0.25)),
    ColumnRule(match=("b",), table="t*", type="int", comment='a "b" *', generator=Choice(values=("x", "y"), weights=(1, 2))),
)


def test_rules_are_read_back_from_the_options_that_a_command_shows() -> None:
    texts = rule_options(rules_text(RULES))
    assert tuple(parse_rule(shlex.split(shlex.quote(text))[0], "") for text in texts) == RULES


def test_rules_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "parloader.toml"
    file.write_text(
        'procs = 2\n\n[[inference.column]]\nmatch = "a"\ngenerator = { const = 1 }\n\n[[inference.column]]\nmatch = ["b", "c"]\ngenerator = { const = 2 }\n'
    )
    rules = read_settings(file)["column_rule"]
    assert isinstance(rules, list)
    first, second = rules
    assert isinstance(first, ColumnRule)
    assert isinstance(second, ColumnRule)
    assert (first.match, first.source) == (("a",), f"{file}, line 3")
    assert (second.match, second.source) == (("b", "c"), f"{file}, line 7")


@pytest.mark.parametrize(
    ("lines", "line", "says"),
    [
        (
            "[[inference.column]]\nmatch = 5\ngenerator = { const = 1 }",
            2,
            '`match` is 5. Give a pattern such as "*_score", or a list of patterns',
        ),
        ('[[inference.column]]\nmatch = "a"', 1, "`generator` is missing"),
        ('[[inference.column]]\nmatch = "a"\ngenerator = { const = 1 }\nsort = "b"', 4, 'a rule for columns has no entry "sort"'),
        ('[[inference.column]]\nmatch = "a"\ngenerator = { uniform = [5] }', 3, "`uniform` is [5]"),
        ('[[inference.column]]\nmatch = "a"\ngenerator = { pick = "users.id" }', 3, "a rule for columns cannot read other tables"),
        ("[inference]\ncolumn = 5", 2, "`column` is not a list of rules"),
        ("[inference]\nrow = 5", 2, '[inference] has no entry "row"'),
        ("[[inferense.column]]", 1, "unknown setting 'inferense'. Did you mean inference?"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, lines: str, line: int, says: str) -> None:
    file = tmp_path / "parloader.toml"
    file.write_text(lines + "\n")
    with pytest.raises(UsageError) as error:
        read_settings(file)
    said = f"{error.value.message}. {error.value.next_step}"
    assert said.startswith(f"{file}, line {line}: ")
    assert says in said


@pytest.mark.parametrize("text", ["likes=5", "{", "", "[1]", "{ match = 1 }\nb = 2"])
def test_a_text_that_is_no_rule(text: str) -> None:
    with pytest.raises(UsageError):
        parse_rule(text, "")
