"""If an expression is said to keep a column's values apart, then it does: checked against the same functions in Python."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.small_schemas import integer, table, text

from parloader.generation.values.unique import first_values
from parloader.planner.expressions.key_expressions import KeyExpressions
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType, TableSchema, UniqueKey

ROWS = 60


def key(*expressions: str) -> UniqueKey:
    return UniqueKey(name="uq", columns=(), expressions=expressions)


COLUMNS = (
    text("t", 60),
    text("o", 60),
    integer("n"),
    integer("m", nullable=True),
    ColumnSchema(name="at", kind=ColumnType.DATETIME, type_text="datetime"),
    ColumnSchema(name="doc", kind=ColumnType.JSON, type_text="json"),
    text("code", 36),
)

TABLE = table("t", *COLUMNS)

EXPRESSIONS = KeyExpressions(TABLE)


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("lower(`t`)", "t"),
        ("trim(leading ' ' from `t`)", "t"),
        ("trim(leading 'r' from reverse(`t`))", ""),
        ("left(`t`,4)", "t"),
        ("left(`t`,0)", ""),
        ("substr(`t`,3,6)", "t"),
        ("right(`t`,3)", "t"),
        ("concat(`o`,`t`)", "o t"),
        ("concat(`o`,'-',`t`,'-',`o`)", "o"),
        ("concat_ws('-',`m`,`t`)", "m t"),
        ("concat_ws('-',`m`,`t`,`m`)", "m"),
        ("concat(`n`,`t`)", "n t"),
        ("concat(`t`,`n`)", "n t"),
        ("substring_index(`t`,'@',1)", "t"),
        ("replace(`t`,'-','')", "t"),
        ("replace(`t`,'a','')", ""),
        ("sha2(lcase(`t`),256)", "t"),
        ("left(sha2(`t`,256),16)", ""),
        ("crc32(`t`)", "t"),
        ("crc32(concat(`t`,`o`))", ""),
        ("uuid_to_bin(`code`)", "code"),
        ("unhex(replace(`code`,'-',''))", "code"),
        ("hex(`t`)", "t"),
        ("soundex(`t`)", ""),
        ("`n` * 2 + 1", "n"),
        ("5 - `n`", "n"),
        ("`n` DIV 10", "n"),
        ("`n` DIV 0", ""),
        ("`n` % 10", ""),
        ("`n` * 0", ""),
        ("`n` + `m`", ""),
        ("floor(`n` / 7)", "n"),
        ("abs(`n`)", ""),
        ("cast(`t` as unsigned)", "t"),
        ("cast(`n` as char(12))", "n"),
        ("lpad(`n`,10,'0')", "n"),
        ("coalesce(`n`,0)", "n"),
        ("coalesce(`m`,`n`)", "m"),
        ("nullif(`n`,7)", "n"),
        ("if(`m` is null,`n`,NULL)", "n"),
        ("case when `m` = 1 then `n` when `m` = 2 then `n` end", "n"),
        ("case when `m` = 1 then `n` else `n` + 1 end", ""),
        ("case when `m` = 1 then concat('a',`t`) else concat('b',`t`) end", "t"),
        ("case when `m` = 1 then concat('a',`t`) else concat('bc',`t`) end", ""),
        ("cast(`at` as date)", "at"),
        ("year(`at`)", "at"),
        ("month(`at`)", ""),
        ("extract(year_month from `at`)", "at"),
        ("date_format(`at`,'%Y-%m')", "at"),
        ("date_format(`at`,'%m-%d')", ""),
        ("json_unquote(json_extract(`doc`,_utf8mb4\\'$.a.\"b c\"[1]\\'))", "doc"),
        ("json_extract(`doc`,'$**.a')", ""),
        ("cast(json_extract(`doc`,'$.tags') as unsigned array)", "doc"),
        ("json_value(`doc`, _utf8mb4\\'$.a\\' returning unsigned)", "doc"),
        ("json_contains(`doc`,'1')", ""),
        ("`t` collate utf8mb4_bin", "t"),
        ("this is no expression", ""),
    ],
)
def test_the_columns_that_an_expression_keeps_apart(expression: str, kept: str) -> None:
    found = [name for name in EXPRESSIONS.base_columns(key(expression)) if EXPRESSIONS.serving_forms(name, Domain(), None, key(expression))]
    assert sorted(found) == kept.split()


def test_generated_columns_are_followed_through_others_and_their_types() -> None:
    plain = text("plain", 30, generated=True, expression="lcase(`t`)")
    small = integer("small", min_value=-128, max_value=127, generated=True, expression="`n` * 2")
    short = text("short", 5, generated=True, expression="`plain`")
    expressions = KeyExpressions(table("t", *COLUMNS, plain, small, short))
    assert expressions.base_columns(UniqueKey(name="uq", columns=("short",))) == ("t",)
    for column, base, most in (("plain", "t", 30), ("short", "t", 5)):
        forms = expressions.serving_forms(base, Domain(), None, UniqueKey(name="uq", columns=(column,)))
        assert forms
        assert all(len(str(first_values(form.generator, 1)[0])) <= most for form in forms)
    numbers = expressions.serving_forms("n", Domain(), None, UniqueKey(name="uq", columns=("small",)))
    assert numbers
    assert all(abs(2 * value) <= 127 for form in numbers for value in (form.generator.low, form.generator.high))


def test_a_json_column_has_one_of_the_paths_and_the_others_are_null() -> None:
    both = key("json_value(`doc`,'$.a')", "json_value(`doc`,'$.b')")
    form = EXPRESSIONS.serving_forms("doc", Domain(), None, both)[0]
    assert first_values(form.generator, 1) == ('{"a": "a-00000000"}',)
    assert EXPRESSIONS.has_null(both, {"doc": form.image})


@dataclass(frozen=True)
class Step:
    """A function of a text, in SQL and in Python."""

    sql: str  # with {} for its argument
    value: Callable[[str, str], str]  # of the argument and of column `o`


def substr(text: str, position: int, count: int | None = None) -> str:
    start = position - 1 if position > 0 else len(text) + position
    return "" if not position or not 0 <= start <= len(text) else text[start : None if count is None else start + count]


def index(text: str, delimiter: str, count: int) -> str:
    parts = text.split(delimiter)
    return delimiter.join(parts[:count] if count > 0 else parts[count:])


small = st.integers(1, 12)

steps = st.one_of(
    small.map(lambda n: Step(f"left({{}},{n})", lambda x, o, n=n: x[:n])),  # type: ignore[misc]
    small.map(lambda n: Step(f"right({{}},{n})", lambda x, o, n=n: x[-n:])),  # type: ignore[misc]
    st.tuples(small, small, st.booleans()).map(
        lambda a: Step(f"substr({{}},{-a[0] if a[2] else a[0]},{a[1]})", lambda x, o, a=a: substr(x, -a[0] if a[2] else a[0], a[1]))  # type: ignore[misc]
    ),
    small.map(lambda n: Step(f"substr({{}},{n})", lambda x, o, n=n: substr(x, n))),  # type: ignore[misc]
    st.sampled_from(["", "_", "::"]).map(lambda new: Step(f"replace({{}},'-','{new}')", lambda x, o, new=new: x.replace("-", new))),  # type: ignore[misc]
    st.sampled_from([1, 2, -1]).map(lambda n: Step(f"substring_index({{}},'-',{n})", lambda x, o, n=n: index(x, "-", n))),  # type: ignore[misc]
    st.just(Step("reverse({})", lambda x, o: x[::-1])),
    st.just(Step("ucase({})", lambda x, o: x.upper())),
    st.just(Step("trim({})", lambda x, o: x.strip(" "))),
    st.just(Step("ltrim({})", lambda x, o: x.lstrip(" "))),
    st.sampled_from(["-", "a", "t", ""]).map(lambda c: Step(f"concat('{c}',{{}})", lambda x, o, c=c: c + x)),  # type: ignore[misc]
    st.just(Step("concat(`o`,{})", lambda x, o: o + x)),
    st.just(Step("concat({},`o`)", lambda x, o: x + o)),
    st.sampled_from(["-", ""]).map(lambda c: Step(f"concat_ws('{c}',{{}},`o`)", lambda x, o, c=c: f"{x}{c}{o}")),  # type: ignore[misc]
    small.map(lambda n: Step(f"lpad({{}},{n},'xy')", lambda x, o, n=n: x[:n] if len(x) >= n else ("xy" * n)[: n - len(x)] + x)),  # type: ignore[misc]
    small.map(lambda n: Step(f"rpad({{}},{n},'x')", lambda x, o, n=n: x[:n].ljust(n, "x"))),  # type: ignore[misc]
)


@settings(max_examples=60)
@given(st.lists(steps, min_size=1, max_size=5), st.lists(st.text("a0-t ", max_size=5), min_size=ROWS, max_size=ROWS))
def test_texts_that_are_said_to_be_kept_apart_are(functions: list[Step], others: list[str]) -> None:
    expression = "`t`"
    for step in functions:
        expression = step.sql.format(expression)
    for form in EXPRESSIONS.serving_forms("t", Domain(), None, key(expression))[:4]:
        found = [str(value) for value in first_values(form.generator, min(ROWS, capacity(form.generator)))]
        for step in functions:
            found = [step.value(value, other) for value, other in zip(found, others[: len(found)], strict=True)]
        assert len({value.casefold() for value in found}) == len(found), (expression, form.generator, found[:5])


def test_the_table_with_the_most_columns_is_followed_once() -> None:
    """The forms of a column are computed once for each key, however often the solver asks."""
    schema = TableSchema(name="t", columns=COLUMNS)
    expressions = KeyExpressions(schema)
    asked = key("lower(`t`)")
    assert expressions.serving_forms("t", Domain(), None, asked) is expressions.serving_forms("t", Domain(), None, asked)
