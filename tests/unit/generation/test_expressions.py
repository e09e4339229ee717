"""Compiled generators: their values, the distribution of these, and errors."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv6Address
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.columns import PARENTS, context, frame, pick, series, values

from parloader.errors import UsageError
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression, needs
from parloader.generation.hashing import draw_number, stream
from parloader.generation.relations.picks import Candidates, pick_index
from parloader.plans.generators import (
    After,
    Choice,
    Const,
    Cycle,
    Distribution,
    Expr,
    Generator,
    Normal,
    Provider,
    Random,
    Sequence,
    Spread,
    Template,
    Uniform,
    When,
    Zipf,
)
from parloader.plans.model import MAX_ROOT_ROWS


class TestNull:
    @pytest.mark.parametrize("share", [0.25, 1.0])
    def test_share(self, share: float) -> None:
        assert series(Const(value=1, null_share=share), 10_000).null_count() / 10_000 == pytest.approx(share, abs=0.02)

    def test_columns_of_a_group_are_null_together_and_go_together(self) -> None:
        countries = series(Provider(name="country", group="home", null_share=0.5), column="a").to_list()
        codes = series(Provider(name="country_code", group="home", null_share=0.5), column="b").to_list()
        assert {("Germany", "DE"), ("France", "FR"), (None, None)} < set(zip(countries, codes, strict=True))
        assert len(set(zip(countries, codes, strict=True))) <= 115
        picks = [series(pick(group="fk", null_share=0.5), column=column).to_list() for column in "ab"]
        assert picks[0] == picks[1]
        assert None in picks[0]

    def test_others_are_not(self) -> None:
        together = Counter(zip(*(series(Const(value=1, null_share=0.5), 10_000, column=c).is_null().to_list() for c in "ab"), strict=True))
        assert all(count == pytest.approx(2500, abs=200) for count in together.values())

    def test_a_branch_draws_for_itself(self) -> None:
        nested = When(condition="i >= 0", then=Const(value=1, null_share=0.5), null_share=0.5)
        assert series(nested, 10_000).null_count() == pytest.approx(7500, abs=200)


class TestRandom:
    def test_uniform_reaches_both_ends_and_nothing_else(self) -> None:
        counts = Counter(values(Uniform(low=-2, high=3), 6000))
        assert sorted(counts) == [-2, -1, 0, 1, 2, 3]
        assert all(count == pytest.approx(1000, abs=150) for count in counts.values())
        assert set(values(Uniform(low="-0.1", high="0.1"))) == {Decimal("-0.1"), Decimal("0.0"), Decimal("0.1")}
        assert set(values(Uniform(low="2024-02-28", high="2024-03-01"))) == {date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)}
        assert min(values(Uniform(low=-(2**63), high=2**63 - 1))) < -(2**60)

    @pytest.mark.parametrize("weights", [(0, 1, 3), (1, 1, 1), (5, 0, 0)])
    def test_choice_by_weight(self, weights: tuple[int, ...]) -> None:
        counts = Counter(values(Choice(values=("a", "b", "c"), weights=weights), 10_000))
        assert [counts[value] / 10_000 for value in "abc"] == pytest.approx([weight / sum(weights) for weight in weights], abs=0.02)

    def test_normal(self) -> None:
        column = series(Normal(mean=100.25, deviation=15, scale=3), 20_000).cast(pl.Float64)
        assert column.mean() == pytest.approx(100.25, abs=0.5)
        assert column.std() == pytest.approx(15, abs=0.3)
        within = [((column - 100.25).abs() < 15 * deviations).mean() for deviations in (1, 2, 3)]
        assert within == pytest.approx([0.683, 0.954, 0.997], abs=0.01)
        cut = series(Normal(mean=0, deviation=10, low=-1.5, high=2))
        assert (cut.min(), cut.max()) == (-1, 2)

    def test_normal_follows_its_specification(self) -> None:
        def expected(i: int) -> int:
            draws = [draw_number(i, stream(42, "t", "c", str(k))) for k in range(6)]
            less_mean = sum(draw // 2**32 + draw % 2**32 for draw in draws) - 6 * (2**32 - 1)
            return (less_mean * round(Fraction("15.5") * 2**16) + round(Fraction("-7.1") * 2**16) * 2**32 + 2**47) // 2**48

        assert values(Normal(mean=-7.1, deviation=15.5), 200) == [expected(i) for i in range(200)]

    @pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
    @pytest.mark.parametrize("count", [1, 5, 3000])
    def test_zipf(self, count: int, exponent: float) -> None:
        random_values = values(Zipf(count=count, exponent=exponent), 20_000)
        assert 1 <= min(random_values) <= max(random_values) <= count
        weights = [k**-exponent for k in range(1, count + 1)]
        for some in (1, 2, 300, 1500):
            assert sum(value <= some for value in random_values) / 20_000 == pytest.approx(sum(weights[:some]) / sum(weights), abs=0.02)

    def test_zipf_of_very_many(self) -> None:
        random_values = values(Zipf(count=10**12, exponent=0.9))
        assert max(random_values) > 10**9
        assert min(random_values) < 100

    @pytest.mark.parametrize(
        ("form", "length", "pattern"),
        [
            ("letters", 9, "[a-z]{9}"),
            ("digits", 5, "[0-9]{5}"),
            ("hex", 33, "[0-9a-f]{33}"),
            ("time", 0, r"[012]\d:[0-5]\d:[0-5]\d"),
            ("inet4", 0, r"10(\.(0|[1-9]\d{0,2})){3}"),
        ],
    )
    def test_random_text(self, form: str, length: int, pattern: str) -> None:
        random_values = series(Random(form=form, length=length))
        assert random_values.str.contains(f"^({pattern})$").all()
        assert random_values.n_unique() > 950

    def test_random_of_several_lengths(self) -> None:
        assert Counter(map(len, values(Random(form="letters", length=4, least=2)))).keys() == {2, 3, 4}
        assert Counter(map(len, values(Random(form="bytes", length=2, least=0)))).keys() == {0, 1, 2}
        assert {len(value) for value in values(Random(form="bytes", length=5))} == {5}

    def test_uuids_are_of_version_4(self) -> None:
        random_values = values(Random(form="uuid"))
        assert all(str(UUID(text)) == text and UUID(text).version == 4 for text in random_values)

    def test_ipv6_addresses_are_as_servers_print_them(self) -> None:
        assert all(IPv6Address(text).compressed == text for text in values(Random(form="inet6")))

    @pytest.mark.parametrize("bits", [1, 8, 63, 64])
    def test_bits(self, bits: int) -> None:
        random_values = series(Random(form="bits", length=bits))
        assert random_values.dtype == (pl.UInt64 if bits == 64 else pl.Int64)
        assert 0 <= min(random_values) < 2**bits / 3
        assert 2**bits / 3 < max(random_values) < 2**bits


class TestPick:
    def test_even_uses_each_row_as_often_in_each_block(self) -> None:
        picked = values(pick(), PARENTS * 20)
        assert all(sorted(picked[k : k + PARENTS]) == list(range(PARENTS)) for k in range(0, len(picked), PARENTS))

    def test_even_columns_do_not_go_together_and_cycles_do(self) -> None:
        def pairs(distribution: Distribution) -> set[tuple[int, int]]:
            columns = [series(pick(distribution=distribution), PARENTS**3, column=column).to_list() for column in "ab"]
            return set(zip(*columns, strict=True))

        assert len(pairs(Distribution.EVEN)) == PARENTS**2
        assert pairs(Distribution.CYCLE) == {(k, k) for k in range(PARENTS)}

    def test_every(self) -> None:
        picked = values(pick(every=3), PARENTS * 3)
        assert [picked[k : k + 3] for k in range(0, len(picked), 3)] == [[index] * 3 for index in picked[::3]]
        assert values(pick(every=2, distribution=Distribution.CYCLE), 6) == [0, 0, 1, 1, 2, 2]

    @pytest.mark.parametrize("distribution", [Distribution.UNIFORM, Distribution.ZIPF])
    def test_random(self, distribution: Distribution) -> None:
        counts = Counter(values(pick(distribution=distribution), 7000))
        assert sorted(counts) == list(range(PARENTS))
        harmonic = sum(1 / k for k in range(1, PARENTS + 1))
        shares = [1 / PARENTS if distribution == Distribution.UNIFORM else 1 / k / harmonic for k in range(1, PARENTS + 1)]
        assert [counts[k] / 7000 for k in range(PARENTS)] == pytest.approx(shares, abs=0.02)

    def test_earlier_is_one_of_the_roots_before_the_row(self) -> None:
        picked = values(pick(distribution=Distribution.EARLIER), 5000)
        assert picked[0] is None
        assert picked[1] == 0
        assert all(0 <= earlier < min(i, MAX_ROOT_ROWS) for i, earlier in enumerate(picked) if i)
        assert max(picked[1:]) > MAX_ROOT_ROWS * 0.9

    def test_by_an_index_of_ones_own(self) -> None:
        column = series(pick(index="case when i % 2 = 0 then i / 2 end"), 6)
        assert column.to_list() == [0, None, 1, None, 2, None]
        assert column.dtype == pl.Int64


@given(
    rows=st.integers(1, 10**15),
    span_seconds=st.integers(1, 10**10),
    start=st.datetimes(datetime(1000, 1, 1), datetime(5000, 1, 1)).map(lambda timestamp: timestamp.replace(microsecond=0, tzinfo=UTC)),
    data=st.data(),
)
def test_spread_is_exact_however_many_rows(rows: int, span_seconds: int, start: datetime, data: st.DataObject) -> None:
    indices = data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=5))
    spread = expression(Spread(start=start.isoformat(), span_seconds=span_seconds), context(rows=rows))
    found = pl.DataFrame({"i": pl.Series(indices, dtype=pl.Int64)}).select(spread).to_series().to_list()
    timestamps = [start + timedelta(milliseconds=i * span_seconds * 1000 // rows) for i in indices]
    assert found == [timestamp.replace(microsecond=0, tzinfo=None) for timestamp in timestamps]


@pytest.mark.parametrize(
    ("generator", "columns"),
    [
        (Const(value=1), set()),
        (Expr(sql='i + number * "price"'), {"number", "price"}),
        (Template(text="{i:06}-{text}{{day}}"), {"text"}),
        (After(column="day", most=3), {"day"}),
        (When(condition="text = 'a' and i > 1", then=Expr(sql="number"), otherwise=Template(text="{day}")), {"text", "number", "day"}),
        (pick(index="i % 3"), set()),
    ],
)
def test_needs(generator: Generator, columns: set[str]) -> None:
    assert needs(generator) == columns


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (Const(value=2**64), "exceeds 64 bits"),
        (Cycle(values=(1, "a")), "the values have different types: int, str"),
        (Uniform(low=0, high=2**63), "a bound of `uniform` exceeds 64 bits"),
        (Uniform(low="0." + "0" * 20, high="1"), "a bound of `uniform` exceeds 64 bits"),
        (Normal(mean=1e30, deviation=1), "exceeds 64 bits"),
        (Sequence(start=2**63 - 10), "the sequence exceeds 64 bits"),
        (Template(text="{"), "the template '{' is not valid"),
        (Template(text="{}"), "invalid field"),
        (Template(text="{i:>6}"), "invalid field"),
        (Template(text="{text:06}"), "invalid field"),
        (Template(text="{i!r}"), "invalid field"),
        (When(condition="i % ", then=Const(value=1)), "'i % ' is not valid"),
        (Expr(sql="sum(number)"), "'sum', which reads other rows or the clock"),
        (Expr(sql="row_number() OVER (ORDER BY i)"), "reads other rows"),
        (Expr(sql="now()"), "reads other rows"),
        (Expr(sql="(SELECT 1)"), "reads other rows"),
        (Expr(sql="columns('a')"), "reads other rows"),
        (pick(index="i +"), "is not valid"),
    ],
)
def test_errors_name_the_column(generator: Generator, message: str) -> None:
    with pytest.raises(UsageError, match=rf"(?s)^table t, column c: .*{message}"):
        values(generator)


def test_only_numbers_dates_and_timestamps_can_be_added_to() -> None:
    with pytest.raises(TypeError, match="text, which is not a number, a date or a timestamp"):
        values(After(column="text", most=1))


def test_time_spans_are_added_to_timestamps_in_seconds_and_to_dates_in_whole_days() -> None:
    def expected(i: int) -> timedelta:
        return timedelta(seconds=5400 + draw_number(i, stream(42, "t", "c")) % 1801)

    moment = datetime(2024, 2, 28, 23, 59, 59)
    assert values(After(column="moment", least="1h30m", most="2h"), 50) == [moment + expected(i) for i in range(50)]
    assert values(After(column="moment", least="1h30m", within_seconds=7200), 50) == [moment + expected(i) for i in range(50)]
    assert set(values(After(column="day", least="1h", most="71h"))) == {date(2024, 2, 29), date(2024, 3, 1)}
    assert set(values(After(column="day", within_seconds=86_400))) == {date(2024, 2, 28), date(2024, 2, 29)}
    with pytest.raises(TypeError, match="to the date day, but no number of whole days lies in the time span"):
        values(After(column="day", least="1h", most="23h"))
    for column in ("number", "price"):
        with pytest.raises(TypeError, match=f"cannot add a time span to {column}, which is a number; write numbers without a unit"):
            values(After(column=column, within_seconds=60))


def test_dates_and_timestamps_around_a_mean() -> None:
    days = series(Normal(mean="1985-06-01", deviation="4000d", low="1960-01-01", high="2000-01-01"), 20_000)
    assert days.dtype == pl.Date
    assert [days.min(), days.max()] == [date(1960, 1, 1), date(2000, 1, 1)]
    assert (days < date(1985, 6, 1)).mean() == pytest.approx(0.5, abs=0.01)
    assert days.is_between(date(1974, 6, 19), date(1996, 5, 14)).mean() == pytest.approx(0.683, abs=0.01)
    times = series(Normal(mean="2024-01-01T12:00:00", deviation="1h30m"), 20_000)
    assert times.dtype == pl.Datetime("us")
    assert times.to_physical().std() == pytest.approx(5400 * 10**6, rel=0.02)


def test_quoted_text_and_names_are_not_searched_for_functions() -> None:
    assert needs(Expr(sql="text = 'sum(' or `over` = 1 or \"select\" = 2")) == {"text", "over", "select"}


def test_a_parent_without_rows() -> None:
    with pytest.raises(UsageError, match="picks from parent, which has no rows"):
        pick_index(pick(), context(), Candidates(rows=0))


def test_a_column_of_another_seed_or_table_has_other_values() -> None:
    generator = Uniform(low=0, high=2**62)
    here = context()
    others: list[Callable[[], ColumnContext]] = [
        lambda: here,
        lambda: replace(here, seed=1),
        lambda: replace(here, table="x"),
        lambda: replace(here, column="x"),
    ]
    random_values = {frame(1).select(expression(generator, other()).alias("x"))["x"].item() for other in others}
    assert len(random_values) == 4
