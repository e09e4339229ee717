"""Tests for schema/table_names.py."""

from hypothesis import given
from hypothesis import strategies as st

from parloader.schema.table_names import MAX_CHARACTERS, database_of, quote_table, split, table_name

# The characters that decide where one part ends and the other begins, among those of ordinary names
NAMES = st.text(alphabet="`.ab D%'", min_size=1, max_size=64)


@given(database=NAMES, table=NAMES, current=NAMES)
def test_a_name_is_split_into_the_parts_that_it_was_made_of(database: str, table: str, current: str) -> None:
    name = table_name(database, table, current=current, any_case=False)
    assert split(name) in {(database, table), (None, table)}
    assert (database_of(name) or current) == database
    assert len(name) <= MAX_CHARACTERS


@given(one=st.tuples(NAMES, NAMES), other=st.tuples(NAMES, NAMES), current=NAMES)
def test_two_tables_never_have_the_same_name(one: tuple[str, str], other: tuple[str, str], current: str) -> None:
    names = {table_name(*table, current=current, any_case=False) for table in (one, other)}
    assert len(names) == len({one, other}) == len(set(map(quote_table, names)))


@given(table=st.text(alphabet="`.ab D%'", min_size=1, max_size=64).filter(lambda name: name[0] != "`"))
def test_a_table_of_the_current_database_keeps_its_name(table: str) -> None:
    assert table_name("shop", table, current="shop", any_case=False) == table
    assert table_name("SHOP", table, current="shop", any_case=True) == table


def test_a_table_whose_own_name_looks_like_one_of_another_database() -> None:
    name = table_name("shop", "`other`.`client`", current="shop", any_case=False)
    assert (split(name), quote_table(name)) == (("shop", "`other`.`client`"), "`shop`.```other``.``client```")
    assert quote_table("other.client") == "`other.client`"
