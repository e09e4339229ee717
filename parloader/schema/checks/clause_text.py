"""A CHECK clause as information_schema.check_constraints says it, brought into one spelling for both servers.

Tried on MariaDB 10.11 and MySQL 9.7. MySQL puts a backslash before quotes and backslashes of the whole text (also within names), an
introducer before each string, and its UTF-8 comes as if it were latin1. MariaDB writes ???? for a character beyond the basic plane.
"""

import re
from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from parloader.schema.checks.predicates import UnsupportedCheck
from parloader.schema.model import quote_identifier
from parloader.schema.string_literals import repair_latin1, unescape

TOKEN = re.compile(
    r"""(?P<name>`(?:[^`]|``)*`|"(?:[^"]|"")*")   # in ANSI_QUOTES mode names stand in double quotes; neither server writes a string so
    |(?:\b_[a-z0-9]+\s*)?'(?P<text>(?:[^'\\]|\\.|'')*)'""",
    re.VERBOSE | re.DOTALL,
)

FIRST_QUOTE = re.compile(r"(?:`(?:[^`]|``)*`|[^`'])*?(?P<quote>\\?')", re.DOTALL)

LOST = "????"

KNOWN_ARGUMENTS = frozenset(
    {"this", "expression", "expressions", "low", "high", "ifs", "default", "true", "false", "to", "binary", "flag", "position", "kind"}
    | {"nested", "quoted", "is_string", "is_nvl", "is_null", "is_integer"}
)
"""What the nodes of a tree may have. Whatever else sqlglot, in this version or another, has to say might change the meaning."""


def parsed(clause: str, columns: Mapping[str, str]) -> exp.Expr:
    """The syntax tree of the condition, its strings decoded; column names in small letters are exchanged for those of `columns`.

    NotUnderstood where sqlglot cannot read it.
    """
    as_mysql = _is_mysql(clause)
    text = repair_latin1(unescape(clause)) if as_mysql else clause
    strings: dict[str, str] = {}

    def placeholder(token: re.Match[str]) -> str:
        if token["name"] is not None:
            quote = token["name"][0]
            return quote_identifier(token["name"][1:-1].replace(quote * 2, quote))
        string = unescape(token["text"])
        if not as_mysql and LOST in string:
            raise UnsupportedCheck("a string has lost characters")
        key = f"s{len(strings)}"
        strings[key] = string
        return f"'{key}'"

    tree = _tree(TOKEN.sub(placeholder, text))
    for literal in tree.find_all(exp.Literal):
        if literal.is_string and literal.this in strings:
            literal.set("this", strings[literal.this])
    for predicate in list(tree.find_all(exp.Like, exp.Is)):
        if predicate.args.get("negate"):  # so NOT LIKE is told in some versions of sqlglot; in others there is a NOT around it
            predicate.set("negate", None)
            whole = predicate.parent if isinstance(predicate.parent, exp.Escape) else predicate
            whole.replace(exp.Not(this=whole.copy()))
    for node in tree.walk():
        if not {name for name, value in node.args.items() if value} <= KNOWN_ARGUMENTS:
            raise UnsupportedCheck(f"a {type(node).__name__} of a special kind")
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", columns.get(identifier.this.lower(), identifier.this))
    return tree


def _tree(condition: str) -> exp.Paren:
    try:
        select = sqlglot.parse_one(f"SELECT {condition}", dialect="mysql")
    except (SqlglotError, RecursionError) as error:
        raise UnsupportedCheck("sqlglot cannot read it") from error
    there = {name for name, value in select.args.items() if value}
    if not isinstance(select, exp.Select) or there != {"expressions"} or len(select.expressions) != 1:
        raise UnsupportedCheck("it is no condition")
    return exp.Paren(this=select.expressions[0])


def _is_mysql(clause: str) -> bool:
    """MariaDB's first string begins with a bare quote. Without a string only a name can tell, and MySQL has parentheses around most."""
    first = FIRST_QUOTE.match(clause)
    return first["quote"] == "\\'" if first else clause.startswith("(") or not clause.isascii()
