"""The sdist and the wheel: what they contain, and that parloader works where nothing but its wheel is installed."""

import email
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from support.servers import KINDS, until_gone

from parloader.database.private_server.binary import find_binary

ROOT = Path(__file__).parents[2]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

REPOSITORY = "https://git.example.org/ann/parloader"


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(what: str, source: Path, folder: Path, *, repository: str = "") -> Path:
    """An sdist or a wheel of the source, in the folder."""
    run(
        sys.executable,
        "-m",
        "build",
        f"--{what}",
        "--no-isolation",
        "--outdir",
        folder,
        source,
        folder=folder,
        PARLOADER_REPOSITORY=repository,
    )
    return next(folder.glob("*.whl" if what == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it, without the address of a repository."""
    folder = tmp_path_factory.mktemp("dist")
    sdist = build("sdist", ROOT, folder)
    return sdist, build("wheel", unpacked(sdist, folder), folder)


def files(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def metadata(wheel: Path) -> "email.message.Message[str, str]":
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_string(archive.read(name).decode())


def test_an_index_would_accept_both(built: tuple[Path, Path], tmp_path: Path) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *built, folder=tmp_path)


def test_the_wheel_has_all_of_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "parloader").rglob("*") if path.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    information = f"parloader-{PROJECT['version']}.dist-info"
    about = {f"{information}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert names == package | about
    assert {"parloader/py.typed", "parloader/generation/pools.json"} <= names


def test_the_sdist_has_every_file_of_the_repository(built: tuple[Path, Path]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    tracked = {name for name in run("git", "ls-files", folder=ROOT).splitlines() if (ROOT / name).exists()}
    assert tracked - files(built[0]) == set()
    assert "LICENSE" in tracked


def test_a_page_without_an_address_has_no_relative_link(built: tuple[Path, Path]) -> None:
    page = metadata(built[1])
    assert page["Description-Content-Type"] == "text/markdown"
    assert page.get_all("Project-URL") is None
    assert "](docs/" not in page.get_payload()
    assert "](http" in page.get_payload()
    assert "[Plan files]" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_leads_to_the_files_of_its_version(tmp_path: Path) -> None:
    """The wheel comes from the sdist, so the addresses are in both."""
    sdist = build("sdist", ROOT, tmp_path, repository=REPOSITORY)
    page = metadata(build("wheel", unpacked(sdist, tmp_path), tmp_path))
    tag = f"v{PROJECT['version']}"
    assert page.get_all("Project-URL") == [
        f"Repository, {REPOSITORY}",
        f"Documentation, {REPOSITORY}/blob/{tag}/docs/README.md",
        f"Changelog, {REPOSITORY}/blob/{tag}/CHANGELOG.md",
        f"Issues, {REPOSITORY}/issues",
    ]
    assert f"]({REPOSITORY}/blob/{tag}/docs/plan-files.md" in page.get_payload()
    assert f"]({REPOSITORY}/raw/{tag}/docs/images/" in page.get_payload()
    assert "](docs/" not in page.get_payload()


def unpacked(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


@pytest.mark.slow
def test_the_wheel_in_an_empty_environment(built: tuple[Path, Path], server_kind: str, short_folder: Path) -> None:
    """Needs an index, or a folder of wheels that pip knows (PIP_FIND_LINKS)."""
    python = short_folder / "venv/bin/python"
    run(sys.executable, "-m", "venv", short_folder / "venv", folder=short_folder)
    run(python, "-m", "pip", "install", "--constraint", ROOT / "constraints.txt", built[1], folder=short_folder)
    parloader = python.with_name("parloader")
    assert run(parloader, "--version", folder=short_folder) == f"parloader {PROJECT['version']}\n"
    program = str(find_binary((KINDS[server_kind],)).path)
    own = {"HOME": str(short_folder), "PARLOADER_HOME": str(short_folder / "home"), "PARLOADER_MYSQLD": program, "PARLOADER_URL": ""}
    run(parloader, "seed", "--rows", "1000", "--procs", "2", folder=short_folder, **own)
    run(python, "-m", "parloader", "verify", folder=short_folder, **own)
    run(python, "-m", "pip", "check", folder=short_folder)
    until_gone(short_folder / "home")


@pytest.mark.slow
def test_the_extras_can_be_installed_together(built: tuple[Path, Path], tmp_path: Path) -> None:
    requirement = f"parloader[dask,plot,pools] @ {built[1].as_uri()}"
    done = run(
        sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", requirement, folder=tmp_path
    )
    for name in ("distributed", "matplotlib", "Faker"):
        assert f'"name": "{name}"'.lower() in done.lower()
