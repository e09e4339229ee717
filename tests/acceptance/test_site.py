"""The documentation site: it loads nothing from other hosts, and its build fails for what is wrong in a page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the site is built from."""
    for name in ("docs", "scripts", "parloader", "tests/schemas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "mkdocs.yml",
        "CHANGELOG.md",
        "README.md",
        "pyproject.toml",
        "constraints.txt",
        "compose.yaml",
        "action.yml",
        "Dockerfile",
    ):
        shutil.copyfile(ROOT / name, tmp_path / name)
    environment = tmp_path / ".venv"
    environment.mkdir()
    (environment / "bin").symlink_to(Path(sys.executable).parent)
    # as scripts/lib.sh records it, so that it installs nothing
    (environment / ".parloader-docs").write_bytes(b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")))
    return tmp_path


def build(checkout: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["scripts/site", "build", "site"],
        cwd=checkout,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_site_loads_nothing_from_other_hosts(checkout: Path) -> None:
    done = build(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    pages = list((checkout / "site").rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="([^"]+)"', page.read_text(encoding="utf-8"))
        assert not [address for address in loaded if re.match(r"(https?:)?//", address)], page


@pytest.mark.slow
def test_mistakes_in_pages_end_the_build(checkout: Path) -> None:
    with (checkout / "docs/privacy.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](nowhere.md) [b](connecting.md#nothing) [c](../nowhere.sql)\n")
    (checkout / "docs/forgotten.md").write_text("# In no table\n", encoding="utf-8")
    done = build(checkout)
    assert done.returncode == 1
    for name in ("nowhere.md", "#nothing", "nowhere.sql", "forgotten.md"):
        assert name in done.stderr
