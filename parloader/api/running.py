"""What the functions of the library share: how they run an operation in a caller's process."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parloader.api.arguments import LoadArguments
from parloader.api.wording import in_words_of_the_library
from parloader.config import CleanConfig, SeedConfig
from parloader.database import model_tables
from parloader.database.target import Target
from parloader.errors import ParloaderError
from parloader.operations import clean as cleaning
from parloader.operations import seed as seeding
from parloader.operations.clean_result import CleanResult
from parloader.operations.seed_result import SeedResult
from parloader.process_limits import require_resources
from parloader.runs.user_models import create_missing, metadata_of
from parloader.workers.executor import Executor
from parloader.workers.progress import Progress
from parloader.workers.runner import default_executor, in_process_executor

if TYPE_CHECKING:
    from sqlalchemy import Table


@dataclass(frozen=True, kw_only=True)
class Load:
    """A seed that has succeeded."""

    config: SeedConfig
    result: SeedResult
    created: "Sequence[Table]"


@in_words_of_the_library()
def load(selection: LoadArguments, target: Target, progress: Progress) -> Load:
    """Creates the tables of models first, if that is asked for. An error afterwards says so in a note: they stay."""
    config = selection.config(target)
    require_resources(config.most_workers)
    created = _created(selection, config)
    try:
        result = seeding.seed(config, progress, executor(config.procs))
    except ParloaderError as error:
        if created:
            error.add_note(f"parloader has created the tables {', '.join(map(str, created))}")
        raise
    return Load(config=config, result=replace(result, created_tables=tuple(map(str, created))), created=created)


def _created(selection: LoadArguments, config: SeedConfig) -> "Sequence[Table]":
    metadata = metadata_of(selection.metadata)
    if not selection.create or metadata is None:
        return ()
    return create_missing(metadata, config.target, allow_remote=config.allow_remote, allow_databases=config.allow_databases)


@in_words_of_the_library()
def remove(load: Load, progress: Progress) -> None:
    """Cleans the run of a load, if it began one, and drops the tables that it created. Edited rows are deleted if it has loaded them itself."""
    config, result = load.config, load.result
    if result.run_id is not None:
        clean_config = CleanConfig(
            target=config.target,
            procs=config.procs,
            runs=(result.run_id,),
            edited_too=not result.already_complete,
            allow_remote=config.allow_remote,
            retry_seconds=config.retry_seconds,
            worker_restarts=config.worker_restarts,
        )
        delete(clean_config, progress)
    if load.created:
        model_tables.drop(load.created, config.target)


def delete(config: CleanConfig, progress: Progress, *, dry_run: bool = False) -> CleanResult:
    """What clean has deleted or, in a dry run, would delete."""
    require_resources(config.procs)
    operation = cleaning.preview_clean if dry_run else cleaning.clean
    return operation(config, progress, executor(config.procs))


def executor(procs: int) -> Executor:
    """With 1, the calling process does the work."""
    return in_process_executor() if procs == 1 else default_executor()
