"""The reference of parloader's commands, as Markdown, from what --help says."""

from collections.abc import Iterator

import click

from parloader.cli.commands import cli


def command_reference() -> str:
    return "\n".join(_section(cli, click.Context(cli, info_name="parloader"), 2))


def _section(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield f"{command.help or ''}\n"
    options = [parameter for parameter in command.get_params(context) if isinstance(parameter, click.Option) and not parameter.hidden]
    if options:
        yield from ("| option | what it does |", "|---|---|", *(_row(option, context) for option in options), "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            nested = command.get_command(context, name)
            if nested is not None and not nested.hidden:
                yield from _section(nested, click.Context(nested, context, info_name=name), level + 1)


def _row(option: click.Option, context: click.Context) -> str:
    spelling, text = option.get_help_record(context) or ("", "")
    return f"| `{_cell(spelling)}` | {_cell(text)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
