"""How the values of a run are written in the ledger's rows, and read back, also from ledgers of earlier versions."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from parloader.errors import LedgerDamaged, UsageError
from parloader.ledger.run import TableEntry
from parloader.plans.documents.codecs import SCALAR
from parloader.plans.documents.plan_document import decode_plan
from parloader.plans.model import Plan
from parloader.plans.row_ranges import IndexRange, KeySegment, RowAllocation, RowKeys


def stored_plan(run_id: int, definition: str) -> Plan:
    try:
        return _decode(definition)
    except (UsageError, ValueError) as error:
        raise LedgerDamaged(
            f"this version of parloader cannot read the plan of run {run_id} in the ledger: {error}",
            "Use the version that wrote it (column parloader_version of parloader_run), or a later one",
        ) from error


@lru_cache(maxsize=1024)
def _decode(definition: str) -> Plan:
    """The plan of a JSON text. Cached, because a command reads the ledger more than once and runs often have the same plan."""
    return decode_plan(json.loads(definition))


def stored_entry(row: tuple[Any, ...], done: Mapping[str, tuple[IndexRange, ...]], target: str) -> TableEntry:
    name, key, segments, details, before, after = row
    rows = _rows(key, segments, details, None if name == target else done.get(name, ()))
    types = json.loads(details).get("types", {}) if details else {}
    return TableEntry(name=name, key=key, rows=rows, counter_before=before, counter_after=after, types=types)


def _rows(key: str | None, segments: str, details: str | None, done: tuple[IndexRange, ...] | None) -> RowAllocation:
    """`done`: the new rows according to a ledger of version 0.1.0, which has no `details`; None: all rows are new."""
    keys = None if key is None else RowKeys(tuple(KeySegment(*s) for s in json.loads(segments)))
    if details is None:
        assert keys is not None
        return RowAllocation(rows=keys.rows, new=(IndexRange(0, keys.rows),) if done is None else done, keys=keys)
    document = json.loads(details)
    return RowAllocation(
        rows=document["rows"],
        new=tuple(IndexRange(*part) for part in document["made"]),
        keys=keys,
        next_taken_key=document.get("next_taken_key"),
        reused={column: tuple(map(SCALAR.read, values)) for column, values in document["used"].items()},
        unique_offsets=document["offsets"],
        root={column: SCALAR.read(value) for column, value in document.get("root", {}).items()},
    )


def details_text(entry: TableEntry) -> str:
    rows = entry.rows
    return json.dumps(
        {
            "rows": rows.rows,
            "made": [[part.start, part.stop] for part in rows.new],
            "used": {column: list(map(SCALAR.write, values)) for column, values in rows.reused.items()},
            "offsets": dict(rows.unique_offsets),
            **({"root": {column: SCALAR.write(value) for column, value in rows.root.items()}} if rows.root else {}),
            "types": {column: dict(recorded) for column, recorded in entry.types.items()},
            **({"next_taken_key": rows.next_taken_key} if rows.next_taken_key is not None else {}),
        }
    )


def segments_text(keys: RowKeys | None) -> str:
    return json.dumps([[s.start, s.rows, s.key_start] for s in keys.segments] if keys else [])
