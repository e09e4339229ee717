"""Reads of the ledger that notice if the server returns only a part of the rows: a part would leave generated rows that nobody knows of."""

from collections.abc import Sequence
from typing import Any

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.errors import LedgerDamaged
from parloader.plans.row_ranges import IndexRange, merge

REMEDY = "Nothing was done. Look for what limits the rows that a SELECT returns: sql_select_limit, or a proxy in front of the server"


def all_rows(connection: Connection, table: str, columns: tuple[str, ...], condition: str = "TRUE") -> tuple[tuple[Any, ...], ...]:
    """Every row of a table of the ledger, or every one that meets the condition, in any order. The same statement counts them, so both are of one moment.

    LedgerDamaged: the server returned another number of rows than it counted, as under a limit on the rows that a SELECT returns.
    """
    count = f"(SELECT COUNT(*) FROM {table} WHERE {condition})"
    answer = sql.rows(connection, f"SELECT {', '.join(columns)}, {count} FROM {table} WHERE {condition}")
    expected = answer[0][-1] if answer else sql.value(connection, f"SELECT {count} LIMIT 1")
    _require_complete(table, len(answer), expected)
    return tuple(row[:-1] for row in answer)


def all_batches(connection: Connection, table: str, condition: str = "TRUE") -> dict[int, dict[str, tuple[IndexRange, ...]]]:
    """Run → table or second pass → the ranges that its batches make up, in order. The server joins them, because a run may have 100,000 batches.

    Batches are disjoint, so their ends and the sums of their rows up to there differ by the same number until rows are missing.
    LedgerDamaged: as all_rows, or batches overlap.
    """
    of_pass = "PARTITION BY run_id, table_name ORDER BY first_index ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    answer = sql.rows(
        connection,
        f"""SELECT run_id, table_name, MIN(first_index), MAX(stop), SUM(row_count), COUNT(*) OVER () FROM (
            SELECT run_id, table_name, first_index, row_count, first_index + row_count AS stop,
            CAST(first_index + row_count AS SIGNED) - SUM(row_count) OVER ({of_pass}) AS missing_before FROM {table} WHERE {condition}
        ) batches GROUP BY run_id, table_name, missing_before""",
    )
    expected = answer[0][-1] if answer else sql.value(connection, f"SELECT (SELECT COUNT(*) FROM {table} WHERE {condition}) LIMIT 1")
    _require_complete(table, len(answer), expected)
    ranges: dict[int, dict[str, list[IndexRange]]] = {}
    for run_id, name, first, stop, rows, _ in answer:
        if stop - first != rows:
            raise LedgerDamaged(
                f"the ledger is damaged: batches of {name} in run {run_id} overlap, so it does not show which rows are loaded",
                "Restore it from a backup, or delete the rows of one of two such batches from parloader_batch",
            )
        ranges.setdefault(run_id, {}).setdefault(name, []).append(IndexRange(first, stop))
    return {run_id: {name: merge(parts) for name, parts in of_run.items()} for run_id, of_run in ranges.items()}


def _require_complete(table: str, rows: int, expected: int) -> None:
    if rows != expected:
        raise LedgerDamaged(
            f"the server returned {rows:,} of the {expected:,} rows of {table}, so parloader knows a part of the ledger only",
            REMEDY,
        )


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
