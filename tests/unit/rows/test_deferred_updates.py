"""The second pass: its name in the ledger, its UPDATEs, and which plans are refused."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.generation.frames import RowGenerator, generate
from parloader.ledger.run import pass_name
from parloader.plans.generators import Expr, Generator, Pick, When
from parloader.plans.model import Pass, Plan, Table, all_new
from parloader.plans.row_ranges import IndexRange
from parloader.rows.writers import DeferredUpdate, UpdateWriter
from parloader.schema.model import ColumnSchema, ColumnType

# Names that both servers allow
table_names = st.text(st.characters(max_codepoint=0xFFFF, min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=64)

of_any_pass = st.tuples(table_names, st.sampled_from(Pass))


@given(st.lists(of_any_pass, unique=True, max_size=8), table_names)
def test_every_pass_has_a_unique_name(passes: list[tuple[str, Pass]], table: str) -> None:
    passes += [(table, of) for of in Pass if (table, of) not in passes]
    names = [pass_name(*each) for each in passes]
    assert len(set(names)) == len(passes)
    assert max(map(len, names)) <= 64
    assert pass_name(pass_name(table, Pass.SECOND)[-63:], Pass.SECOND) != pass_name(table, Pass.SECOND)


TEAM = Table(
    name="team",
    rows=6,
    partitioned=True,
    columns={"n": Expr(sql="i * 2"), "lead_id": When(condition="n <> 4", then=Pick(parent="person", column="id", index="i % 2"))},
    later=frozenset({"lead_id"}),
)

PERSON = Table(name="person", rows=2, columns={"team_id": Pick(parent="team", column="id")})

ROWS = {"team": all_new(TEAM, 10), "person": all_new(PERSON, 70)}

PLAN = Plan(name="p", parameters={}, tables=(TEAM, PERSON))

UPDATE = DeferredUpdate(table="team", columns=("lead_id",), preserved_columns=("changed`at",), key="id", identity=())


def test_rows_are_inserted_without_deferred_columns() -> None:
    """The first pass needs no rows of the tables that deferred columns reference."""
    first = generate(PLAN, TEAM.after_pass(Pass.FIRST), IndexRange(0, 6), {"team": ROWS["team"]})
    last = generate(PLAN, TEAM, IndexRange(0, 6), ROWS)
    assert last["lead_id"].to_list() == [70, 71, None, 71, 70, 71]
    assert first["lead_id"].null_count() == 6
    assert first.drop("lead_id").equals(last.drop("lead_id"))


def test_only_rows_that_get_a_value_are_updated() -> None:
    batch = UpdateWriter(update=UPDATE, backslash_escapes=True).render(UPDATE.generation(PLAN, ROWS).frame(IndexRange(1, 4)))
    assert batch.rows == 2
    assert batch.texts == (
        b"UPDATE `team` SET `lead_id` = 71, `changed``at` = `changed``at` WHERE `id` = 11",
        b"UPDATE `team` SET `lead_id` = 71, `changed``at` = `changed``at` WHERE `id` = 13",
    )


def test_rows_without_a_number_are_found_by_their_values() -> None:
    """No placeholder is substituted: a percent sign stays one."""
    code = ColumnSchema(name="co%de", kind=ColumnType.TEXT, type_text="varchar(9)")
    number = ColumnSchema(name="n", kind=ColumnType.INTEGER, type_text="int")
    update = replace(UPDATE, columns=("a", "b"), preserved_columns=(), key=None, identity=(code, number))
    frame = pl.DataFrame({"co%de": ["5%", "o'k\\"], "n": [1, 2], "a": ["x\\", None], "b": [None, 7]})
    assert update.statements(frame, backslash_escapes=True).to_list() == [
        "UPDATE `team` SET `a` = 'x\\\\', `b` = NULL WHERE (`co%de` = '5%' AND `n` = 1)",
        "UPDATE `team` SET `a` = NULL, `b` = 7 WHERE (`co%de` = _utf8mb4 x'6F276B5C' AND `n` = 2)".replace("6F276B5C", "6f276b5c"),
    ]


@pytest.mark.parametrize(
    ("table", "column", "generator", "message"),
    [
        ("team", "m", Expr(sql="lead_id + 1"), "table team, column m: it depends on lead_id, which is set later"),
        (
            "person",
            "lead_id",
            Pick(parent="team", column="lead_id"),
            "table person, column lead_id: it picks team.lead_id, which is set later",
        ),
    ],
)
def test_no_column_depends_on_a_deferred_one(table: str, column: str, generator: Generator, message: str) -> None:
    tables = {t.name: replace(t, columns={**t.columns, column: generator}) if t.name == table else t for t in PLAN.tables}
    plan = Plan(name="p", parameters={}, tables=tuple(tables.values()))
    with pytest.raises(UsageError, match=message):
        RowGenerator(plan, tables[table], ROWS)
