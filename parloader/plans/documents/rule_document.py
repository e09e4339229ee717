"""How rules for columns are written: in parloader.toml as [[inference.column]], on the command line as the same entries in braces."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from parloader.plans.column_rules import ColumnRule
from parloader.plans.documents.codecs import NAME, Codec, DecodeError, abbreviated, decode_entry, entries
from parloader.plans.documents.generator_syntax import decode_generator, encode_generator
from parloader.plans.documents.mistakes import InvalidPlan, Mistakes, located
from parloader.plans.documents.toml_file import inline
from parloader.plans.generators import Aggregate, Generator, NumberIn, Pick, ShareOf

PATTERNS = ("table", "type", "comment")


def _read_patterns(value: object) -> tuple[str, ...]:
    patterns = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
    if not patterns or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise DecodeError('a pattern such as "*_score", or a list of patterns')
    return patterns


MATCH = Codec(read=_read_patterns)


def decode_rule(value: object, source: str = "") -> ColumnRule:
    """The rule that such a table describes. InvalidPlan reports all mistakes."""
    mistakes, found = Mistakes(), dict[str, Any]()
    with mistakes.collected():
        entries(value, ("match", *PATTERNS, "generator"), of="a rule for columns")
    if not isinstance(value, Mapping):
        mistakes.report()
        raise InvalidPlan(f"{abbreviated(value)} is not a rule", "Write a table")
    with mistakes.collected():
        found["match"] = decode_entry(value, "match", MATCH)
    for name in PATTERNS:
        if name in value:
            with mistakes.collected():
                found[name] = decode_entry(value, name, NAME)
    if "generator" not in value:
        mistakes.note(InvalidPlan("`generator` is missing", "Add one, such as generator = { uniform = [1, 5] }").mistakes)
    with mistakes.collected(), located(("generator",), "generator"):
        found["generator"] = _alone(decode_generator(value.get("generator", {"const": 0})))
    mistakes.report()
    return ColumnRule(**found, source=source)


def _alone(generator: Generator) -> Generator:
    """InvalidPlan: the generator reads other tables."""
    if any(isinstance(nested, Pick | Aggregate | ShareOf | NumberIn) for nested in generator.walk()):
        raise InvalidPlan(
            "a rule for columns cannot read other tables", "Give the column in a plan file: parloader plan --table TABLE --write plan.toml"
        )
    return generator


def decode_rules(value: object) -> tuple[ColumnRule, ...]:
    """The rules of the [inference] table of parloader.toml. InvalidPlan reports all mistakes."""
    with located(("inference",), "inference"):
        listed = entries(value, ("column",), of="[inference]").get("column", [])
        if not isinstance(listed, list):
            raise InvalidPlan("`column` is not a list of rules", "Begin each rule with [[inference.column]]", path=("column",))
        mistakes, rules = Mistakes(), []
        for number, rule in enumerate(listed):
            with mistakes.collected(), located(("column", number), f"rule {number + 1}"):
                rules.append(decode_rule(rule))
        mistakes.report()
    return tuple(rules)


def parse_rule(text: str, source: str) -> ColumnRule:
    """The rule in a text such as { match = "*_score", generator = { uniform = [1, 5] } }. InvalidPlan: it is none."""
    try:
        value = tomllib.loads(f"rule = {text}")
    except (ValueError, RecursionError):  # not TOML
        value = {}
    if [*value] != ["rule"] or not isinstance(value["rule"], dict):
        raise InvalidPlan(
            f"{abbreviated(text)} is not a rule", 'Write it in braces: { match = "*_score", generator = { uniform = [1, 5] } }'
        )
    return decode_rule(value["rule"], source)


def encode_rule(rule: ColumnRule) -> dict[str, Any]:
    """The rule as a table of plain values, without its source."""
    patterns = {name: getattr(rule, name) for name in PATTERNS if getattr(rule, name) != "*"}
    return {"match": list(rule.match), **patterns, "generator": encode_generator(rule.generator)}


def rules_text(rules: Sequence[ColumnRule]) -> str:
    """The rules as a text, the same for the same rules."""
    return json.dumps([encode_rule(rule) for rule in rules])


def rule_options(text: str) -> list[str]:
    """The rules of such a text, each as on the command line."""
    return [inline(rule) for rule in json.loads(text)]
