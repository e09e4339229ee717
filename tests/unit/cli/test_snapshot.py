"""Snapshots are of the private server: a URL may name it, but no other one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from parloader.cli.commands import cli
from parloader.database.private_server.server import PrivateServer


@pytest.mark.parametrize(("path", "code"), [("socket", 0), ("another", 3)])
def test_a_url_may_name_the_private_server_itself(path: str, code: int, tmp_path: Path) -> None:
    url = PrivateServer(home=tmp_path).url.removesuffix("socket") + path
    done = CliRunner(env={"PARLOADER_HOME": str(tmp_path), "PARLOADER_URL": url}).invoke(cli, ["snapshot", "list"])
    assert done.exit_code == code
    assert ("PARLOADER_URL names another server" in done.stderr) == (code == 3)


@pytest.mark.parametrize("url", ["mysql://app@127.0.0.1:3306/shop", "nonsense"])
def test_other_urls_are_refused(url: str, tmp_path: Path) -> None:
    done = CliRunner(env={"PARLOADER_HOME": str(tmp_path), "PARLOADER_URL": url}).invoke(cli, ["snapshot", "list"])
    assert done.exit_code == 3
    assert "Unset PARLOADER_URL" in done.stderr
