"""The configuration files in docs/examples/dask and the recipes of docs/scale.md: what can be checked without a cluster of machines.

The tests marked slow need packages of the group `recipes`, and the one of Slurm also its programs; each is skipped without them.
"""

import copy
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import dask.config
import pytest
import scale
from click.testing import CliRunner
from distributed import Security
from distributed.cli import dask_scheduler, dask_worker
from scale_cluster import free_port, started
from support.servers import Database, tcp_address, until
from support.slurm import slurm
from support.ssh_server import ssh_server

from parloader.cli.commands import cli

ROOT = Path(__file__).parents[2]

EXAMPLES = ROOT / "docs/examples/dask"

BIN = Path(sys.executable).parent

SCALE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")

PROGRAMS: dict[tuple[str, str], Any] = {
    ("dask", "scheduler"): dask_scheduler.main,
    ("dask", "worker"): dask_worker.main,
    ("parloader", "seed"): cli.commands["seed"],
}

on_one_server = pytest.mark.parametrize("server", ["mariadb"], indirect=True)


def block(start: str) -> str:
    """The block of docs/scale.md that begins with this text."""
    (found,) = (text for text in re.findall(r"^```\w+\n(.*?)^```", SCALE, re.DOTALL | re.MULTILINE) if text.startswith(start))
    return str(found)


def document(name: str) -> Any:
    """The file's YAML document."""
    (found,) = dask.config.collect_yaml([str(EXAMPLES / name)])
    return found


def container(resource: Any, part: str) -> Any:
    """The only container of a part of a DaskCluster (scheduler, worker), or of a Job (template)."""
    (found,) = resource["spec"][part]["spec"]["containers"]
    return found


def test_the_programs_know_the_arguments_of_the_containers() -> None:
    cluster, job = document("kubernetes.yaml"), document("kubernetes-seed.yaml")
    for part, resource in (("scheduler", cluster), ("worker", cluster), ("template", job)):
        program, command, *arguments = container(resource, part)["args"]
        PROGRAMS[program, command].make_context(command, arguments)  # UsageError: an unknown option, or a wrong value


def test_the_tls_settings_are_those_that_dask_reads() -> None:
    with dask.config.set(dask.config.merge(dask.config.global_config, document("tls.yaml"))):
        security = Security()
    assert security.require_encryption
    for role in ("scheduler", "worker", "client"):
        found = security.get_tls_config_for_role(role)
        assert (found["ca_file"], found["cert"], found["key"]) == ("/etc/dask/cert.pem", "/etc/dask/cert.pem", "/etc/dask/key.pem")


@contextmanager
def home_with_tls(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A home with the certificate and the settings that the documented commands create, and an environment that uses it."""
    home = folder / "home"
    home.mkdir()
    (home / "parloader-venv").symlink_to(BIN.parent)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARLOADER", "DASK"))}
    environment |= {"HOME": str(home), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        block("mkdir -p ~/.config/dask"), shell=True, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (home / ".config/dask/key.pem").stat().st_mode & 0o077 == 0
    yield home, environment


def test_the_documented_certificate_is_accepted_on_both_sides(tmp_path: Path) -> None:
    """By a scheduler and a worker that read the settings, without a network between them."""
    with home_with_tls(tmp_path) as (home, _):
        (settings,) = dask.config.collect_yaml([str(home / ".config/dask/tls.yaml")])
        with dask.config.set(dask.config.merge(dask.config.global_config, settings)):
            security = Security()
            to_worker, to_scheduler = ssl.MemoryBIO(), ssl.MemoryBIO()
            scheduler = security.get_listen_args("scheduler")["ssl_context"].wrap_bio(to_scheduler, to_worker, server_side=True)
            worker = security.get_connection_args("worker")["ssl_context"].wrap_bio(to_worker, to_scheduler)
    for side in (worker, scheduler, worker, scheduler):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert scheduler.version() == worker.version() == "TLSv1.3"
    assert scheduler.getpeercert() == worker.getpeercert()
    assert dict(field for (field,) in scheduler.getpeercert()["subject"]) == {"commonName": "parloader"}


def test_the_sizes_are_those_that_the_script_calculates() -> None:
    (command,) = re.findall(r"`(scripts/scale sizes [^`]+)`", SCALE)
    done = CliRunner().invoke(scale.main, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() in SCALE


def test_the_job_script_has_the_settings_of_jobqueue_yaml() -> None:
    slurm = document("jobqueue.yaml")["jobqueue"]["slurm"]
    script = block("#!/usr/bin/env bash")
    for line in (*slurm["job-script-prologue"], f"#SBATCH -p {slurm['queue']}", f"#SBATCH --cpus-per-task={slurm['cores']}"):
        assert f"{line}\n" in script
    command = re.sub(r"/home/ann/\S+", __file__, script.splitlines()[-1])  # click wants files that exist
    *program, worker = command.partition("dask_worker ")
    assert program[0] == "python -m distributed.cli."
    dask_worker.main.make_context("dask-worker", shlex.split(worker))


@pytest.mark.slow
def test_the_job_script_is_the_one_that_dask_jobqueue_makes() -> None:
    jobqueue = pytest.importorskip("dask_jobqueue.slurm")
    security = Security(
        **{f"tls_worker_{name}": f"/home/ann/.config/dask/{name}.pem" for name in ("cert", "key")},
        tls_ca_file="/home/ann/.config/dask/cert.pem",
    )
    with dask.config.set(dask.config.merge(dask.config.global_config, document("jobqueue.yaml"))):
        job = jobqueue.SLURMJob(scheduler="tls://192.0.2.10:8786", name="parloader-0", protocol="tls://", security=security)
    assert job.job_script().strip() == block("#!/usr/bin/env bash").strip()


@pytest.mark.slow
def test_the_cluster_is_the_one_that_dask_kubernetes_makes() -> None:
    operator = pytest.importorskip("dask_kubernetes.operator")
    found = document("kubernetes.yaml")
    worker, scheduler = container(found, "worker"), container(found, "scheduler")
    made = operator.make_cluster_spec(
        name="parloader",
        image=worker["image"],
        n_workers=8,
        worker_command="dask worker --nthreads 1 --resources DB=1 --death-timeout 60",
        resources=worker["resources"],
        env=worker["env"],
    )
    # what the recipe adds
    assert scheduler["args"] == ["dask", "scheduler", "--host", "0.0.0.0", "--protocol", "tls"]
    scheduler["args"] = ["dask-scheduler", "--host", "0.0.0.0"]  # a command that new versions of Dask do not have any more
    scheduler["env"] = worker["env"]  # make_cluster_spec gives the scheduler the workers' environment: the recipe does not
    for part in ("scheduler", "worker"):
        assert container(found, part).pop("volumeMounts") == [{"name": "tls", "mountPath": "/etc/dask", "readOnly": True}]
        assert found["spec"][part]["spec"].pop("volumes") == [{"name": "tls", "secret": {"secretName": "parloader-tls"}}]
    assert found == made


def strict(schema: Any) -> Any:
    """The schema, which allows no field that it does not name. Kubernetes itself drops such a field."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and "additionalProperties" not in schema else {}
    return closed | {name: strict(value) for name, value in schema.items()}


@pytest.mark.slow
def test_the_operator_knows_every_field_of_the_cluster() -> None:
    package = pytest.importorskip("dask_kubernetes")
    jsonschema = pytest.importorskip("jsonschema")
    chart = Path(package.__file__).parent / "operator/deployment/helm/dask-kubernetes-operator/crds/daskcluster.yaml"
    (definition,) = dask.config.collect_yaml([str(chart)])
    (version,) = definition["spec"]["versions"]
    schema = strict(version["schema"]["openAPIV3Schema"])
    cluster = {name: value for name, value in document("kubernetes.yaml").items() if name not in ("apiVersion", "kind", "metadata")}
    jsonschema.validate(cluster, schema)
    wrong = copy.deepcopy(cluster)
    container(wrong, "worker")["volumeMount"] = []
    with pytest.raises(jsonschema.ValidationError, match="'volumeMount' was unexpected"):
        jsonschema.validate(wrong, schema)


@pytest.mark.slow
def test_kubernetes_knows_every_field_of_the_job() -> None:
    client = pytest.importorskip("kubernetes.client")
    api, job = client.ApiClient(), document("kubernetes-seed.yaml")
    # a model has only the fields that Kubernetes knows
    assert api.sanitize_for_serialization(api._ApiClient__deserialize(job, "V1Job")) == job


@pytest.mark.slow
def test_the_secrets_are_those_that_the_containers_use(tmp_path: Path) -> None:
    """As kubectl would create them."""
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl")
    made = {}
    with home_with_tls(tmp_path) as (_, environment):
        (tmp_path / "docs").symlink_to(ROOT / "docs")
        (tmp_path / "url.txt").write_text("mysql://loader:se-cret@db.example.com/shop")
        for command in block("kubectl create secret").splitlines():
            dry = f"{command} --dry-run=client --output=json"
            done = subprocess.run(dry, shell=True, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            secret = json.loads(done.stdout)
            made[secret["metadata"]["name"]] = set(secret["data"])
    used = [container(document("kubernetes.yaml"), "worker"), container(document("kubernetes-seed.yaml"), "template")]
    for variable in (variable for found in used for variable in found["env"] if "valueFrom" in variable):
        reference = variable["valueFrom"]["secretKeyRef"]
        assert made[reference["name"]] == {reference["key"]}
    tls = document("tls.yaml")["distributed"]["comm"]["tls"]
    files = {tls["ca-file"], *(tls[role][kind] for role in ("scheduler", "worker", "client") for kind in ("cert", "key"))}
    assert made["parloader-tls"] == {"tls.yaml", *(Path(file).name for file in files)}


def loads(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Runs parloader; returns what it prints."""
    done = subprocess.run([BIN / "parloader", *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def loader(database: Database) -> Iterator[tuple[Database, str]]:
    """A database, and the address of its server, where the account `loader` has a password."""
    with database.server.connection() as admin:
        host, port = tcp_address(database.target, admin)
    database.execute("CREATE USER loader@'%%' IDENTIFIED BY 'se-cret'", f"GRANT ALL ON {database.target.database}.* TO loader@'%%'")
    yield database, f"{host}:{port}/{database.target.database}"
    database.execute("DROP USER loader@'%%'")


OPTION_FILE = "[parloader]\nuser = loader\npassword = se-cret\n"


def with_option_file(home: Path, environment: dict[str, str], address: str) -> dict[str, str]:
    """The environment of a command that takes the password from ~/.my.cnf."""
    (home / ".my.cnf").write_text(OPTION_FILE)
    (home / ".my.cnf").chmod(0o600)
    return environment | {"PARLOADER_URL": f"mysql://{address}"}


@pytest.mark.slow
@on_one_server
def test_the_containers_load_over_tls(loader: tuple[Database, str], tmp_path: Path) -> None:
    """Their commands and variables, as processes of this machine."""
    database, address = loader
    cluster, job = document("kubernetes.yaml"), document("kubernetes-seed.yaml")
    port = free_port()
    scheduler = [*container(cluster, "scheduler")["args"], "--port", str(port), "--dashboard-address", "127.0.0.1:0"]
    scheduler[scheduler.index("0.0.0.0")] = "127.0.0.1"
    worker = container(cluster, "worker")
    given = {variable["name"]: variable.get("value") for variable in worker["env"]}
    assert given.keys() == {"DASK_SCHEDULER_ADDRESS", "POLARS_MAX_THREADS", "PARLOADER_URL"}
    address_in_cluster = given["DASK_SCHEDULER_ADDRESS"]
    own = {"DASK_SCHEDULER_ADDRESS": f"tls://127.0.0.1:{port}", "PARLOADER_URL": f"mysql://loader:se-cret@{address}"}
    seed = [own["DASK_SCHEDULER_ADDRESS"] if word == address_in_cluster else word for word in container(job, "template")["args"][1:]]
    for option in ("--table", "--rows"):
        del seed[seed.index(option) : seed.index(option) + 2]
    with home_with_tls(tmp_path) as (_, environment), ExitStack() as stack:
        stack.enter_context(started([str(BIN / scheduler[0]), *scheduler[1:]], tmp_path, environment))
        for name in ("one", "two"):
            arguments = [name if word == "$(DASK_WORKER_NAME)" else "0" if word == "8788" else word for word in worker["args"]]
            variables = environment | {name: value for name, value in given.items() if value} | own
            stack.enter_context(started([str(BIN / arguments[0]), *arguments[1:], "--host", "127.0.0.1"], tmp_path, variables))
        log = tmp_path / "dask.log"
        until(lambda: log.read_text().count("Register worker addr: tls://") == 2, "two workers in the cluster")
        printed = loads([*seed, "--rows", "20000"], tmp_path, environment | own)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 20_000
    assert "se-cret" not in printed + log.read_text()


@pytest.mark.slow
@on_one_server
def test_workers_over_ssh(loader: tuple[Database, str], tmp_path: Path) -> None:
    asyncssh = pytest.importorskip("asyncssh")
    database, address = loader
    port = free_port()
    command = shlex.split(block("docs/examples/dask/ssh_workers.sh"))
    hosts = ["127.0.0.1" if word.startswith("host") else word for word in command[2:]]
    assert len(hosts) == 4
    with home_with_tls(tmp_path) as (home, environment), ssh_server(asyncssh, home) as ssh:
        variables = with_option_file(home, environment, address)
        with started([str(ROOT / command[0]), "127.0.0.1", "1", *hosts[1:]], tmp_path, environment | {"SSH": ssh, "DASK_PORT": str(port)}):
            log = tmp_path / "dask.log"
            until(lambda: log.read_text().count("Register worker addr: tls://") == 3, "three workers in the cluster")
            options = ["--scheduler", f"tls://127.0.0.1:{port}", "--credentials", "worker", "--resources", "DB=1"]
            loads(["seed", "--rows", "20000", *options], tmp_path, variables)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 20_000
    assert "se-cret" not in log.read_text()


@pytest.mark.slow
@on_one_server
def test_workers_as_slurm_jobs(loader: tuple[Database, str], tmp_path: Path, short_folder: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    database, address = loader
    with home_with_tls(tmp_path) as (home, environment), slurm(short_folder) as slurm_environment:
        variables = with_option_file(home, environment | slurm_environment, address)
        settings = (EXAMPLES / "jobqueue.yaml").read_text()
        settings = settings.replace("[--resources, DB=1]", "[--resources, DB=1, --host, 127.0.0.1, --dashboard-address, '127.0.0.1:0']")
        (home / ".config/dask/jobqueue.yaml").write_text(settings + "      host: 127.0.0.1\n      dashboard_address: 127.0.0.1:0\n")
        command = block("python docs/examples/dask/slurm_cluster.py").split()
        with started([str(BIN / "python"), str(ROOT / command[1]), "1"], tmp_path, variables):
            until((tmp_path / "parloader-scheduler.json").exists, "the scheduler")
            joined = "Registered to:"
            until(lambda: sum(log.read_text().count(joined) for log in tmp_path.glob("slurm-*.out")) == 4, "the four workers of a job")
            options = ["--scheduler-file", "parloader-scheduler.json", "--credentials", "worker", "--resources", "DB=1"]
            loads(["seed", "--rows", "20000", *options], tmp_path, variables)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 20_000
