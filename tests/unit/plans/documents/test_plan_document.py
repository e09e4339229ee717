"""Plans as plain values, and back."""

import datetime
import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.plans import any_generator, any_plan

from parloader.errors import UsageError
from parloader.plans import generators
from parloader.plans.documents.generator_syntax import RENAMED, decode_generator, encode_generator
from parloader.plans.documents.generator_words import ALIASES, BY_WORD, SYNTAXES
from parloader.plans.documents.mistakes import InvalidPlan
from parloader.plans.documents.plan_document import decode_plan, encode_plan
from parloader.plans.model import Plan, Table


def text(plan: Plan) -> str:
    return json.dumps(encode_plan(plan), sort_keys=True, allow_nan=False)


@settings(max_examples=200)
@given(any_plan())
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    back = decode_plan(json.loads(text(plan)))
    assert back == plan
    assert text(back) == text(plan)


@settings(max_examples=200)
@given(any_generator)
def test_a_generator_comes_back_with_the_same_types(generator: generators.Generator) -> None:
    """Equal is not enough: True == 1 == 1.0."""
    assert repr(decode_generator(json.loads(json.dumps(encode_generator(generator), sort_keys=True)))) == repr(generator)


def test_the_order_of_columns_is_no_part_of_a_plan() -> None:
    one, other = generators.Const(value=1), generators.Const(value=2)
    plans = [
        Plan(name="p", parameters={}, tables=(Table(name="t", rows=1, columns=columns, partitioned=True),))
        for columns in ({"a": one, "b": other}, {"b": other, "a": one})
    ]
    assert plans[0] == plans[1]
    assert text(plans[0]) == text(plans[1])


def test_whole_numbers_and_floats_of_one_value_are_written_alike() -> None:
    assert encode_generator(generators.Normal(mean=100, deviation=15.0, null_share=0)) == encode_generator(
        generators.Normal(mean=100.0, deviation=15, null_share=0.0)
    )


def test_every_generator_and_each_of_its_fields_can_be_written() -> None:
    assert {s.kind for s in SYNTAXES} == {*generators.Generator.__subclasses__(), generators.ChildOf}
    without: dict[type, set[str]] = {
        generators.ChildOf: {f.name for f in fields(generators.Pick)} - {"parent", "column", "group", "null_share"}
    }
    for spelling in SYNTAXES:
        written = {*spelling.fields, *spelling.options, *spelling.nested, *spelling.fixed, "null_share"}
        assert written == {f.name for f in fields(spelling.kind)} - without.get(spelling.kind, set())


def test_no_option_can_be_taken_for_a_generator() -> None:
    options = {RENAMED.get(name, name) for s in SYNTAXES for name in (*s.options, *s.nested)}
    assert not options & {*BY_WORD, *ALIASES}


@pytest.mark.parametrize(
    ("form", "generator"),
    [
        ({"const": 5}, generators.Const(value=5)),
        ({"const": {"null": True}}, generators.Const(value=None)),
        ({"const": {"hex": "00FF"}}, generators.Const(value=b"\x00\xff")),
        ({"cycle": ["a", "b"], "every": 10}, generators.Cycle(values=("a", "b"), every=10)),
        ({"choice": ["a", "b"], "weights": [1, 3]}, generators.Choice(values=("a", "b"), weights=(1, 3))),
        ({"uniform": [1, 10]}, generators.Uniform(low=1, high=10)),
        ({"uniform": ["0.00", "99.99"]}, generators.Uniform(low="0.00", high="99.99")),
        ({"normal": [100, 15], "scale": 2, "low": 0}, generators.Normal(mean=100, deviation=15, scale=2, low=0)),
        ({"zipf": 1000, "exponent": 1.1}, generators.Zipf(count=1000, exponent=1.1)),
        ({"sequence": 1, "every": 2, "count": 7}, generators.Sequence(start=1, every=2, count=7)),
        ({"spread": "2024-01-01T00:00:00Z", "span": "365d"}, generators.Spread(start="2024-01-01T00:00:00Z", span_seconds=31_536_000)),
        (
            {"pick": "customer.id", "distribution": "zipf"},
            generators.Pick(parent="customer", column="id", distribution=generators.Distribution.ZIPF),
        ),
        ({"pick": ["crm.customer", "id"]}, generators.Pick(parent="crm.customer", column="id")),
        # no other distribution uses the exponent: plan files with any are accepted
        ({"pick": "customer.id", "exponent": 101}, generators.Pick(parent="customer", column="id", exponent=101)),
        ({"unique": "text", "length": 8, "prefix": "user-"}, generators.Unique(form=generators.UniqueKind.TEXT, length=8, prefix="user-")),
        ({"provider": "email", "null_share": 0.1}, generators.Provider(name="email", null_share=0.1)),
        ({"random": "hex", "length": 16, "least": 8}, generators.Random(form="hex", length=16, least=8)),
        ({"template": "{i:06}"}, generators.Template(text="{i:06}")),
        (
            {"when": "i % 2 = 0", "then": {"const": 1}, "else": {"expr": "i * 2"}},
            generators.When(condition="i % 2 = 0", then=generators.Const(value=1), otherwise=generators.Expr(sql="i * 2")),
        ),
        ({"between": [0, "price * 2"], "scale": 2}, generators.Between(low=0, high="price * 2", scale=2)),
        (
            {"between": ["2024-01-01", "sent_on"], "of": {"const": "2024-02-01"}},
            generators.Between(low="2024-01-01", high="sent_on", of=generators.Const(value="2024-02-01")),
        ),
        ({"when": "i = 0", "then": {"const": 1}}, generators.When(condition="i = 0", then=generators.Const(value=1))),
        ({"after": "created_at", "least": "1h30m", "most": "3d"}, generators.After(column="created_at", least="1h30m", most="3d")),
        ({"after": "created_at", "within": "30d"}, generators.After(column="created_at", within_seconds=2_592_000)),
        (
            {"normal": ["1985-06-01", "4000d"], "low": "1930-01-01"},
            generators.Normal(mean="1985-06-01", deviation="4000d", low="1930-01-01"),
        ),
        ({"lognormal": [40, 0.6], "scale": 2, "low": 1}, generators.Lognormal(median=40, sigma=0.6, scale=2, low=1)),
        ({"exponential": 7.5, "high": 100}, generators.Exponential(mean=7.5, high=100)),
        ({"gamma": [90, 2.5], "scale": 1}, generators.Gamma(mean=90, shape=2.5, scale=1)),
        ({"pareto": [10, 1.16], "scale": 2}, generators.Pareto(least=10, exponent=1.16, scale=2)),
        ({"poisson": 3, "low": 1}, generators.Poisson(mean=3, low=1)),
        ({"geometric": 0.5, "high": 9}, generators.Geometric(mean=0.5, high=9)),
        (
            {"histogram": [0, "9.50", 100], "weights": [3, 1], "scale": 2},
            generators.Histogram(edges=(0, "9.50", 100), weights=(3, 1), scale=2),
        ),
        ({"timeline": "2024-01-01", "span": "730d"}, generators.Timeline(start="2024-01-01", span_seconds=63_072_000)),
        (
            {
                "timeline": "2024-01-01",
                "span": "90m",
                "hours": "office",
                "weekdays": [1, 1, 1, 1, 1, 0, 1],
                "ordered": False,
                "offset": "-03:30",
            },
            generators.Timeline(
                start="2024-01-01",
                span_seconds=5400,
                hours=generators.times.HOURS["office"],
                weekdays=(1, 1, 1, 1, 1, 0, 1),
                ordered=False,
                offset_seconds=-12_600,
            ),
        ),
        (
            {"timeline": "2024-01-01", "span": "1d", "not_before": ["a", "b"]},
            generators.Timeline(start="2024-01-01", span_seconds=86_400, not_before=("a", "b")),
        ),
        (
            {"timeline": "2024-01-01", "span": "1d", "not_before": "a"},
            generators.Timeline(start="2024-01-01", span_seconds=86_400, not_before=("a",)),
        ),
        ({"after": "created_at", "least": 1, "most": 86_400}, generators.After(column="created_at", least=1, most=86_400)),
    ],
)
def test_the_form_of_each_generator(form: dict[str, Any], generator: generators.Generator) -> None:
    assert decode_generator(form) == generator
    written = encode_generator(generator)
    assert written == {"const": {"hex": "00ff"}} if form == {"const": {"hex": "00FF"}} else written == form
    assert next(iter(written)) in BY_WORD


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"const": 1, "null_share": 1.5}, "`null_share` is 1.5"),
        ({}, "the braces are empty. Name a generator: const, cycle,"),
        ({"const": [datetime.date(2024, 1, 1), "a", [1]]}, '`const` is [2024-01-01, "a", […]]. Give a text'),
        ({"cycle": []}, "`cycle` is []. Give a non-empty list"),
        ({"cycle": [1], "every": 0}, "`every` is 0. Give an integer, 1 or more"),
        ({"choice": [1, 2], "weights": [1]}, "`weights` has 1 number for 2 values"),
        ({"choice": [1, 2], "weights": [-1, 2]}, "`weights` needs a list, each item a number, 0 or more; got -1. Correct item 1"),
        ({"choice": [1, 2], "weights": [2**62, 2**62]}, "the sum of the weights exceeds 64 bits"),
        ({"choice": [1, 2], "weights": ["1/0", 2]}, '`weights` needs a list, each item a number, 0 or more; got "1/0". Correct item 1'),
        (
            {"choice": [1, 2], "weights": [0.1, 1e-300]},
            "the sum of the weights exceeds 64 bits. Give smaller weights, or decimals with fewer digits",
        ),
        ({"choice": [1, 2], "weights": [math.nan, 2]}, "`weights` needs a list"),
        ({"lognormal": [40]}, "`lognormal` is [40]. Give [median, deviation of the logarithm] as numbers, 0 or more"),
        ({"lognormal": [40, 1], "low": 2, "high": "1.5"}, "2.0 is greater than 1.5"),
        ({"lognormal": [3, 1], "scale": 30}, "the median 3 with `scale` 30 exceeds 64 bits"),
        ({"pareto": [1e19, 1]}, "the least 1e+19 with `scale` 0 exceeds 64 bits. Give a smaller number"),
        ({"exponential": "soon"}, '`exponential` is "soon". Give a number, 0 or more'),
        ({"gamma": [10, 0]}, "`gamma` needs [mean, shape] as numbers, with a shape from 0.05 to 1000; got 0. Correct item 2"),
        ({"pareto": [10, 0]}, "`pareto` needs [least, exponent] as numbers, 0.01 or more; got 0. Correct item 2"),
        ({"poisson": 2e6}, "`poisson` is 2000000.0. Give a number, 0 or more, at most 1,000,000"),
        ({"geometric": 2, "low": 1.5}, "`low` is 1.5. Give an integer"),
        ({"histogram": [1]}, "`histogram` is [1]. Give a list of 2 or more"),
        ({"histogram": [1, 3, 3]}, "the edges 3 and 3 are not in ascending order"),
        ({"histogram": [1, "2024-01-01"]}, '1 and "2024-01-01" are of different kinds'),
        ({"histogram": [1, 2, 3], "weights": [1, 2, 3]}, "`weights` has 3 numbers for 3 edges. Give 2 numbers, one for each pair of edges"),
        ({"histogram": [1, 2], "weights": [0]}, "every weight is 0"),
        ({"uniform": ["1.5", "x"]}, '`uniform` needs [lowest, highest] as integers, decimals as text, dates or timestamps; got "x"'),
        ({"uniform": ["2024-01-01", "2024-02-30"]}, "`uniform` needs "),
        ({"uniform": ["2024-01-01", "2024-01-01T00:00:00"]}, '"2024-01-01" and "2024-01-01T00:00:00" are of different kinds'),
        (
            {"normal": ["1985-06-01", 4000]},
            'the deviation is 4000.0, but the mean is a date or a timestamp. Give the deviation as a time span, such as "400d"',
        ),
        ({"normal": [5, "4d"]}, 'the deviation "4d" is a time span, but the mean is a number'),
        ({"normal": [5, 4], "high": "2024-01-01"}, 'the mean is a number, but a limit is "2024-01-01"'),
        (
            {"normal": ["1985-06-01", "4d"], "low": 5},
            'the mean is "1985-06-01", but a limit is 5.0. Give all as dates, or all as timestamps',
        ),
        ({"normal": ["1985-06-01", "4d"], "low": "1985-01-01T00:00:00"}, "Give all as dates, or all as timestamps"),
        ({"normal": ["1985-06-01", "4d"], "low": "1990-01-01", "high": "1980-01-01"}, '"1990-01-01" is greater than "1980-01-01"'),
        ({"normal": ["1985-06-01", "4d"], "scale": 2}, "dates and timestamps have no `scale`"),
        (
            {"normal": ["soon", "4d"]},
            '`normal` needs [mean, deviation] as numbers, or as a date and a time span: ["2000-01-01", "400d"]; got "soon"',
        ),
        ({"normal": [1]}, "`normal` is [1]. Give [mean, deviation] as numbers, or as a date and a time span"),
        ({"normal": [1, -1]}, "the deviation is -1.0. Give a deviation of 0 or more"),
        ({"normal": [1, 1], "low": 2, "high": 1}, "2.0 is greater than 1.0"),
        ({"normal": [1, 1], "low": 1.2, "high": 1.8}, "no 64-bit number with `scale` 0 lies between"),
        ({"normal": [1, 1], "low": 1e30}, "no 64-bit number"),
        ({"zipf": 0}, "`zipf` is 0"),
        ({"zipf": 5, "exponent": -1}, "`exponent` is -1. Give a number, 0 or more, at most 100"),
        ({"zipf": 5, "exponent": 101}, "`exponent` is 101"),
        ({"pick": "a.id", "distribution": "zipf", "exponent": 101}, "`exponent` is 101. Give a number from 0 to 100"),
        ({"spread": "yesterday", "span": "1d"}, '`spread` is "yesterday"'),
        ({"spread": "2024-01-01T00:00:00.0005", "span": "1d"}, "Give a start in whole milliseconds"),
        ({"random": "runes"}, '`random` is "runes". Give one of letters, '),
        ({"random": "letters", "length": 2, "least": 3}, "3 is greater than 2"),
        ({"random": "uuid", "least": 0}, "`least` does not apply to uuid"),
        ({"random": "bits", "length": 65}, "`length` is 65. Give a length of 1 to 64 bits"),
        ({"random": "bits"}, "`length` is 0"),
        ({"after": "number", "least": 2, "most": 1}, "2 is greater than 1"),
        ({"after": "t", "least": "2h", "most": "90m"}, '"2h" is greater than "90m"'),
        ({"after": "t", "least": "2h", "within": "90m"}, '"2h" is greater than "90m"'),
        (
            {"after": "t", "least": "1h", "most": 5},
            '`least` is "1h", and the greatest amount 5. Give both as numbers, or both as time spans',
        ),
        ({"after": "t", "least": 5, "within": "1h"}, '`least` is 5, and the greatest amount "1h". Give both as numbers'),
        ({"after": "t", "most": "5h", "within": "1h"}, "it has `within` and `most`. Remove one of them"),
        ({"after": "t", "most": "soon"}, '`most` is "soon". Give an integer, or a time span such as "30d"'),
        ({"after": "t", "within": 5}, "`within` is 5. Give a time span: "),
        ({"between": ["9.50", "1.00"]}, '"9.50" is greater than "1.00"'),
        ({"between": [1]}, "[lowest, highest]"),
        ({"code": "ean14"}, '"ean14" is neither a pattern with a placeholder (# % ? &) nor the name of a code. Did you mean ean'),
        ({"unique": "code", "pattern": "ABC"}, '"ABC" is neither a pattern with a placeholder'),
        ({"timeline": "2024-01-01", "span": "1d", "growth": 0}, "`growth` is 0. Give a number, 0.000001 or more, at most 1,000,000"),
    ],
)
def test_fields_that_are_not_valid(form: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        decode_generator(form)
    assert message in str(caught.value)


@pytest.mark.parametrize("word", ["faker", "mimesis"])
def test_other_words_for_a_provider(word: str) -> None:
    assert decode_generator({word: "email", "length": 30}) == generators.Provider(name="email", length=30)


def table(**entries: Any) -> dict[str, Any]:
    return {"name": "t", "rows": 1, "column": {}, **entries}


def decided(*tables: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    return [(t.name, t.partitioned, t.reuse) for t in decode_plan({"plan": "p", "table": list(tables)}).tables]


def test_what_is_partitioned_where_nothing_says_so() -> None:
    big, small = table(name="big", rows=10_001), table(name="small", rows=10_000)
    assert decided(big, small, table()) == [("big", True, False), ("small", False, True), ("t", True, False)]
    assert decided({**big, "partitioned": False, "reuse": False}, table()) == [("big", False, False), ("t", True, False)]
    assert decided(table(partitioned=True, name="a"), table(partitioned=False)) == [("a", True, False), ("t", False, True)]


def test_the_last_is_that_of_the_dependency_order() -> None:
    child = table(name="child", column={"t_id": {"when": "i > 0", "then": {"pick": "t.id"}}})
    assert decided(child, table()) == [("t", False, True), ("child", True, False)]


def test_picks_of_tables_elsewhere_and_of_the_table_itself() -> None:
    own = table(column={"boss_id": {"pick": "t.id", "distribution": "earlier"}, "city_id": {"pick": "city.id"}})
    assert decided(own) == [("t", True, False)]


def test_tables_of_one_name() -> None:
    with pytest.raises(UsageError, match="table t: it appears twice"):
        decode_plan({"plan": "p", "table": [table(), table()]})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([*BY_WORD, "customer.id", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*BY_WORD, "every", "values", "then"]), inner, max_size=3),
    max_leaves=6,
)


@given(
    word=st.sampled_from([*BY_WORD, *ALIASES]),
    main=json_values,
    option=st.sampled_from(["null_share", "length", "then"]),
    value=json_values,
)
def test_any_values_are_a_generator_or_refused(word: str, main: object, option: str, value: object) -> None:
    try:
        generator = decode_generator({word: main, option: value})
    except InvalidPlan:
        return
    assert decode_generator(encode_generator(generator)) == generator


@given(entry=st.sampled_from(["plan", "seed", "parameters", "table", "count", "rule"]), value=json_values)
def test_any_values_are_a_plan_or_refused(entry: str, value: object) -> None:
    try:
        plan = decode_plan({"plan": "p", "table": [table()]} | {entry: value})
    except InvalidPlan:
        return
    assert decode_plan(encode_plan(plan)) == plan


def test_the_target_is_partitioned_unless_that_is_said() -> None:
    tables = [{"name": "a", "rows": 1}, {"name": "b", "rows": 1, "column": {"a_id": {"pick": "a.id"}}}]
    plan = decode_plan({"plan": "p", "target": "a", "table": tables})
    assert [(table.name, table.partitioned) for table in plan.tables] == [("a", True), ("b", True)]
    assert plan.target.name == "a"
    with pytest.raises(InvalidPlan, match="the target a is not partitioned") as caught:
        decode_plan({"plan": "p", "target": "a", "table": [tables[0] | {"partitioned": False}, tables[1]]})
    assert caught.value.mistakes[0].path == ("table", "a", "partitioned")
