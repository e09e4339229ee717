"""The SQLAlchemy models of an application: found by name, and as the tables that they declare."""

from collections.abc import Collection

import sqlalchemy as sa

from parloader.database import model_tables
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import UsageError
from parloader.plans.documents import user_modules
from parloader.runs import permission
from parloader.schema.declared_models import DeclaredTable, Models

ADVICE = "Name a declarative base, a MetaData or a module with one: package.module:NAME"

OF_PROGRAM = "<MetaData>"
"""The source of models that a program gave."""


def find_metadata(reference: str, *, as_library: bool = False) -> sa.MetaData:
    """The tables of the declarative base or MetaData that "package.module:NAME" names, or of the only one in "package.module".

    UsageError: there is none, there are several, or the module cannot be imported.
    """
    module_name, colon, _ = reference.partition(":")
    if not (user_modules.is_reference(reference) or (not colon and user_modules.is_name(reference))):
        raise UsageError(f'"{reference}" names no models', ADVICE)
    if colon:
        found = user_modules.find(reference, as_library=as_library, advice=ADVICE)
        _require_all(found, reference)
        metadata = metadata_of(found)
        if metadata is None:
            raise UsageError(f"{reference} has the type {type(found).__name__}, not a declarative base or a MetaData", ADVICE)
        return metadata
    module = user_modules.module(module_name, "NAME", as_library=as_library, advice=ADVICE)
    by_id = {id(metadata): metadata for value in list(vars(module).values()) if (metadata := metadata_of(value)) is not None}
    several = [metadata for metadata in by_id.values() if metadata.tables]
    if len(several) > 1:
        bases = sorted(name for name, value in vars(module).items() if any(metadata_of(value) is each for each in several))
        raise UsageError(f"{module_name} has the models of {len(several)} declarative bases", f"Name one: {module_name}:{bases[0]}")
    if not by_id:
        raise UsageError(f"{module_name} has no SQLAlchemy models", ADVICE)
    return several[0] if several else next(iter(by_id.values()))


def metadata_of(value: object) -> sa.MetaData | None:
    """The metadata that it is or, as a declarative base, a model or Flask-SQLAlchemy's object, has. None: it has none."""
    if isinstance(value, sa.MetaData):
        return value
    try:
        metadata = getattr(value, "metadata", None)
    except Exception:  # an object of the user's may do anything when it is asked
        return None
    return metadata if isinstance(metadata, sa.MetaData) else None


def declared(metadata: object, source: str = OF_PROGRAM) -> Models:
    """The tables of the metadata as values. `source`: what names it. UsageError: it is no MetaData, or has no tables."""
    _require_all(metadata, "metadata")
    found = metadata_of(metadata)
    if found is None:
        raise UsageError(f"metadata has the type {type(metadata).__name__}", "Give a MetaData or a declarative base, such as Base.metadata")
    tables = tuple(_declared(table) for table in found.tables.values())
    if not tables:
        raise UsageError(
            f"{'the metadata' if source == OF_PROGRAM else source} has no tables", "Import the modules that define the models first"
        )
    return Models(source=source, tables=tables)


def _require_all(value: object, name: str) -> None:
    """UsageError: it is a single model, whose metadata has those of all models."""
    table = getattr(value, "__table__", None)
    if isinstance(value, type) and isinstance(table, sa.Table):
        raise UsageError(
            f"{name} is the model of one table, {table}", f"Name the declarative base, or that table: --table {table} (in Python, table)"
        )


def _declared(table: sa.Table) -> DeclaredTable:
    return DeclaredTable(name=str(table.name), database=None if table.schema is None else str(table.schema))


def create_missing(
    metadata: sa.MetaData, target: Target, *, allow_remote: Collection[str] = (), allow_databases: Collection[str] = ()
) -> tuple[sa.Table, ...]:
    """Creates the tables that do not exist; returns them. See model_tables.create_missing. Refused: the database may not be written to."""
    permission.require_permitted(target, allow_remote)
    with connected(target) as connection:
        permission.require_not_forbidden(connection, target)
    return model_tables.create_missing(metadata, target, allow_databases)
