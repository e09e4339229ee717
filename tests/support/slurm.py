"""A Slurm of one node on 127.0.0.1, run by the programs on the PATH (slurmctld, slurmd, sbatch; Debian: slurm-wlm) without any service."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from scale_cluster import free_port, started
from support.servers import until

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/none
CredType=cred/none
CommunicationParameters=NoInAddrAny
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
PluginDir={plugins}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=8000
PartitionName=batch Nodes=ALL Default=YES State=UP
"""


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Runs it; yields the variables with which its commands find it. Skips the test on a machine without its programs."""
    controller, node, step = (shutil.which(name) or shutil.which(f"{name}-wlm") for name in ("slurmctld", "slurmd", "slurmstepd"))
    if not (controller and node and step and shutil.which("sbatch")):
        pytest.skip("no Slurm: slurmctld, slurmd, slurmstepd and sbatch are not all on the PATH")
    plugins = Path(controller).resolve().parents[1] / "lib/x86_64-linux-gnu/slurm-wlm"
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir()
    ports = {"controller_port": free_port(), "node_port": free_port()}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(host=host, folder=folder, plugins=plugins, **ports))
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    with ExitStack() as stack:
        stack.enter_context(started([controller, "-D"], folder, environment))
        until(lambda: _state(environment), "slurmctld")
        stack.enter_context(started([node, "-D", "-d", step, "-N", host], folder, environment))
        until(lambda: _state(environment) == "idle", "a node of Slurm")
        yield {"SLURM_CONF": environment["SLURM_CONF"]}


def _state(environment: dict[str, str]) -> str:
    """Of the node; empty: slurmctld does not answer."""
    done = subprocess.run(["sinfo", "--noheader", "--format=%t"], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()
