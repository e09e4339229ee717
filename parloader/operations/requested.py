"""The plan that is asked for, as far as the request itself says it: the built-in one, one of a plan file or of Python, or just a table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from parloader.config import SeedConfig
from parloader.errors import UsageError
from parloader.plans import plan_file, python_plan
from parloader.plans.document import as_document
from parloader.plans.infer import Fill
from parloader.plans.model import Plan, Table
from parloader.plans.script_execution import DEFAULT_ROWS, script_execution


def requested(config: SeedConfig) -> tuple[Plan, Fill]:
    """The plan, and how much is to be filled in of it. UsageError: options that exclude each other, a file that is not valid."""
    if config.plan is not None:
        _require_alone("--plan", {"--table": config.table, "--set": config.parameters})
        return _of_file(config, config.plan), Fill.DEMANDED
    if config.table is not None:
        _require_alone("--table", {"--set": config.parameters})
        return _of_table(config, config.table), Fill.ALL
    plan = script_execution(DEFAULT_ROWS if config.rows is None else config.rows, config.parameters)
    return replace(plan, parameters={**plan.parameters, **_parents(config)}, seed=config.seed or 0), Fill.DEMANDED


def _require_alone(option: str, others: Mapping[str, object]) -> None:
    for other, value in others.items():
        if value:
            raise UsageError(f"{option} and {other} exclude each other", f"Leave {other} out: it belongs to another plan")


def _of_table(config: SeedConfig, name: str) -> Plan:
    rows = DEFAULT_ROWS if config.rows is None else config.rows
    table = Table(name=name, rows=rows, columns={}, key=None, partitioned=True, reuse=False)
    return Plan(name=name, parameters={"table": name, **_parents(config)}, tables=(table,), seed=config.seed or 0)


def _of_file(config: SeedConfig, source: str) -> Plan:
    module, _, name = source.rpartition(":")
    plan = python_plan.load(source) if module and name and not Path(source).exists() else plan_file.read(Path(source))
    if config.rows is not None:
        target = replace(plan.target, rows=config.rows)
        plan = replace(plan, tables=tuple(target if table is plan.target else table for table in plan.tables))
    if config.seed is not None:
        plan = replace(plan, seed=config.seed)
    digest = hashlib.sha256(json.dumps(as_document(plan), sort_keys=True).encode()).hexdigest()[:12]
    return replace(plan, parameters={"file": source, "digest": digest, **_parents(config)})


def _parents(config: SeedConfig) -> dict[str, str]:
    text = ",".join(f"{table}={rows}" for table, rows in sorted(config.parents.items()))
    return {"parents": text} if text else {}
