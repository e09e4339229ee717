"""Hypothesis strategies: plan files from the grammar of docs/plan-files.md, some with mistakes."""

import datetime
import math
from dataclasses import replace
from typing import Any, TypeAlias

import tomlkit
from hypothesis import strategies as st
from support.small_schemas import flag, foreign, integer, schema, table, text

from parloader.plans.documents.generator_syntax import RENAMED
from parloader.plans.documents.generator_words import BY_WORD
from parloader.schema.model import ColumnSchema, ColumnType

Document: TypeAlias = dict[str, Any]

TABLES = (
    "CREATE TABLE customer (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NULL, born DATE NULL)",
    """CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id INT NULL, status VARCHAR(10) NULL,
        note VARCHAR(200) NULL, net DECIMAL(10, 2) NULL, fee DECIMAL(10, 2) NULL, total DECIMAL(12, 4) NULL, made DATETIME NULL, sent TIMESTAMP NULL,
        day DATE NULL, due DATE NULL, at TIME NULL, ratio DOUBLE NULL, active TINYINT(1) NULL, code VARBINARY(20) NULL, state ENUM('new', 'paid') NULL,
        n INT NULL, m INT NULL, big BIGINT UNSIGNED NULL, FOREIGN KEY (customer_id) REFERENCES customer (id))""",
)

COLUMNS = (
    *("customer_id", "status", "note", "net", "fee", "total", "made", "sent", "day", "due"),
    *("at", "ratio", "active", "code", "state", "n", "m", "big"),
)

CUSTOMER_COLUMNS = ("email", "born")

names = st.sampled_from([*COLUMNS, *CUSTOMER_COLUMNS, "id", "i", "stauts", "", "orders", "customer", "é", "a.b", "x" * 70])

numbers = (
    st.integers(-3, 30) | st.sampled_from([2**31, 2**63 - 1, -(2**63), 2**64, 10**30]) | st.floats() | st.sampled_from([0.5, -0.0, 1e300])
)

dates = st.sampled_from(
    [
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 1, 1, 10, 0),
        datetime.datetime(9999, 12, 31, 23, 59, 59),
        datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        datetime.time(10, 30),
    ]
)

quoted = st.sampled_from(
    ["9.50", "0.5", "1e5", "-3", "007", "abc", "new", "paid", "", "é😀", "2024-01-01", "2024-13-01", "2024-01-01T00:00:00Z", "0000-00-00", "'", "\\", "NaN", "inf"]
)  # fmt: skip

scalars = (
    quoted | numbers | dates | st.booleans() | st.sampled_from([{"null": True}, {"hex": "00ff"}, {"hex": "0"}, {"decimal": "1.5"}, {}])
)

sql = st.sampled_from(
    [
        "i", "i % 2 = 0", "i / 0", "1.0 / n", "net + fee", "net * 2", "status = 1", "status = 'new'", "made + 5", "made - sent", "n // 0", "n % 0", "NULL",
        "day || note", "CAST(status AS INT)", "i * 9223372036854775807", "POWER(i, 300)", "SQRT(-1)", "LN(0)", "[1, 2]", "CAST(i AS TIME)", "stauts", "i +", "",
        "status", "n", "(" * 200 + "i" + ")" * 200, "COUNT(*)", "REGEXP_LIKE(status, '(')", "made + INTERVAL '1 day'", "INTERVAL '1 day'", "i IN (1, 'x')",
        "COALESCE(i, 'x')", "day > '2024-01-01'", "'x'", "TRUE", "i::int8", "(i * 1000)::int8", "LEFT(status, 'x')", "SUBSTR(note, -1)", "*", "i.x", "id",
        "CASE WHEN i = 7 THEN 1 / 0 ELSE i END", "total / (i - 7)", "x'zz'", "UPPER(n)", "ROUND(ratio, 400)", "1e400", "99999999999999999999999", "`é`",
    ]
)  # fmt: skip

texts = quoted | st.sampled_from(["{i}", "{i:06}", "{status}-{n}", "{day}", "{", "{}", "{stauts}", "{i:>9}", "{code}", "{i:099}"])

anything = st.recursive(
    scalars | sql | texts | names, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=2), max_leaves=4
)

picks = st.sampled_from(
    ["customer.id", "customer.email", "customer.born", "orders.id", "orders.n", "custmer.id", "customer.idd", "customer", "a.b.c", ""]
)

ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "const": scalars,
    "cycle": st.lists(scalars, max_size=3),
    "choice": st.lists(scalars, max_size=3),
    "uniform": st.sampled_from([[1, 9], ["0.50", "9.99"], ["2024-01-01", "2024-12-31"], [9, 1], [1, "9"], ["2024-01-01T00:00:00", "2024-01-02T00:00:00"]]),
    "normal": st.lists(numbers | dates, min_size=2, max_size=2) | st.sampled_from([["2024-01-01", "4d"], ["9999-12-31T00:00:00", "999999w"]]),
    "zipf": numbers,
    "lognormal": st.lists(numbers | quoted, min_size=2, max_size=2),
    "exponential": numbers | quoted,
    "gamma": st.lists(numbers | quoted, min_size=2, max_size=2) | st.just([10, 2]),
    "pareto": st.lists(numbers | quoted, min_size=2, max_size=2),
    "poisson": numbers | quoted,
    "geometric": numbers | quoted,
    "histogram": st.lists(numbers | quoted | dates, max_size=3) | st.sampled_from([[0, 1.5, 9], ["2024-01-01", "2024-12-31"]]),
    "sequence": numbers,
    "spread": dates | quoted,
    "timeline": dates | quoted,
    "pick": picks | st.lists(names, max_size=3),
    "child_of": picks,
    "number_in": names,
    "share_of": picks,
    **dict.fromkeys(("sum_of", "count_of", "min_of", "max_of", "first_of", "last_of"), picks),
    "unique": st.sampled_from(["text", "integer", "decimal", "bytes", "uuid", "inet4", "date", "datetime", "time", "values", "email", "slug", "code", "txt"]),
    "provider": st.sampled_from(["email", "city", "point", "vector", "emial", "json", "review", "latitude"]),
    "random": st.sampled_from(["hex", "letters", "digits", "bytes", "uuid", "inet6", "time", "bits", "runes"]),
    "template": texts,
    "when": sql,
    "expr": sql,
    "between": st.lists(sql | st.sampled_from([1, 9, "0.50", "2024-01-01", "2024-01-01T00:00:00"]), min_size=1, max_size=3),
    "after": names,
    "code": st.sampled_from(["???-#####", "ean13", "iban_de", "SKU", "a\\\\", ""]),
    "slug_of": names,
}  # fmt: skip

OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "every": numbers,
    "trees": numbers,
    "weights": st.lists(st.integers(-1, 5) | st.sampled_from([0.5, "1/3", "0.25"]), max_size=3),
    "scale": st.integers(-1, 45),
    "low": numbers | dates,
    "high": numbers | dates,
    "growth": numbers,
    "hours": st.sampled_from(["office", "lunch", list(range(24)), [0] * 24, [1], [0.5] * 24]),
    "weekdays": st.sampled_from(["workdays", [1, 1, 1, 1, 1, "1/3", 0], [0] * 7]),
    "months": st.sampled_from(["retail", [0] * 11 + [1], [1] * 13]),
    "ordered": st.booleans() | st.just(1),
    "offset": st.sampled_from(["+02:00", "-12:00", "Z", "Berlin", "+99:00"]),
    "not_before": names | st.lists(names, max_size=2),
    "within": st.sampled_from(["30d", "1h30m", "0s", "999999999999w", ""]),
    "exponent": numbers,
    "step": numbers,
    "start": numbers,
    "base": st.integers(-1, 40),
    "count": numbers,
    "span": st.sampled_from(["1d", "365d", "0s", "999999999999w", "1y", ""]),
    "unit": st.sampled_from(["s", "ms", "d", "us"]),
    "distribution": st.sampled_from(["even", "cycle", "uniform", "zipf", "popular", "earlier", "tree", "zip"]),
    "index": sql,
    "group": names,
    "scrambled": st.booleans(),
    "growing": st.booleans(),
    "where": sql | st.sampled_from(["id > 3", "i < 5", "email LIKE 'a%'", "born > 5"]),
    "among": names,
    "distinct_in": names,
    "length": st.integers(-1, 40) | st.sampled_from([2**32 - 1, 2**40]),
    "prefix": quoted,
    "suffix": quoted,
    "values": st.lists(scalars, max_size=3),
    "srid": st.sampled_from([0, 4326, -1]),
    "least": st.integers(-5, 50) | st.sampled_from([2**62, "1h", "9999999d"]),
    "most": st.integers(-5, 500) | st.sampled_from([2**62, "1h", "30d", "9999999d"]),
    "pattern": st.sampled_from(["", "##", "ean13"]),
    "of": st.sampled_from(["", "product", "title", "body"]),
    "locale": st.sampled_from(["de_DE", "world", "de", ["fr_FR", "ja_JP"], [], 5]),
    "null_share": st.sampled_from([0, 0.5, 1, 1.5, -1, math.nan]),
}


@st.composite
def generators(draw: st.DrawFn, depth: int = 2) -> Any:
    """A generator; one in ten has any argument or an option of another."""
    word = draw(st.sampled_from([*BY_WORD]))
    syntax = BY_WORD[word]
    table: Document = {word: draw(ARGUMENTS.get(word, anything))}
    for option in (*syntax.nested, *syntax.options):
        written = RENAMED.get(option, option)
        if option in syntax.nested:
            if (written != "else" or draw(st.booleans())) and depth:
                table[written] = draw(generators(depth - 1) | st.just({"const": 2}))
        elif written == "span" or draw(st.integers(0, 3)) == 0:
            table[written] = draw(OPTIONS.get(written, anything))
    if draw(st.integers(0, 9)) == 0:
        table[draw(st.sampled_from([*OPTIONS, word, "waht"]))] = draw(anything)
    return table


rare = st.integers(0, 9).map(lambda number: number == 0)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A plan of the two TABLES, with up to six columns and, often, mistakes."""
    orders: Document = {"rows": draw(st.sampled_from([0, 1, 30, 30, 30, 2500])), "column": {}}
    customer: Document = {"rows": draw(st.sampled_from([0, 1, 20, 20])), "column": {}}
    for name in draw(st.lists(st.sampled_from(COLUMNS), max_size=6, unique=True)):
        orders["column"][name] = draw(generators())
    for name in draw(st.lists(st.sampled_from(CUSTOMER_COLUMNS), max_size=1)):
        customer["column"][name] = draw(generators())
    document: Document = {"plan": "fuzz", "seed": draw(st.integers(0, 5)), "table": {"customer": customer, "orders": orders}}
    if draw(rare):
        del document["table"]["customer"]
    if draw(rare):
        orders["column"][draw(names)] = draw(anything)
    if draw(rare):
        option = st.sampled_from(["key", "identity", "match", "optional", "later", "unchecked", "partitioned", "reuse", "rows", "colunm"])
        orders[draw(option)] = draw(anything | st.lists(names, max_size=2) | names | st.booleans())
    if draw(st.booleans()):  # children, so that sums and shares of them are no mistakes
        orders["column"]["customer_id"] = {"child_of": "customer.id", "count": draw(generators(0)), "group": "customer"}
    if draw(rare):
        document["table"][draw(names)] = draw(
            st.sampled_from([{"rows": 3}, {"rows": -1}, {"rows": 3, "column": {"id": {"const": 1}}}]) | anything
        )
    if draw(rare):
        document[draw(st.sampled_from(["target", "count", "rule", "parameters", "seed", "plan", "tabel"]))] = draw(anything)
    if draw(rare):
        document["count"] = [{"name": "some", "column": draw(names)}]
    if draw(rare):
        document["rule"] = [
            draw(
                st.fixed_dictionaries({"name": names, "exactly_one": st.lists(names, max_size=2)})
                | st.fixed_dictionaries({"name": names, "same_through": names, "column": names, "parent_column": names})
            )
        ]
    return document


def toml(document: Document) -> str:
    return tomlkit.dumps(document)


def _column(name: str, kind: ColumnType, type_text: str, **more: object) -> ColumnSchema:
    return replace(ColumnSchema(name=name, kind=kind, type_text=type_text, nullable=True), **more)  # type: ignore[arg-type]


SCHEMA = schema(
    table("customer", text("email", 60, nullable=True), _column("born", ColumnType.DATE, "date")),
    table(
        "orders",
        integer("customer_id", nullable=True),
        text("status", 10, nullable=True),
        text("note", 200, nullable=True),
        *(_column(name, ColumnType.DECIMAL, "decimal(10,2)", precision=10, scale=2) for name in ("net", "fee")),
        _column("total", ColumnType.DECIMAL, "decimal(12,4)", precision=12, scale=4),
        _column("made", ColumnType.DATETIME, "datetime"),
        _column("sent", ColumnType.TIMESTAMP, "timestamp"),
        *(_column(name, ColumnType.DATE, "date") for name in ("day", "due")),
        _column("at", ColumnType.TIME, "time"),
        _column("ratio", ColumnType.REAL, "double"),
        integer("active", nullable=True, min_value=-128, max_value=127, type_text="tinyint(1)"),
        _column("code", ColumnType.BYTES, "varbinary(20)", length=20),
        flag("state", "new", "paid", nullable=True),
        *(integer(name, nullable=True) for name in ("n", "m")),
        integer("big", nullable=True, min_value=0, max_value=2**64 - 1, unsigned=True, type_text="bigint unsigned"),
        to=(foreign("customer_id", "customer"),),
    ),
)
"""The TABLES as the planner sees them."""
