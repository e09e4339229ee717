"""The help pages: those of commands, with their options in sections, those of topics that commands share, and the command that shows them."""

import textwrap
from collections.abc import Iterator

import click

from parloader import __version__
from parloader.cli.option_groups import SECTIONS, Section, section_of
from parloader.cli.output import CommandGroup
from parloader.cli.settings_file import SETTINGS
from parloader.errors import UsageError

EXIT_CODES = "\b\nExit codes: parloader help exit-codes\nVariables and settings: parloader help settings"
"""The end of each command's page."""

ABOUT_EXIT_CODES = (
    "0 done; 1 failed, or verify found differences; 2 usage error; 3 refused (schema, another run, session settings, privileges); "
    "4 cannot connect or log in; 130 interrupted. docs/exit-codes.md has the details."
)

ABOUT_SETTINGS = (
    "Each command reads parloader.toml in the current folder. An option of the command line counts more than a variable of the environment, and a "
    "variable more than the file. A variable for a repeatable option separates values by blanks, PARLOADER_TABLE and PARLOADER_MAX_LOAD by commas."
)

# Names of options that are longer than this stand on a line of their own
NAME_COLUMNS = 24


class _WithHelp(click.Command):
    """A command with -h, whatever the context is in which it happens to be used first: click remembers that one's names."""

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        return ["-h", "--help"]


class Command(_WithHelp):
    """A command whose page has its options in sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option) and not parameter.hidden]
        for section in SECTIONS:
            if own := [option for option in options if section_of(option) == section]:
                _write_section(ctx, formatter, section, own)


class Group(_WithHelp, click.Group):
    """A group of such commands."""

    command_class = Command


class Program(CommandGroup):
    """The group of all commands."""

    command_class = Command
    group_class = Group

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("The page of a command: parloader help COMMAND")
            formatter.write_text(f"What commands share: parloader help TOPIC. Topics: {', '.join(topics())}")


def _write_section(ctx: click.Context, formatter: click.HelpFormatter, section: Section, options: list[click.Option]) -> None:
    """The options of a section with a topic are named, and those described that most users need."""
    described = [option for option in options if not section.topic or option.opts[-1] in section.described]
    others = [option.opts[-1] for option in options if option not in described]
    with formatter.section(section.title):
        if described:
            formatter.write_dl(list(_records(ctx, described)), col_max=NAME_COLUMNS)
        if others:
            text = f"parloader help {section.topic} describes {_listed(others)}."
            for line in textwrap.wrap(text, formatter.width - formatter.current_indent, break_on_hyphens=False):  # unlike click, in options
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _listed(names: list[str]) -> str:
    """a, b and c."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _records(ctx: click.Context, options: list[click.Option]) -> Iterator[tuple[str, str]]:
    for option in options:
        if record := option.get_help_record(ctx):
            yield record


def topics() -> list[str]:
    """The names of the pages that are not about one command."""
    return [*(section.topic for section in SECTIONS if section.topic), "settings", "exit-codes"]


def every_command(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The commands of a group, and of the groups in it, each with its words."""
    yield path, command
    for name, nested in command.commands.items() if isinstance(command, click.Group) else ():
        yield from every_command(nested, *path, name)


def topic_page(root: click.Context, topic: str) -> str:
    """The page of this topic."""
    formatter = root.make_formatter()
    if topic == "exit-codes":
        formatter.write_text(ABOUT_EXIT_CODES)
        return formatter.getvalue().rstrip()
    if topic == "settings":
        formatter.write_text(ABOUT_SETTINGS)
        with formatter.section("Option, variable, setting in parloader.toml"):
            formatter.write_dl(sorted(_settings(root.command)))
        return formatter.getvalue().rstrip()
    section = next(section for section in SECTIONS if section.topic == topic)
    used: dict[str, list[str]] = {}
    records: dict[str, tuple[str, str]] = {}
    for path, command in every_command(root.command):
        for option in command.params:
            if isinstance(option, click.Option) and section_of(option) == section and (record := option.get_help_record(root)):
                records.setdefault(option.opts[-1], record)
                used.setdefault(option.opts[-1], []).append(" ".join(path))
    formatter.write_text(section.about)
    with formatter.section(section.title):
        formatter.write_dl([*records.values()], col_max=NAME_COLUMNS)
    formatter.write_paragraph()
    formatter.write_text(_users(used))
    return formatter.getvalue().rstrip()


def _users(used: dict[str, list[str]]) -> str:
    """Which commands have the options."""
    most = max(used.values(), key=len)
    texts = [f"Commands with these options: {', '.join(most)}."]
    texts += [f"{name}: {', '.join(commands)}." for name, commands in used.items() if commands != most]
    return " ".join(texts)


def _settings(command: click.Command) -> set[tuple[str, str]]:
    """Each option that has a variable or a setting, with their names."""
    found: dict[str, str] = {}
    for _path, nested in every_command(command):
        for option in nested.params:
            if not isinstance(option, click.Option):
                continue
            setting = option.opts[0].lstrip("-").replace("-", "_")
            names = [str(option.envvar or ""), setting if setting in SETTINGS else ""]
            if any(names) and len(", ".join(filter(None, names))) > len(found.get(option.opts[0], "")):
                found[option.opts[0]] = ", ".join(filter(None, names))
    return set(found.items())


def _pages(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The words that can follow in parloader help."""
    words: tuple[str, ...] = context.params.get("words") or ()
    command: click.Command | None = context.find_root().command
    for word in words:
        command = command.commands.get(word) if isinstance(command, click.Group) else None
    possible = [*command.commands] if isinstance(command, click.Group) else []
    return [word for word in (*possible, *([] if words else topics())) if word.startswith(incomplete)]


@click.command("help", cls=Command, epilog=EXIT_CODES)
@click.argument("words", nargs=-1, metavar="[COMMAND…|TOPIC]", shell_complete=_pages)
@click.pass_context
def help_command(context: click.Context, *, words: tuple[str, ...]) -> None:
    """Show the page of a command or a topic."""
    root = context.find_root()
    if len(words) == 1 and words[0] in topics():
        click.echo(topic_page(root, words[0]))
        return
    command, parent = root.command, root
    for number, word in enumerate(words):
        nested = command.commands.get(word) if isinstance(command, click.Group) else None
        if nested is None:
            raise _unknown(words[:number], word, command)
        command = nested
        parent = click.Context(command, info_name=word, parent=parent)
    click.echo(command.get_help(parent))


def _unknown(before: tuple[str, ...], word: str, command: click.Command) -> UsageError:
    from parloader.plans.documents.codecs import suggestion  # only for an error

    where = " ".join(("parloader", *before))
    if not isinstance(command, click.Group):
        return UsageError(
            f"{where} has no commands, so there is no page {word!r} of it", f"Its own page: parloader help {' '.join(before)}"
        )
    valid = [*command.commands, *([] if before else topics())]
    kind = "command" if before else "command or topic"
    return UsageError(f"{where} has no {kind} {word!r}", f"{suggestion(word, valid)}Valid: {', '.join(valid)}")


version_option = click.version_option(__version__, "-V", "--version", prog_name="parloader", message="%(prog)s %(version)s")
