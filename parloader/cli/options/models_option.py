"""The options --models and --create: SQLAlchemy models as the tables to fill. Imports nothing large."""

from typing import TYPE_CHECKING

import click

from parloader.cli.option_groups import WHAT_TO_FILL
from parloader.errors import UsageError
from parloader.quantities import counted

if TYPE_CHECKING:
    from parloader.cli.terminal.screen import Screen
    from parloader.config import SeedConfig
    from parloader.schema.declared_models import Models


def _reference(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    if text == "":
        raise click.BadParameter("the name of the models is empty; write package.module:NAME")
    return text


models_option = WHAT_TO_FILL.option(
    "--models",
    metavar="MODULE:NAME",
    callback=_reference,
    envvar="PARLOADER_MODELS",
    help="Fill the tables of these SQLAlchemy models, like --all: a declarative base or a MetaData, for example app.models:Base. NAME may be left "
    "out if the module has only one.",
)

create_option = WHAT_TO_FILL.option(
    "--create", is_flag=True, help="Create the tables of --models that do not exist. They stay after clean."
)


def declared_models(reference: str | None) -> "Models | None":
    """The tables that the models declare; None: no models are given. UsageError: they cannot be found."""
    if reference is None:
        return None
    from parloader.runs.user_models import declared, find_metadata  # SQLAlchemy, and the user's module

    return declared(find_metadata(reference), reference)


def create_tables(config: "SeedConfig", screen: "Screen") -> tuple[str, ...]:
    """Creates the tables of the models that do not exist; says which, and returns their names. UsageError: no models are given."""
    if config.models is None:
        raise UsageError("--create without --models", "Name the models whose tables it creates: --models app.models:Base")
    from parloader.runs.user_models import create_missing, find_metadata

    created = create_missing(
        find_metadata(config.models.source), config.target, allow_remote=config.allow_remote, allow_databases=config.allow_databases
    )
    names = tuple(map(str, created))
    if names:
        screen.note(f"created {counted(len(names), 'table')}: {', '.join(names)}")
    return names
