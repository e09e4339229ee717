"""The steps of the Dockerfile, carried out in a minimal Debian, and commands in what comes out. No engine is needed, but root, debootstrap and a mirror."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from support.image import Image, stages
from support.servers import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

STAGES = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def mirror() -> str:
    """The mirror of Debian that this machine uses; skips the test on one that uses none."""
    if os.getuid() or not all(map(shutil.which, ("apt-get", "chroot", "debootstrap", "unshare"))):
        pytest.skip("needs root on Debian, with debootstrap")
    uris = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], capture_output=True, text=True, check=True
    )
    found = [uri for uri in uris.stdout.split() if uri.rstrip("/").endswith("/debian")]
    if not found:
        pytest.skip("this machine has no mirror of Debian")
    return found[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image: its last stage. Both trust what this machine trusts: its index may have a certificate of its own."""
    base, folder = mirror(), tmp_path_factory.mktemp("image")
    release = STAGES[0].base.removeprefix("debian:").removesuffix("-slim")
    done = subprocess.run(["debootstrap", "--variant=minbase", release, folder / "base", base], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    built: dict[str, Image] = {}
    for number, stage in enumerate(STAGES):
        subprocess.run(["cp", "--archive", folder / "base", folder / str(number)], check=True)
        built[stage.name] = Image(root=folder / str(number), context=ROOT)
        shutil.copytree("/etc/ssl/certs", folder / str(number) / "etc/ssl/certs", dirs_exist_ok=True)
        built[stage.name].build(stage, built)
    return built[STAGES[-1].name]


@pytest.fixture
def volume(image: Image, tmp_path: Path) -> Path:
    """A new volume: as the image has it, so it belongs to the image's user."""
    (path,) = image.volumes
    subprocess.run(["cp", "--archive", image.root / path.lstrip("/"), tmp_path / "volume"], check=True)
    return tmp_path / "volume"


def test_the_entry_point_is_parloader(image: Image) -> None:
    assert image.run([*image.entrypoint, "--version"]).stdout.startswith("parloader ")
    assert "Usage: parloader" in image.run([*image.entrypoint, *json.loads(STAGES[-1].last("CMD"))]).stdout


def test_commands_on_a_volume(image: Image, volume: Path) -> None:
    """Each in a container of its own, which kills the server when the command ends. Nothing but the volume can be written."""
    mounts = {volume: image.volumes[0]}
    image.run([*image.entrypoint, "seed", "--rows", "20000", "--procs", "2"], mounts=mounts, read_only=True)
    assert "ok:" in image.run([*image.entrypoint, "verify"], mounts=mounts, read_only=True).stdout
    image.run([*image.entrypoint, "clean", "--yes"], mounts=mounts, read_only=True)
    assert {path.stat().st_uid for path in volume.rglob("*")} == {int(image.user.split(":")[0])}


def test_another_user_with_a_folder_of_its_own(image: Image) -> None:
    """As docs/containers.md says, for files that belong to the caller."""
    refused = image.run([*image.entrypoint, "seed", "--rows", "1000"], user="4242:4242", check=1)
    assert "set PARLOADER_HOME to a folder of your own" in refused.stderr
    own = {"PARLOADER_HOME": "/tmp/parloader"}
    result = json.loads(image.run([*image.entrypoint, "seed", "--rows", "1000", "--json"], user="4242:4242", extra=own).stdout)
    assert result["rows"] == 1000


def test_an_error_is_one_line_and_an_exit_code(image: Image, volume: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "orders.toml").write_text('plan = "orders"\n[table.orders]\nrows = 10\n', encoding="utf-8")
    mounts = {volume: image.volumes[0], work: image.folder}
    done = image.run([*image.entrypoint, "seed", "--plan", "orders.toml", "-q"], mounts=mounts, read_only=True, check=3)
    assert "there is no table orders" in done.stderr


def test_docker_stop_interrupts_and_the_same_command_resumes(image: Image, volume: Path, tmp_path: Path) -> None:
    """docker stop sends SIGTERM to process 1, which the kernel delivers only to a process that handles it."""
    words, mounts = [*image.entrypoint, "seed", "--rows", "1M", "--procs", "1", "--batch", "1000"], {volume: image.volumes[0]}
    said = tmp_path / "said"
    with (
        said.open("w") as stderr,
        subprocess.Popen(image.command(words, mounts=mounts), stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr) as unshare,
    ):
        until(lambda: "run 1: created parent rows" in said.read_text() or unshare.poll() is not None, "it loads")
        (container,) = psutil.Process(unshare.pid).children()
        container.send_signal(signal.SIGTERM)
    assert unshare.returncode in (130, 143), said.read_text()
    assert "Traceback" not in said.read_text()
    image.run(words, mounts=mounts)
    assert "0 missing" in image.run([*image.entrypoint, "verify"], mounts=mounts).stdout
