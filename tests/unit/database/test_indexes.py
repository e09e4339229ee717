import pytest

from parloader.database.indexes import additions
from parloader.schema.index_definitions import IndexDefinition, MissingIndex, missing


def of(*names: str) -> tuple[IndexDefinition, ...]:
    return tuple(IndexDefinition(name=name, text=f"KEY `{name}` (`{name}`)", columns=(name,)) for name in names)


@pytest.mark.parametrize(
    ("before", "dropped", "clauses"),
    [
        ("a b", "a b", "+a +b"),
        ("k a b", "a b", "+a +b"),
        ("a k b", "a b", "+a -k +k +b"),
        ("j a k b l", "a b", "+a -k +k +b -l +l"),
        ("a b k", "b", "+b -k +k"),
    ],
)
def test_added_indexes_are_listed_where_they_were(before: str, dropped: str, clauses: str) -> None:
    all_of_them = of(*before.split())
    absent = missing(all_of_them, dropped.split())
    kept = [index for index in all_of_them if index.name not in dropped.split()]
    written = [f"ADD KEY `{c[1:]}` (`{c[1:]}`)" if c[0] == "+" else f"DROP INDEX `{c[1:]}`" for c in clauses.split()]
    assert list(additions(kept, absent)) == written


def test_what_others_added_meanwhile_stays_before_them() -> None:
    absent = missing(of("a", "k"), ["a"])
    assert additions(of("k", "new"), absent)[0] == "ADD KEY `a` (`a`)"
    assert additions(of("new"), absent) == ("ADD KEY `a` (`a`)",)


def test_an_index_that_cannot_be_moved_ends_the_order() -> None:
    functional = IndexDefinition(name="f", text="KEY `f` (((`a` + 1)))", columns=())
    absent = (MissingIndex(name="a", text="KEY `a` (`a`)", position=0, before="k"),)
    assert additions((*of("k"), functional), absent) == ("ADD KEY `a` (`a`)",)
