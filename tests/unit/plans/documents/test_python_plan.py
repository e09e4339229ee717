"""Plans in Python, by package.module:NAME."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import parloader
from parloader.errors import UsageError
from parloader.generation.samples import mistakes_without_schema
from parloader.plans import exports
from parloader.plans.documents.python_plan import load
from parloader.plans.generators import Const, Generator, UniqueKind

PLAN = """
from parloader import Const, Plan, Table

ORDERS = Plan(name="orders", parameters={}, tables=(Table(name="orders", rows=5, columns={"n": Const(value=1)}),))
LARGER = Plan(name="orders", parameters={}, tables=(Table(name="a", rows=5, columns={}), Table(name="b", rows=6, columns={}, partitioned=True)))
NUMBER = 5
NEGATIVE = Plan(name="orders", parameters={}, tables=(Table(name="orders", rows=-1, columns={}),))
TEXT = Plan(name="orders", parameters={}, tables=(Table(name="orders", rows=1, columns={"n": "text"}),))
DICT = Plan(name="orders", parameters={}, tables=(Table(name="orders", rows=1, columns={"n": Const(value={"a": 1})}),))

def orders():
    return ORDERS

def nothing():
    pass

def failing():
    return 1 // 0

def leaving():
    raise SystemExit("not now")
"""


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Writes the module shop.plans to the current folder; afterwards, imported modules are forgotten."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    folder = Path("shop")
    folder.mkdir()
    (folder / "plans.py").write_text(PLAN, encoding="utf-8")
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["ORDERS", "orders"])
def test_a_plan_and_a_function_that_returns_one(name: str) -> None:
    plan = load(f"shop.plans:{name}")
    assert plan.target.columns == {"n": Const(value=1)}


def test_what_is_partitioned_is_as_it_says_or_as_in_a_file() -> None:
    assert [(t.partitioned, t.reuse) for t in load("shop.plans:ORDERS").tables] == [(True, False)]
    assert [(t.partitioned, t.reuse) for t in load("shop.plans:LARGER").tables] == [(False, True), (True, True)]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("shop.plans", '"shop.plans" is not a plan. Write package.module:NAME'),
        (":ORDERS", '":ORDERS" is not a plan. '),
        ("shop.plans:", '"shop.plans:" is not a plan. '),
        ("shop..plans:ORDERS", '"shop..plans:ORDERS" is not a plan. '),
        ("shop.plan:ORDERS", 'no Python module "shop.plan". Write package.module:NAME (searched sys.path and the current folder)'),
        ("nowhere.plans:ORDERS", 'no Python module "nowhere". '),
        ("shop_plan.py:shop", 'no Python module "shop_plan". Write shop_plan:shop (searched sys.path and the current folder)'),
        ("shop.plans.py:ORDERS", 'no Python module "shop.plans.py". Write shop.plans:ORDERS (searched '),
        ("shop.plans:ORDRES", "shop.plans has no ORDRES. Did you mean ORDERS? "),
        (
            "shop.plans:NUMBER",
            "shop.plans:NUMBER has the type int, not parloader.Plan. Name a Plan, or a function without arguments that returns one",
        ),
        ("shop.plans:nothing", "shop.plans:nothing has the type NoneType, not parloader.Plan. "),
        ("shop.plans:NEGATIVE", "shop.plans:NEGATIVE: table orders: `rows` is -1. Give an integer, 0 or more"),
        ("shop.plans:TEXT", 'shop.plans:TEXT: table orders, column n: "text" is not a generator. Use one of Const, Cycle,'),
        ("shop.plans:DICT", "shop.plans:DICT: table orders, column n: `const` is a table. Give { null = true }, "),
    ],
)
def test_errors(reference: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(reference)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("failing", "shop.plans:failing failed: ZeroDivisionError: "),
        ("leaving", "shop.plans:leaving failed: SystemExit: not now"),
    ],
)
def test_an_exception_of_its_code_is_reported_with_its_line(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(f"shop.plans:{name}")
    assert str(caught.value).startswith(message)
    line = 1 + PLAN[: PLAN.index(f"def {name}")].count("\n") + 1
    assert str(caught.value).endswith(f"shop/plans.py, line {line}). Correct it there")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\nimport nowhere_at_all", "shop.broken failed: ModuleNotFoundError: No module named 'nowhere_at_all' .*broken.py, line 2"),
        ("x = 1\n\nx = (", "shop.broken failed: SyntaxError: .*broken.py, line 3"),
        ("raise ValueError('x' * 5000)", "shop.broken failed: ValueError: x{388}… .*broken.py, line 1"),
        ("from parloader import Tabel", "shop.broken failed: ImportError: cannot import name 'Tabel' .*broken.py, line 1"),
    ],
)
def test_a_module_that_cannot_be_imported(code: str, message: str, shop: Path) -> None:
    (shop / "broken.py").write_text(code, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load("shop.broken:ORDERS")


def test_every_generator_can_be_imported_from_parloader() -> None:
    assert {kind.__name__ for kind in Generator.__subclasses__()} <= set(exports.__all__)
    assert all(hasattr(parloader, name) for name in exports.__all__)


def test_the_name_that_older_python_plans_use() -> None:
    assert parloader.Form is UniqueKind


def test_parloader_alone_does_not_import_polars() -> None:
    code = "import sys, parloader; parloader.Plan; assert 'polars' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


HEAD = "from parloader import Choice, Const, Count, Expr, Pick, Plan, Table, When\nfrom parloader import Template\n"


@pytest.mark.parametrize(
    "plan",
    [
        "Plan(name=5, parameters={}, tables=(Table(name='t', rows=1, columns={}),))",
        "Plan(name='p', parameters=7, tables=(Table(name='t', rows=1, columns={}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows='many', columns={}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={5: Const(value=1)}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Const}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Const(value=object())}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Choice(values=5)}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Choice(values=None, weights='x')}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': When(condition=1, then=2)}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Expr(sql='i +')}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Template(text='{')}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={'a': Pick(parent=1, column=2)}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}, later=5),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}, identity={1, 'a'}),))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}),), counts=('x',))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}),), counts=7)",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}),), rules=('x',))",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns={}),), seed='x')",
        "Plan(name='p', parameters={}, tables=())",
        "Plan(name='p', parameters={}, tables=(Table(name='t', rows=1, columns=None),))",
        "Plan(name='p', parameters={}, tables=('t',))",
        "Plan(name='p', parameters={}, tables=None)",
        "Plan()",
        "lambda rows: 5",
        "lambda: {}[1]",
        "(lambda: (_ for _ in ()).throw(BaseException('base')))",
        "(lambda: f())",
    ],
)
def test_garbage_is_a_line(plan: str, shop: Path) -> None:
    name = f"garbage{abs(hash(plan))}"
    (shop / f"{name}.py").write_text(f"{HEAD}\ndef f():\n    return f()\n\nPLAN = {plan}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(f"shop.{name}:PLAN", mistakes_without_schema)
    assert "\n" not in str(caught.value)
    assert caught.value.next_step


def test_what_the_code_prints_is_no_result(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "talking.py").write_text("print('imported')\n\ndef plan():\n    print('called')\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has the type NoneType"):
        load("shop.talking:plan")
    assert capsys.readouterr() == ("", "imported\ncalled\n")


def test_all_mistakes_of_a_plan_in_python_are_reported(shop: Path) -> None:
    columns = "{'a': Const(value=object()), 'b': Expr(sql='i +'), 'c': Template(text='{')}"
    (shop / "wrong.py").write_text(
        f"{HEAD}\nPLAN = Plan(name='p', parameters={{}}, tables=(Table(name='t', rows=1, columns={columns}),))", encoding="utf-8"
    )
    with pytest.raises(UsageError) as caught:
        load("shop.wrong:PLAN", mistakes_without_schema)
    assert sorted(line[:36] for line in caught.value.lines) == [f"shop.wrong:PLAN: table t, column {name}: " for name in "abc"]


def test_the_place_of_an_error_is_in_the_users_code(shop: Path) -> None:
    code = f"{HEAD}\nPLAN = Plan(name='p', parameters={{}}, tables=('t',))\n"
    (shop / "place.py").write_text(code, encoding="utf-8")
    with pytest.raises(UsageError, match=r"shop.place failed: AttributeError: .* \(.*place.py, line 4\)"):
        load("shop.place:PLAN")
