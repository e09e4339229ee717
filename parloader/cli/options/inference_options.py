"""The click option for rules of the user's own: which columns get which generator."""

from typing import Any

import click

from parloader.cli.option_groups import WHAT_TO_FILL, option_group
from parloader.errors import UsageError


class ColumnRuleText(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """A rule in braces. A variable of the environment has a single one."""

    name = "rule"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value  # from parloader.toml, whose reader has decoded it
        from parloader.plans.documents.rule_document import parse_rule  # only if there is a rule

        try:
            return parse_rule(value, "--column-rule")
        except UsageError as error:
            self.fail(f"{error.message}. {error.next_step}", param, ctx)


inference_options = option_group(
    WHAT_TO_FILL.option(
        "--column-rule",
        "column_rules",
        type=ColumnRuleText(),
        metavar="RULE",
        multiple=True,
        envvar="PARLOADER_COLUMN_RULE",
        help="Give columns that a plan leaves open this generator, for example '{ match = \"*_score\", generator = { uniform = [1, 5] } }'. "
        "The same as [[inference.column]] in parloader.toml. Repeatable.",
    ),
)
