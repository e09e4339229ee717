"""Arguments of the library: what is valid, and one line for what is not."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from parloader import Plan, Table
from parloader.api.arguments import LoadArguments, table_names
from parloader.api.progress import observer
from parloader.database.target import Target
from parloader.errors import ParloaderError, UsageError
from parloader.process_limits import usable_cores
from parloader.workers.batching import FixedBatch

TARGET = Target(user="a", database="c")

PLAN = Plan(name="p", tables=(Table(name="t", rows=20, columns={}),))


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


class OfDjango:
    class _meta:
        db_table = "shop_order"


def test_tables() -> None:
    assert table_names(None) == ()
    assert table_names("orders") == ("orders",)
    assert table_names(["orders", Order, OfDjango, "orders"]) == ("orders", "shop_order")
    assert table_names(sa.Table("t", sa.MetaData(), schema="other")) == ("other.t",)


def test_numbers_of_rows() -> None:
    assert LoadArguments(table="t", rows="250k").config(TARGET).rows == 250_000
    assert LoadArguments(table="t", rows=1e6).config(TARGET).rows == 1_000_000
    config = LoadArguments(table="t", rows={"t": 5.0, "u": "1k"}).config(TARGET)
    assert (config.rows, config.parents) == (None, {"t": 5, "u": 1000})


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        ({"rows": 10_000}, 1),
        ({"rows": 10_001}, usable_cores()),
        ({"rows": {"t": 3000, "u": 7000}}, 1),
        ({"rows": {"t": 3000, "u": 7001}}, usable_cores()),
        ({"table": None, "plan": PLAN}, 1),
        ({}, usable_cores()),
        ({"rows": 5, "procs": 3}, 3),
        ({"rows": 10**9, "procs": 1}, 1),
    ],
)
def test_a_small_load_stays_in_the_process(arguments: dict[str, Any], workers: int) -> None:
    assert LoadArguments(**{"table": "t", **arguments}).config(TARGET).procs == workers


def test_values_are_those_of_the_command() -> None:
    config = LoadArguments(table="t", batch=500, writer="load-data", retry_seconds=5, allow_remote="db", max_rows_per_second=10).config(
        TARGET
    )
    assert (config.batch, str(config.writer), config.retry_seconds, config.allow_remote) == (FixedBatch(500), "load-data", 5, ("db",))
    assert config.limits.max_rows_per_second == 10
    assert LoadArguments(plan=Path("x.toml")).config(TARGET).plan == "x.toml"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"table": "t", "plan": PLAN}, "table and plan cannot be combined"),
        ({"all_tables": True, "metadata": Base.metadata}, "all_tables and metadata cannot be combined"),
        ({"create": True}, "create without metadata"),
        ({"table": 5}, "the table is 5"),
        ({"table": ["t", None]}, "the table is None"),
        ({"table": ""}, "table has an empty text"),
        ({"table": b"t"}, "the table is "),
        ({"rows": -1}, "rows is -1"),
        ({"rows": 1.5}, "rows is 1.5"),
        ({"rows": True}, "rows is True"),
        ({"rows": 1e300}, "rows is 1e+300"),
        ({"rows": float("nan")}, "rows is nan"),
        ({"rows": float("inf")}, "rows is inf"),
        ({"rows": -1.0}, 'rows is -1.0. Give a number of rows from 0 to 9,223,372,036,854,775,807, or a text such as "250k" or "1M"'),
        ({"rows": "many"}, "rows is 'many'"),
        ({"rows": 2**63}, f"rows is {2**63}"),
        ({"rows": {"t": "x"}}, "rows['t'] is 'x'"),
        ({"rows": [("t", 5)]}, "rows is [('t', 5)]"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": "1"}, "seed is '1'"),
        ({"procs": 0}, "procs is 0"),
        ({"procs": "2"}, "procs is '2'"),
        ({"procs": True}, "procs is True"),
        ({"batch": 0}, "batch: '0' is not valid"),
        ({"batch": 1.5}, "batch: '1.5' is not valid"),
        ({"writer": "copy"}, "writer is 'copy'. Use 'insert' or 'load-data'"),
        ({"plan": ""}, "the plan's name is empty"),
        ({"plan": 5}, "plan has the type int"),
        ({"parameters": 5}, "parameters is 5"),
        ({"column_rules": 5}, "column_rules is 5"),
        ({"column_rules": ["x"]}, '"x" is not a rule'),
        ({"allow_remote": 5}, "allow_remote is 5"),
        ({"retry_seconds": "x"}, "retry_seconds is 'x'"),
        ({"retry_seconds": -1}, "retry_seconds is -1"),
        ({"worker_restarts": 1.5}, "worker_restarts is 1.5"),
        ({"max_rows_per_second": 0}, "max_rows_per_second is 0"),
        ({"metadata": 5}, "metadata has the type int"),
        ({"metadata": Order}, "metadata is the model of one table, orders"),
    ],
)
def test_what_is_not_valid(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        LoadArguments(**arguments).config(TARGET)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.next_step


def test_progress_of_a_wrong_type() -> None:
    with pytest.raises(ParloaderError, match="progress has the type int"):
        observer(3)  # type: ignore[arg-type]
