"""Unit tests: no server, no network, nothing of the developer's own settings."""

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failure
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test runs in an empty folder, where no parloader.toml and no .my.cnf is but its own, without PARLOADER_* variables."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "ROWS", "PROCS", "BATCH", "WRITER", "ALLOW_REMOTE", "MYSQLD", "SSL_MODE", "SSL_CA", "SSL_CERT", "SSL_KEY"):
        monkeypatch.delenv(f"PARLOADER_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PARLOADER_HOME", str(tmp_path / "home"))
    return tmp_path
