"""Plan files: written plans are read back, and errors name the line."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.plans import any_plan

from parloader.errors import UsageError
from parloader.generation.samples import mistakes_without_schema
from parloader.plans.documents import toml_file
from parloader.plans.documents.plan_document import encode_plan
from parloader.plans.documents.python_plan import load
from parloader.plans.documents.toml_file import parse, text_of
from parloader.plans.generators import Choice, Const, Pick, Unique
from parloader.plans.model import Count, ExactlyOne, Plan, SameThrough

ROOT = Path(__file__).parents[4]

GUIDE = (ROOT / "docs/plan-files.md").read_text(encoding="utf-8")

ORDERS = """\
plan = "orders"
seed = 0

[table.customer]
rows = 1000
key = "id"            # or: identity = ["a", "b"]

[table.customer.column]
email = { unique = "text", suffix = "@example.com", length = 8 }

[table."shop.orders"]
rows = 1_000_000
partitioned = true

[table."shop.orders".column]
customer_id = { pick = "customer.id" }
status = { choice = [
    "new",   # most
    "paid ]",
    '''
sent'''], weights = [1, 2, 3] }
note.const = "plain"
'of it' = { when = "i % 2 = 0", then = { const = 1 } }

[[count]]
name = "paid"
column = "status"

[[rule]]
name = "one of them"
exactly_one = ["status", "note"]

[[rule]]
name = "the same"
same_through = "a"
column = "b"
parent_column = "c"
"""


def test_a_file_is_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(ORDERS, encoding="utf-8-sig")
    plan = toml_file.read(file)
    assert [(t.name, t.rows, t.key, t.partitioned, t.reuse) for t in plan.tables] == [
        ("customer", 1000, "id", False, True),
        ("shop.orders", 1_000_000, None, True, False),
    ]
    customer, orders = plan.tables
    assert isinstance(customer.columns["email"], Unique)
    assert orders.columns["customer_id"] == Pick(parent="customer", column="id")
    assert orders.columns["status"] == Choice(values=("new", "paid ]", "sent"), weights=(1, 2, 3))
    assert orders.columns["note"] == Const(value="plain")
    assert plan.counts == (Count(name="paid", column="status"),)
    assert plan.rules == (
        ExactlyOne(name="one of them", columns=("status", "note")),
        SameThrough(name="the same", column="b", via="a", parent_column="c"),
    )


@settings(max_examples=100)
@given(any_plan())
def test_a_written_plan_is_read_back(plan: Plan) -> None:
    assert json.dumps(encode_plan(parse(text_of(plan), "plan.toml"))) == json.dumps(encode_plan(plan))


def test_how_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    comments = {("customer", None): "there are 12 already\nof them", ("shop.orders", "status"): "its CHECK says so", ("nobody", "x"): ""}
    toml_file.write(parse(ORDERS, "plan.toml"), file, comments)
    assert file.read_text(encoding="utf-8").startswith(
        """\
# parloader plan
plan = "orders"
seed = 0

# there are 12 already of them
[table.customer]
rows = 1_000
key = "id"

[table.customer.column]
email = { unique = "text", length = 8, suffix = "@example.com" }

[table."shop.orders"]
rows = 1_000_000

[table."shop.orders".column]
customer_id = { pick = "customer.id" }
status = { choice = ["new", "paid ]", "sent"], weights = [1, 2, 3] }  # its CHECK says so
note = { const = "plain" }
"of it" = { when = "i % 2 = 0", then = { const = 1 } }

[[count]]
"""
    )
    assert toml_file.read(file) == parse(ORDERS, "plan.toml")


@given(plan=any_plan(), comment=st.text(max_size=20))
def test_a_comment_is_nothing_but_a_comment(plan: Plan, comment: str) -> None:
    tables = {(table.name, column): comment for table in plan.tables for column in (None, *table.columns)}
    assert parse(text_of(plan, tables), "plan.toml") == plan


ORDERS_TABLE = "table shop.orders"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rows = 1000", "rows = -5", "line 5: table customer: `rows` is -5. Give an integer, 0 or more"),
        ("rows = 1000", "rows = true", "line 5: table customer: `rows` is true. Give an integer, 0 or more"),
        ("rows = 1000", "", "line 4: table customer: `rows` is missing. Add `rows`"),
        ("rows = 1000", "row = 1000", "line 4: table customer: `rows` is missing. Add `rows`"),
        ('key = "id"', 'key = "id"\nidentity = ["email"]', "line 7: table customer: it has both `key` and `identity`. Remove one of them"),
        ('key = "id"', 'identity = ["mail"]', "line 6: table customer: `identity` names the column mail, which has no generator. Did you mean email?"),
        ('key = "id"', 'key = "email"', "line 9: table customer: the key email has a generator. A run assigns the key: remove the column email"),
        ("unique =", "uniqe =", 'line 9: table customer, column email: "uniqe" is not a generator. Did you mean unique? Valid: const, cycle,'),
        ('"text"', '"txt"', 'line 9: table customer, column email: `unique` is "txt". Give one of integer, decimal, text,'),
        ("length = 8", "lenght = 8", 'line 9: table customer, column email: `unique` has no entry "lenght". Did you mean length? Valid: unique, low,'),
        ("length = 8", "null_share = 1.5", "line 9: table customer, column email: `null_share` is 1.5. Give a number, 0 or more, at most 1"),
        ("length = 8", "const = 8", "line 9: table customer, column email: there are two generators, `unique` and `const`. Remove one of them"),
        ('"customer.id"', '"customer"', f'line 16: {ORDERS_TABLE}, column customer_id: `pick` is "customer". Give a table and a column: "customer.id"'),
        (
            '"customer.id"',
            '"customer.id", distribution = "zip"',
            f'line 16: {ORDERS_TABLE}, column customer_id: `distribution` is "zip". '
            "Give one of even, cycle, uniform, zipf, popular, covering, earlier, tree, rooted. Did you mean zipf?",
        ),
        ("[1, 2, 3]", "[1, 2]", f"line 17: {ORDERS_TABLE}, column status: `weights` has 2 numbers for 3 values. Give one weight per value"),
        ("[1, 2, 3]", "[1, 2, -0.5]", f"line 17: {ORDERS_TABLE}, column status: `weights` needs a list, each item a number, 0 or more; got -0.5. Correct item 3"),
        ("[1, 2, 3]", "[0, 0, 0]", f"line 17: {ORDERS_TABLE}, column status: every weight is 0. Give at least one a weight of 1 or more"),
        ('note.const = "plain"', "note.const = inf", f"line 22: {ORDERS_TABLE}, column note: `const` is inf. Give a text, a number of at most 65 digits"),
        ('note.const = "plain"', "note = 5", f"line 22: {ORDERS_TABLE}, column note: 5 is not a generator. Write it in braces, such as {{ const = 5 }}"),
        ('note.const = "plain"', "note.uniform = [9, 1]", f"line 22: {ORDERS_TABLE}, column note: 9 is greater than 1. Write the lower one first"),
        ('note.const = "plain"', 'note.uniform = [1, "2024-01-01"]', f'line 22: {ORDERS_TABLE}, column note: 1 and "2024-01-01" are of different kinds'),
        ('note.const = "plain"', "note.uniform = [true, 1.5]", f"line 22: {ORDERS_TABLE}, column note: `uniform` needs [lowest, highest] as integers, "),
        ('note.const = "plain"', 'note = { spread = "2024-01-01" }', f"line 22: {ORDERS_TABLE}, column note: `span` is missing. Add `span`"),
        (
            'note.const = "plain"',
            'note = { spread = "2024-01-01", span = "1y" }',
            f'line 22: {ORDERS_TABLE}, column note: `span` is "1y". Give a time span: a number and s, m, h, d or w, such as "365d"',
        ),
        (
            'note.const = "plain"',
            'note = { spread = "9024-01-01", span = "999w", unit = "us" }',
            f'line 22: {ORDERS_TABLE}, column note: `unit` is "us". Give one of s, ms, d',
        ),
        (
            'note.const = "plain"',
            'note = { spread = "9024-01-01", span = "99999w" }',
            f"line 22: {ORDERS_TABLE}, column note: the time span ends after the year 9999. Give an earlier start or a shorter span",
        ),
        ("{ const = 1 }", "{ cons = 1 }", f"line 23: {ORDERS_TABLE}, column of it, `then`: \"cons\" is not a generator. Did you mean const?"),
        ("partitioned = true", "partitioned = false", "line 13: no table is partitioned. Remove `partitioned` from table shop.orders, the last one"),
        ("seed = 0", 'seed = 0\ntarget = "order"', 'line 3: `target` is "order". Give one of customer, shop.orders'),
        ("partitioned = true", "partitioned = true\nlater = ['customer_id', 'x']", "line 14: table shop.orders: `later` names the column x, which has no generator. Give it"),
        ("partitioned = true", "later = ['status']\nmatch = ['status']", "line 13: table shop.orders: `later` names the column status, which is also in `match`"),
        ("partitioned = true", "partitioned = 1", "line 13: table shop.orders: `partitioned` is 1. Give true or false"),
        ('column = "status"', "", "line 25: count 1: `column` is missing. Add `column`"),
        ("exactly_one", "exactly", 'line 31: rule 1: a rule has no entry "exactly". Did you mean exactly_one? Valid: name, exactly_one,'),
        ('column = "b"\n', "", "line 33: rule 2: `column` is missing. Add `column`"),
        ('same_through = "a"\n', "", 'line 35: rule 2: a rule without `same_through` has no entry "column". Valid: name, exactly_one'),
        ('"customer.id"', '"a.b.id"', f'line 16: {ORDERS_TABLE}, column customer_id: `pick` is "a.b.id". Give a table and a column: "customer.id", or ["customer", "id"]'),
        ("email = {", 'email = { pick = ["shop.orders", "id"] } #', "line 4: the tables reference each other in a cycle: customer → shop.orders → customer"),
        ("seed = 0", "seed = 0.5", "line 2: `seed` is 0.5. Give an integer, 0 or more"),
        ('plan = "orders"', "", "`plan` is missing. Add `plan`"),
        (
            'plan = "orders"',
            'plan = "orders"\nsed = 1',
            'line 2: a plan has no entry "sed". Did you mean seed? Valid: plan, seed, inference, locale, target, parameters, table, count, rule',
        ),
        ("rows = 1000", "rows = 1000\nrows = 5", "line 6, column 9: this key is defined twice. Remove one of the two"),
        ("[[count]]", "[table.customer]", "line 25, column 16: table.customer is defined twice. Remove one of the two"),
        ("rows = 1000", "rows 1000", "line 5, column 6: expected '=' after a key in a key/value pair. The file must be TOML"),
        ("rows = 1000", "rows = " + "9" * 5000, "a number has thousands of digits. Write a shorter one"),
        ("rows = 1000", "rows = 0x" + "f" * 5000, "line 5: table customer: `rows` is a number of thousands of digits. Give an integer"),
        ("rows = 1000", "rows = " + "[" * 5000, "brackets are nested too deeply. Remove some of them"),
    ],
)  # fmt: skip
def test_errors_name_the_line(old: str, new: str, message: str) -> None:
    assert old in ORDERS
    with pytest.raises(UsageError) as caught:
        parse(ORDERS.replace(old, new, 1), "plan.toml")
    said = re.sub("^plan.toml(, |: )", "", (*caught.value.lines, str(caught.value))[0])
    assert said.startswith(message), said


def test_only_the_first_of_very_many_mistakes_are_lines() -> None:
    columns = "".join(f"c{number} = 5\n" for number in range(30))
    with pytest.raises(UsageError) as caught:
        parse(f'plan = "p"\n[table.t]\nrows = 1\n[table.t.column]\n{columns}', "plan.toml")
    assert len(caught.value.lines) == 21
    assert caught.value.lines[-1] == "plan.toml: 10 more mistakes. Correct these first"


def test_lines_of_windows() -> None:
    with pytest.raises(UsageError, match=r"^plan.toml, line 22: .*column note"):
        parse(ORDERS.replace('"plain"', "inf").replace("\n", "\r\n"), "plan.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plan = 'p'\ntable.t.column.a = 5\ntable.t.rows = 1", 2),
        ("plan = 'p'\ntable = { t = { rows = 1, column = { a = 5 } } }", 2),
        ("plan = 'p'\n[table]\nt.rows = 1\nt.column = { b = { const = '''\n# no comment\nx = 1''' }, a = 5 }", 4),
        (
            'plan = """\n[table.t.column]\na = 5\n"""\n\n# [table.t.column]\n[ table . "t" . \'column\' ]\n# a = 4\n"a" = 5\n[table.t]\nrows = 1',
            9,
        ),
        ("plan = 'p'\n[table.t]\nrows = 1\n[table.t.column.b]\ncycle = [\n1]\n[table.t.column.a]\n\nuniqe = 1", 9),
        ("plan = 'p'\n[table.t]\nrows = 1\n[table.t.column.a]", 4),
    ],
)
def test_the_line_in_other_ways_to_write_it(text: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"^p.toml, line {line}: table t, column [ab]: "):
        parse(text, "p.toml")


@settings(max_examples=60)
@given(plan=any_plan(), data=st.data())
def test_the_line_of_any_column(plan: Plan, data: st.DataObject) -> None:
    columns = [(table.name, column) for table in plan.tables for column in table.columns]
    if not columns:
        return
    name, column = data.draw(st.sampled_from(columns))
    lines = text_of(plan, {(name, column): "this one", (name, None): "this table"}).split("\n")
    (number,) = (number for number, line in enumerate(lines) if line.endswith("  # this one"))
    broken = re.sub(r" = \{ .*", " = { nothing = 1 }", lines[number])
    with pytest.raises(UsageError) as caught:
        parse("\n".join([*lines[:number], broken, *lines[number + 1 :]]), "p.toml")
    assert caught.value.message == f'p.toml, line {number + 1}: table {name}, column {column}: "nothing" is not a generator'


words = [
    "=",
    "\n",
    "[",
    "]",
    "[table.x]",
    "{",
    "}",
    '"',
    "'''",
    ",",
    ".",
    "-1",
    "1.5",
    "true",
    "2024-01-01",
    '"zipf"',
    "[[rule]]",
    "nan",
    "#",
]

cuts = st.tuples(st.integers(0, len(ORDERS)), st.integers(0, 12), st.sampled_from(words) | st.text(max_size=5))

tokens = sorted(set(re.findall(r'"[^"\n]*"|\w+', ORDERS)))


def refusal(text: str) -> UsageError | None:
    """None: it is a plan, and can be written."""
    try:
        plan = parse(text, "plan.toml")
    except UsageError as error:
        return error
    assert parse(text_of(plan), "plan.toml") == plan
    return None


def plan_or_refused(text: str) -> None:
    if error := refusal(text):
        assert re.match(r"plan\.toml(:|, line )", error.message)
        assert error.next_step
        assert "\n" not in str(error)
        line = re.match(r"plan\.toml, line (\d+)", error.message)
        assert line is None or 1 <= int(line[1]) <= text.count("\n") + 1


@settings(max_examples=300)
@given(st.lists(cuts, min_size=1, max_size=3))
def test_a_file_with_something_else_in_some_places(changes: list[tuple[int, int, str]]) -> None:
    text = ORDERS
    for at, length, new in changes:
        text = text[:at] + new + text[at + length :]
    plan_or_refused(text)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(tokens), st.sampled_from([*tokens, *words])), min_size=1, max_size=3))
def test_a_file_with_other_words(changes: list[tuple[str, str]]) -> None:
    text = ORDERS
    for old, new in changes:
        text = text.replace(old, new)
    plan_or_refused(text)


@pytest.mark.parametrize("content", [b"\xff", b"\0", b""])
def test_a_file_that_is_no_plan(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(str(file))):
        toml_file.read(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing\.toml cannot be read: No such file or directory\. Name a plan file"):
        toml_file.read(tmp_path / "nothing.toml")
    with pytest.raises(UsageError, match=r"plan\.toml cannot be written: No such file or directory\. Name a file in a writable folder"):
        toml_file.write(parse(ORDERS, "plan.toml"), tmp_path / "no folder" / "plan.toml")


# The guide
def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def test_the_two_examples_of_the_guide_are_the_same_plan(tmp_path: Path) -> None:
    (file, _), (program,) = examples("toml"), examples("python")
    (tmp_path / "shop_plan.py").write_text(program, encoding="utf-8")
    plan = parse(file, "shop.toml")
    assert load("shop_plan:SHOP") == load("shop_plan:shop") == plan
    assert text_of(parse(text_of(plan), "again.toml")) == text_of(plan)
    assert [table.name for table in plan.tables] == ["customer", "product", "orders", "order_item"]


def test_the_example_with_children_of_the_guide() -> None:
    _, file = examples("toml")
    plan = parse(file, "shop.toml", mistakes_without_schema)
    assert {table.name: table.counted for table in plan.tables} == {"orders": False, "order_items": True, "payments": True}


@pytest.mark.parametrize("file", sorted((ROOT / "docs/examples").glob("*.toml")), ids=lambda file: file.name)
def test_an_example_is_a_plan(file: Path) -> None:
    plan = toml_file.read(file, mistakes_without_schema)
    assert text_of(parse(text_of(plan), "again.toml")) == text_of(plan)


def test_the_error_in_the_guide_is_the_actual_one() -> None:
    file, _ = examples("toml")
    ((change, said),) = re.findall(r"With `([^`]+)`[^:]*:\n\n```text\nerror: (.*?)\n```", GUIDE)
    with pytest.raises(UsageError) as caught:
        parse(file.replace("weights = [1, 3, 6]", change), "shop.toml")
    assert str(caught.value) == said
