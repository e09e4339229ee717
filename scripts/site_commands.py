"""The reference of parloader's commands, as Markdown: what the help pages say (parloader/cli/help_pages.py)."""

import html
import inspect
import re
from collections.abc import Iterator

import click

from parloader.cli.commands import cli
from parloader.cli.help_pages import every_command
from parloader.cli.option_groups import SECTIONS, Section, section_of

OPTION = r"(?<![\w-])--[a-z][a-z-]*"


def command_reference() -> str:
    """A heading for each command, and one for each section of options that commands share."""
    root = click.Context(cli, info_name="parloader")
    shared = {section.topic: dict[str, click.Option]() for section in SECTIONS if section.topic}
    lines: list[str] = []
    for path, command in every_command(cli):
        context = _context(root, path)
        options = [option for option in command.get_params(context) if isinstance(option, click.Option) and not option.hidden]
        lines += _command(path, command, context, options)
        for option in options:
            if section_of(option).topic:
                shared[section_of(option).topic].setdefault(option.opts[-1], option)
    for section in SECTIONS:
        if section.topic:
            lines += [f"## {section.title}\n", f"{section.about}\n", *_table([*shared[section.topic].values()], root)]
    return "\n".join(lines)


def _context(root: click.Context, path: tuple[str, ...]) -> click.Context:
    context = root
    for name in path:
        assert isinstance(context.command, click.Group)
        context = click.Context(context.command.commands[name], info_name=name, parent=context)
    return context


def _command(path: tuple[str, ...], command: click.Command, context: click.Context, options: list[click.Option]) -> Iterator[str]:
    yield f"{'#' * max(2, len(path) + 1)} parloader {' '.join(path)}".rstrip() + "\n"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield inspect.cleandoc(command.help or "").replace("\b\n", "") + "\n"
    for section in SECTIONS:
        if own := [option for option in options if section_of(option) == section and "--help" not in option.opts]:
            yield from _section(section, own, context)


def _section(section: Section, options: list[click.Option], context: click.Context) -> Iterator[str]:
    """Like a help page: of a section with a topic, it describes the options that most users need."""
    described = [option for option in options if not section.topic or option.opts[-1] in section.described]
    others = [f"`{option.opts[-1]}`" for option in options if option not in described]
    yield f"**{section.title}**\n"
    yield from _table(described, context)
    if others:
        yield f"{', '.join(others)}: see [{section.title}](#{section.title.lower().replace(' ', '-')})\n"


def _table(options: list[click.Option], context: click.Context) -> Iterator[str]:
    if options:
        yield from ("| option | what it does |", "|---|---|", *(_row(option, context) for option in options), "")


def _row(option: click.Option, context: click.Context) -> str:
    spelling, text = option.get_help_record(context) or ("", "")
    described = re.sub(OPTION, lambda found: f"<code>{found[0]}</code>", _escaped(text))
    return f"| <code>{_escaped(spelling)}</code> | {described} |"


def _escaped(text: str) -> str:
    """As HTML, without characters that mean something in a Markdown table."""
    return re.sub(r"[|*_`\\[\]]", lambda found: f"&#{ord(found[0])};", html.escape(" ".join(text.split()), quote=False))
