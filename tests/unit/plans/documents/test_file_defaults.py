"""`locale` of a plan or a table, and values from files, written into the columns."""

from pathlib import Path

import pytest

from parloader.errors import UsageError
from parloader.plans.documents import toml_file
from parloader.plans.generators import Choice, Code, Provider, Unique, UniqueKind, When
from parloader.plans.model import Plan

PLAN = """
plan = "p"
locale = "de_DE"

[table.a]
rows = 5
key = "id"
[table.a.column]
x = { provider = "city" }

[table.b]
rows = 5
key = "id"
locale = ["fr_FR", "world"]
[table.b.column]
"""


def read(folder: Path, column: str) -> Plan:
    file = folder / "plan.toml"
    file.write_text(f"{PLAN}x = {column}\n", encoding="utf-8")
    return toml_file.read(file)


@pytest.mark.parametrize(
    ("form", "generator"),
    [
        ('{ provider = "city" }', Provider(name="city", locale=("fr_FR", "world"))),
        ('{ provider = "city", locale = "it_IT" }', Provider(name="city", locale="it_IT")),
        ('{ unique = "email" }', Unique(form=UniqueKind.EMAIL, locale=("fr_FR", "world"))),
        ('{ provider = "hash" }', Provider(name="hash")),
        ('{ unique = "text", length = 8 }', Unique(form=UniqueKind.TEXT, length=8)),
        ('{ code = "##" }', Code(pattern="##")),
        (
            '{ when = "i > 1", then = { provider = "name" } }',
            When(condition="i > 1", then=Provider(name="name", locale=("fr_FR", "world"))),
        ),
    ],
)
def test_a_locale_is_written_into_the_columns_that_have_one(tmp_path: Path, form: str, generator: object) -> None:
    plan = read(tmp_path, form)
    assert plan.table("a").columns["x"] == Provider(name="city", locale="de_DE")
    assert plan.table("b").columns["x"] == generator


@pytest.mark.parametrize(
    ("text", "form", "generator"),
    [
        ("red\ngreen\n\n", '{ pool = "v.csv" }', Choice(values=("red", "green"))),
        ("\ufeffred\r\ngreen\r\n", '{ pool = "v.csv", null_share = 0.5 }', Choice(values=("red", "green"), null_share=0.5)),
        ('name,n\n"a, b",3\nc,1\n', '{ pool = "v.csv", column = "name", group = "g" }', Choice(values=("a, b", "c"), group="g")),
        ("name,n\na,3\nc,1\n", '{ pool = "v.csv", column = "name", weight = "n" }', Choice(values=("a", "c"), weights=(3, 1))),
        ("name\na\n", '{ pool = "v.csv", column = "name" }', Choice(values=("a",))),
        ("a\n", '{ when = "i > 1", then = { pool = "v.csv" } }', When(condition="i > 1", then=Choice(values=("a",)))),
    ],
)
def test_the_values_of_a_file_become_those_of_a_choice(tmp_path: Path, text: str, form: str, generator: object) -> None:
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    assert read(tmp_path, form).table("b").columns["x"] == generator


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        ("", '{ pool = "v.csv" }', "v.csv is empty. Write one value per line"),
        ("a,b\n1,2\n", '{ pool = "v.csv" }', 'v.csv has 2 columns. Say which one, such as column = "a"'),
        ("a,b\n1,2\n", '{ pool = "v.csv", column = "c" }', 'v.csv, line 1: no column "c". Its columns: a, b'),
        ("a,b\n", '{ pool = "v.csv", column = "a" }', "v.csv has a header but no values"),
        ("a,b\n1,2\n1\n", '{ pool = "v.csv", column = "a" }', "v.csv, line 3: 1 cell, and the first row has 2"),
        ("a,b\n1,x\n", '{ pool = "v.csv", column = "a", weight = "b" }', 'v.csv, line 2: the weight is "x". Give a number, 0 or more'),
        ("a,b\n1,0\n", '{ pool = "v.csv", column = "a", weight = "b" }', "every weight is 0"),
        ('a\n"b\n', '{ pool = "v.csv" }', "v.csv, line 2: unexpected end of data"),
        ("a\n", '{ pool = "w.csv" }', "w.csv cannot be read: No such file or directory"),
        ("a\n", '{ pool = "v.csv", weights = [1] }', '`pool` has no option "weights". Did you mean weight?'),
        ("a\n", "{ pool = 5 }", "`pool` is 5. Give a name in quotes"),
        ("", '{ provider = "city", locale = "de" }', 'no locale "de". Valid: en_US,'),
        ("", '{ provider = "hash", locale = "de_DE" }', "the provider hash is the same in all locales. Remove `locale`"),
        ("", '{ provider = "email", count = { const = 1 } }', "`count` does not apply to email"),
        ("", '{ unique = "slug" }', "`of` is missing. Give the column that it is made of: name, product, company, title"),
        ("", '{ unique = "code" }', "`pattern` is missing"),
        ("", '{ unique = "text", locale = "de_DE" }', "`locale` does not apply to text"),
        ("", '{ code = "a\\\\" }', "ends with a backslash"),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, text: str, form: str, message: str) -> None:
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read(tmp_path, form)
    assert f"line {PLAN.count(chr(10)) + 1}: table b, column x: " in raised.value.message
    assert message in f"{raised.value.message}. {raised.value.next_step}"


def test_a_locale_that_does_not_exist_is_a_mistake_of_its_line() -> None:
    with pytest.raises(UsageError, match='p, line 3: no locale "de"'):
        toml_file.parse(PLAN.replace('"de_DE"', '"de"') + 'x = { provider = "city" }', "p")
    with pytest.raises(UsageError, match=r"table b: `locale` is \[\]"):
        toml_file.parse(PLAN.replace('["fr_FR", "world"]', "[]") + 'x = { provider = "city" }', "p")
