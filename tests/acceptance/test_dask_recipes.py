"""The configuration files in docs/examples/dask: what can be checked without a cluster, a registry or Slurm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.config
import pytest
from distributed import Security
from distributed.cli import dask_scheduler, dask_worker

from parloader.cli.commands import cli

ROOT = Path(__file__).parents[2]

EXAMPLES = ROOT / "docs/examples/dask"

SCALE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")

PROGRAMS = {"dask-scheduler": dask_scheduler.main, "dask-worker": dask_worker.main, "parloader": cli}


def document(name: str) -> Any:
    """The file's YAML document."""
    (found,) = dask.config.collect_yaml([str(EXAMPLES / name)])
    return found


def containers(resource: Any) -> Iterator[Any]:
    """Every container of a DaskCluster or a Job."""
    spec = resource["spec"]
    for pod in [spec[part]["spec"] for part in ("scheduler", "worker") if part in spec] or [spec["template"]["spec"]]:
        yield from pod["containers"]


def accept(words: list[str]) -> None:
    """The program knows the options, and they have valid values. Nothing is run."""
    program, *arguments = words
    command: Any = PROGRAMS[program]
    if program == "parloader":
        command, arguments = cli.commands[arguments[0]], arguments[1:]
    command.make_context(program, arguments)


@pytest.mark.parametrize("name", ["kubernetes.yaml", "kubernetes-seed.yaml"])
def test_the_programs_know_the_arguments_of_the_containers(name: str) -> None:
    found = list(containers(document(name)))
    assert found
    for container in found:
        accept(container["args"])


def test_the_tls_settings_are_those_that_dask_reads() -> None:
    with dask.config.set(document("tls.yaml")):
        security = Security()
    assert security.require_encryption
    for role in ("scheduler", "worker", "client"):
        assert security.get_tls_config_for_role(role) == {
            "tls_ca_file": "/etc/dask/cert.pem",
            "tls_cert": "/etc/dask/cert.pem",
            "tls_key": "/etc/dask/key.pem",
        } | {k: v for k, v in security.get_tls_config_for_role(role).items() if k not in ("tls_ca_file", "tls_cert", "tls_key")}
