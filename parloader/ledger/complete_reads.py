"""Reads of the ledger that notice if the server returns only a part of the rows: a part would leave generated rows that nobody knows of."""

from collections.abc import Sequence
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import LedgerDamaged

REMEDY = "Nothing was done. Look for what limits the rows that a SELECT returns: sql_select_limit, or a proxy in front of the server"


def all_rows(connection: Connection, table: str, columns: tuple[str, ...]) -> tuple[tuple[Any, ...], ...]:
    """Every row of a table of the ledger, in any order. The same statement counts them, so both are of one moment.

    LedgerDamaged: the server returned another number of rows than it counted, as under a limit on the rows that a SELECT returns.
    """
    count = f"(SELECT COUNT(*) FROM {table})"
    answer = sql.rows(connection, f"SELECT {', '.join(columns)}, {count} FROM {table}")
    expected = answer[0][-1] if answer else sql.value(connection, f"SELECT {count} LIMIT 1")
    if len(answer) != expected:
        raise LedgerDamaged(
            f"the server returned {len(answer):,} of the {expected:,} rows of {table}, so parloader knows a part of the ledger only",
            REMEDY,
        )
    return tuple(row[:-1] for row in answer)


def not_listed(tables: Sequence[str]) -> LedgerDamaged:
    """The error for tables of the ledger that exist, but that information_schema did not list."""
    return LedgerDamaged(f"the server did not list {', '.join(tables)}, which exist, so parloader knows a part of the ledger only", REMEDY)


def require_runs_of_batches(connection: Connection) -> None:
    """LedgerDamaged: batches belong to a run that the ledger no longer has."""
    statement = """SELECT COUNT(*), COALESCE(SUM(row_count), 0), MIN(run_id) FROM parloader_batch
        WHERE run_id NOT IN (SELECT run_id FROM parloader_run)"""
    batches, rows, run_id = sql.row(connection, statement)
    if batches:
        raise LedgerDamaged(
            f"the ledger is damaged: parloader_run lacks run {run_id}, to which {rows:,} rows in parloader_batch belong",
            "Restore it from a backup; or delete those rows by hand, then the run's rows in parloader_batch",
        )


def require_tables_of_run(run_id: int, planned: set[str], recorded: set[str]) -> None:
    """LedgerDamaged: the ledger lacks the rows and keys of a table of the run."""
    if missing := sorted(planned - recorded):
        raise LedgerDamaged(
            f"the ledger is damaged: parloader_table lacks {', '.join(missing)} of run {run_id}, so it no longer shows which rows parloader created",
            "Restore it from a backup; or delete those rows by hand, then drop the ledger's tables",
        )
