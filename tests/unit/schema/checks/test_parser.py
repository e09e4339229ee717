"""CHECK clauses as the two servers print them, and the cases they are parsed into."""

from decimal import Decimal

import pytest

from parloader.schema.checks.parser import parse_check
from parloader.schema.checks.predicates import (
    Between,
    Compared,
    Json,
    Length,
    Matches,
    NoneOf,
    NotNull,
    Null,
    OneOf,
    ParsedCheck,
    Predicate,
    TextPattern,
)
from parloader.schema.checks.regexp import ANY, PUNCTUATION

LETTERS = "".join(sorted("abcdefghijklmnopqrstuvwxyz"))

EITHER_OF_TWO = ((NotNull(column="a"), Null(column="b")), (Null(column="a"), NotNull(column="b")))

ONE_NULL = ((Null(column="a"), NotNull(column="b")), (NotNull(column="a"), Null(column="b")))


def at_least(value: int, column: str = "a") -> Between:
    return Between(column=column, low=value)


def above(value: int, column: str = "a") -> Between:
    return Between(column=column, low=value, low_open=True)


def at_most(value: int, column: str = "a") -> Between:
    return Between(column=column, high=value)


def below(value: int, column: str = "a") -> Between:
    return Between(column=column, high=value, high_open=True)


def one_of(column: str, *values: int | str | Decimal) -> OneOf:
    return OneOf(column=column, values=values)


def none_of(column: str, *values: int | str | Decimal) -> NoneOf:
    return NoneOf(column=column, values=values)


# (MariaDB 10.11's text, MySQL 9.7's text, the cases): as information_schema.check_constraints had them
def like(pattern: str, *, negated: bool = False) -> TextPattern:
    return TextPattern(pattern=pattern, regexp=False, negated=negated)


def regexp(pattern: str, *, negated: bool = False) -> TextPattern:
    return TextPattern(pattern=pattern, regexp=True, negated=negated)


SPELLINGS: list[tuple[str, str, tuple[tuple[Predicate, ...], ...]]] = [
    ("`a` > 0", "(`a` > 0)", ((above(0),),)),
    ("0 < `a`", "(0 < `a`)", ((above(0),),)),
    ("`a` >= -5 and `a` <= 3.50", "((`a` >= -(5)) and (`a` <= 3.50))", ((at_least(-5), Between(column="a", high=Decimal("3.50"))),)),
    ("`a` between 1 and 10", "(`a` between 1 and 10)", ((at_least(1), at_most(10)),)),
    ("`a` not between 1 and 10", "(`a` not between 1 and 10)", ((below(1),), (above(10),))),
    ("`a` not in (1,2,3)", "(`a` not in (1,2,3))", ((none_of("a", 1, 2, 3),),)),
    ("`a` <= 5 and `b` <> 'x'", "((`a` <= 5) and (`b` <> _utf8mb4\\'x\\'))", ((at_most(5), none_of("b", "x")),)),
    ("`b` in ('x','y')", "(`b` in (_utf8mb4\\'x\\',_utf8mb4\\'y\\'))", ((one_of("b", "x", "y"),),)),
    ("`a` in (NULL,1)", "(`a` in (NULL,1))", ((one_of("a", 1),),)),
    ("`a` is null or `b` is not null", "((`a` is null) or (`b` is not null))", ((Null(column="a"),), (NotNull(column="b"),))),
    ("`a` is not null xor `b` is not null", "((`a` is not null) xor (`b` is not null))", EITHER_OF_TWO),
    ("`a` is null <> (`b` is null)", "((`a` is null) <> (`b` is null))", ONE_NULL),
    ("(`a` is null) + (`b` is null) = 1", "(((`a` is null) + (`b` is null)) = 1)", ONE_NULL),
    ("if(`a` is null,0,1) + if(`b` is null,0,1) = 1", "((if((`a` is null),0,1) + if((`b` is null),0,1)) = 1)", ONE_NULL),
    (
        "`a` is not null and `b` is null or `a` is null and `b` is not null",
        "(((`a` is not null) and (`b` is null)) or ((`a` is null) and (`b` is not null)))",
        EITHER_OF_TWO,
    ),
    (
        "case when `a` is null then 0 else 1 end + case when `b` is null then 0 else 1 end = 1",
        "(((case when (`a` is null) then 0 else 1 end) + (case when (`b` is null) then 0 else 1 end)) = 1)",
        ONE_NULL,
    ),
    (
        "`a` is null = (`b` is null)",
        "((`a` is null) = (`b` is null))",
        ((Null(column="a"), Null(column="b")), (NotNull(column="a"), NotNull(column="b"))),
    ),
    ("octet_length(`b`) > 3", "(length(`b`) > 3)", ((Length(column="b", low=4, in_bytes=True),),)),
    ("char_length(`b`) = 4", "(char_length(`b`) = 4)", ((Length(column="b", low=4, high=4),),)),
    ("char_length(`b`) in (2,4)", "(char_length(`b`) in (2,4))", tuple((Length(column="b", low=n, high=n),) for n in (2, 4))),
    ("octet_length(`b`) < 0", "(length(`b`) < 0)", ((Null(column="b"),),)),
    (
        "char_length(`b`) between 2 and 5",
        "(char_length(`b`) between 2 and 5)",
        ((Length(column="b", low=2), Length(column="b", high=5)),),
    ),
    ("`b` <> ''", "(`b` <> _utf8mb4\\'\\')", ((none_of("b", ""),),)),
    ("trim(`b`) <> ''", "(trim(`b`) <> _utf8mb4\\'\\')", ((none_of("b", ""),),)),
    ("octet_length(trim(`b`)) > 0", "(length(trim(`b`)) > 0)", ((none_of("b", ""),),)),
    (
        "`b` regexp '^[0-9]{2,}-\\\\w?$'",
        "regexp_like(`b`,_utf8mb4\\'^[0-9]{2,}-\\\\\\\\w?$\\')",
        (
            (
                Matches(
                    column="b",
                    parts=(("0123456789", 2, None), ("-", 1, 1), ("".join(sorted(ANY + "_")), 0, 1)),
                    whole=True,
                    source=regexp(r"^[0-9]{2,}-\w?$"),
                ),
            ),
        ),
    ),
    (
        "!(`b` regexp '[^a-z]')",
        "(not(regexp_like(`b`,_utf8mb4\\'[^a-z]\\')))",
        ((Matches(column="b", parts=((LETTERS, 0, None),), whole=True, source=regexp("[^a-z]", negated=True)),),),
    ),
    ("`b` regexp '^(foo|bar)$'", "regexp_like(`b`,_utf8mb4\\'^(foo|bar)$\\')", ((one_of("b", "foo", "bar"),),)),
    (
        "`b` like 'a\\\\_%'",
        "(`b` like _utf8mb4\\'a\\\\\\\\_%\\')",
        ((Matches(column="b", parts=(("a", 1, 1), ("_", 1, 1), (ANY, 0, None)), whole=True, source=like("a\\_%")),),),
    ),
    (
        "`b` like 'a|%' escape '|'",
        "(`b` like _utf8mb4\\'a|%\\' escape _utf8mb4\\'|\\')",
        ((one_of("b", "a%"),),),
    ),
    (
        "`b`  not like '%x'",
        "(not((`b` like _utf8mb4\\'%x\\')))",
        (
            (
                Matches(
                    column="b",
                    parts=((ANY.replace("x", "").replace("X", ""), 0, None),),
                    whole=True,
                    punctuation=PUNCTUATION,
                    source=like("%x", negated=True),
                ),
            ),
        ),
    ),
    ("json_valid(`b`)", "json_valid(`b`)", ((Json(column="b"),),)),
    ("json_valid(`b`) = 1", "(json_valid(`b`) = 1)", ((Json(column="b"),),)),
    ("`d` >= '2024-01-01'", "(`d` >= _utf8mb4\\'2024-01-01\\')", ((Between(column="d", low="2024-01-01"),),)),
    (
        "`d` >= cast('2024-01-01' as date)",
        "(`d` >= cast(_utf8mb4\\'2024-01-01\\' as date))",
        ((Between(column="d", low="2024-01-01"),),),
    ),
    ("`d` > DATE'2024-01-01'", "(`d` > DATE\\'2024-01-01\\')", ((Between(column="d", low="2024-01-01", low_open=True),),)),
    (
        "cast(`d` as date) > '2020-02-28'",
        "(cast(`d` as date) > _utf8mb4\\'2020-02-28\\')",
        ((Between(column="d", low="2020-02-29"),),),
    ),
    ("year(`d`) < 2000", "(year(`d`) < 2000)", ((Between(column="d", high="2000-01-01", high_open=True),),)),
    ("`a` < `c`", "(`a` < `c`)", ((Compared(left="a", operator="<", right="c"),),)),
    ("`a` >= `c`", "(`a` >= `c`)", ((Compared(left="c", operator="<=", right="a"),),)),
    (
        "`a` between `c` and 10",
        "(`a` between `c` and 10)",
        ((Compared(left="c", operator="<=", right="a"), at_most(10)),),
    ),
    ("`a` = 1 or `a` = 0", "((`a` = true) or (`a` = false))", ((one_of("a", 1),), (one_of("a", 0),))),
    ("`a` = 0", "(0 = `a`)", ((one_of("a", 0),),)),
    ("`a` is true", "((0 <> `a`) is true)", ((none_of("a", 0), NotNull(column="a")),)),
    ("`a` is not false", "((0 <> `a`) is not false)", ((none_of("a", 0),),)),
    ("`a` > 3 is not true", "((`a` > 3) is not true)", ((at_most(3),),)),
    ("`a` <=> 3", "(`a` <=> 3)", ((one_of("a", 3), NotNull(column="a")),)),
    ("!(`a` <=> 3)", "(not((`a` <=> 3)))", ((none_of("a", 3), NotNull(column="a")), (Null(column="a"),))),
    ("`a` > 1e3", "(`a` > 1e3)", ((above(1000),),)),
    ("`a` in (0x00,0x01)", "(`a` in (0x00,0x01))", ((one_of("a", 0, 1),),)),
    (
        "coalesce(`a`,0) >= 0",
        "(coalesce(`a`,0) >= 0)",
        ((NotNull(column="a"), at_least(0)), (Null(column="a"),)),
    ),
    (
        "ucase(`b`) = `b`",
        "(upper(`b`) = `b`)",
        ((Matches(column="b", parts=(("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 0, None),), whole=True, punctuation=PUNCTUATION),),),
    ),
    ("lcase(`b`) in ('x','Y')", "(lower(`b`) in (_utf8mb4\\'x\\',_utf8mb4\\'Y\\'))", ((one_of("b", "x"),),)),
    (
        "`a` > 3 or `c` > 3 xor `a` = 2",
        "((`a` > 3) or ((`c` > 3) xor (`a` = 2)))",
        ((above(3),), (above(3, "c"), none_of("a", 2)), (at_most(3, "c"), one_of("a", 2))),
    ),
    ("`we``ird col` > 0", "(`we``ird col` > 0)", ((above(0, "we`ird col"),),)),
    ("`it's` > 0", "(`it\\'s` > 0)", ((above(0, "it's"),),)),
    ("`back\\sl` > 0", "(`back\\\\sl` > 0)", ((above(0, "back\\sl"),),)),
    ("`größe` > 0", "(`größe` > 0)", ((above(0, "größe"),),)),
    (
        "`b` in ('it\\'s','back\\\\slash','per%cent','ü漢','q\"q','new\\nline','a`b')",
        "(`b` in (_utf8mb4\\'it\\\\\\'s\\',_utf8mb4\\'back\\\\\\\\slash\\',_utf8mb4\\'per%cent\\',_utf8mb4\\'ü漢\\',"
        "_utf8mb4\\'q\"q\\',_utf8mb4\\'new\\\\nline\\',_utf8mb4\\'a`b\\'))",
        ((one_of("b", "it's", "back\\slash", "per%cent", "ü漢", 'q"q', "new\nline", "a`b"),),),
    ),
    ("1 = 1", "true", ((),)),
    ("1 = 2", "false", ()),
    ("`a` = NULL", "(`a` = NULL)", ((),)),
]


@pytest.mark.parametrize(("mariadb", "mysql", "cases"), SPELLINGS, ids=[mariadb for mariadb, _, _ in SPELLINGS])
def test_both_servers_spellings_are_parsed(mariadb: str, mysql: str, cases: tuple[tuple[Predicate, ...], ...]) -> None:
    assert parse_check(mariadb) == ParsedCheck(cases=cases)
    assert parse_check(mysql) == ParsedCheck(cases=cases)


@pytest.mark.parametrize(
    "clause",
    [
        "`a` MOD 2 = 0",
        "`a` & 1 = 0",
        "`a` = (`c` > 3)",
        "`a` = 3 > `c`",  # (a = 3) > c for the servers, a = (3 > c) for sqlglot
        "`t` >= `d` + interval 1 month",
        "`a` / `c` > 1",
        "`a` % 5 = 0",
        "json_type(`j`) = 'OBJECT'",
        "!json_valid(`b`)",
        "(`a`,`c`) = (1,2)",
        "`a` < `a`",
        "`b` regexp '^(?=a)b$'",
        "`b` regexp '(a'",
        "`b` regexp 'a)'",
        "`b` regexp '\\\\bfoo'",
        "`b` regexp '[[:nothing:]]'",
        "!(`b` regexp 'a|b')",
        "!(`b` regexp '(ab){2}')",
        "`b`  not like '%'",
        "`b` = '????'",  # MariaDB's text of an emoji
        "`b` = 0x41",
        "`a` > 0 and",
        "`a` > 0 x",
        "`a`, `b`",
        "`a` from `t`",
        "replace(`a`,'x','y') = `a`",
        "trim(both 'x' from `b`) <> ''",
        "regexp_like(`b`,_utf8mb4\\'a b\\',_utf8mb4\\'x\\')",
        "(" * 5000 + "`a`" + ")" * 5000,
        " and ".join(f"(`a` = {n} or `c` = {n})" for n in range(7)),
        "",
    ],
)
def test_unsupported_clauses(clause: str) -> None:
    assert parse_check(clause) is None


def test_column_names_are_spelled_as_in_the_table() -> None:
    assert parse_check("(`A` < `Größe`)", ["größe", "a"]) == ParsedCheck(cases=((Compared(left="a", operator="<", right="größe"),),))


def test_names_in_double_quotes() -> None:
    assert parse_check('"a" > 0 and "b" = \'x\'') == ParsedCheck(cases=((above(0), one_of("b", "x")),))


@pytest.mark.parametrize(
    ("clause", "cases"),
    [
        (
            "(case when `a` = 1 then `b` end) is null",
            ((OneOf(column="a", values=(1,)), NotNull(column="a"), Null(column="b")), (NoneOf(column="a", values=(1,)),)),
        ),
        ("(case when `a` = 1 then `b` end) is not null", ((OneOf(column="a", values=(1,)), NotNull(column="a"), NotNull(column="b")),)),
        ("if(`a` is null,1,NULL) is null", ((NotNull(column="a"),),)),
        ("if(`a` is null,1,NULL) is not null", ((Null(column="a"),),)),
        ("coalesce(`a`,`b`) is null", ((Null(column="a"), Null(column="b")),)),
        ("coalesce(`a`,`b`) is not null", ((NotNull(column="a"),), (NotNull(column="b"),))),
        ("lcase(`a`) is null", ((Null(column="a"),),)),
        ("(`a` + `b`) is null", ((Null(column="a"),), (Null(column="b"),))),
        ("(`a` + `b`) is not null", ((NotNull(column="a"), NotNull(column="b")),)),
        ("(`a` / `b`) is null", None),
        ("1 is null", ()),
    ],
)
def test_whether_an_expression_is_null(clause: str, cases: tuple[tuple[Predicate, ...], ...] | None) -> None:
    found = parse_check(clause)
    assert (found and set(found.cases)) == (None if cases is None else set(cases)) or (found is not None and found.cases == cases)


@pytest.mark.parametrize("operator", ["regexp", "like"])
def test_a_binary_pattern_limits_a_text_as_in_other_collations(operator: str) -> None:
    binary = parse_check(f"`b` {operator} cast('^[A-Z]{{3}}$' as char charset binary)")
    assert binary == parse_check(f"`b` {operator} '^[A-Z]{{3}}$'")
    assert parse_check(f"`b` {operator} cast('ä' as char charset binary)") is None
