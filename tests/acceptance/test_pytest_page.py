"""docs/pytest.md: its files are written and its commands run, and its excerpts stand in the example projects."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.documented import Reader, blocks, code_blocks
from support.pytest_runs import EXAMPLES, prepared_home
from support.servers import Database, until_gone

PAGE = (EXAMPLES.parent / "pytest.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("server", "server_kind"), [("mariadb", "mariadb")], indirect=True)
def test_the_page(
    server_kind: str, database: Database, bootstrapped: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    for name in ("PARLOADER_URL", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_CURRENT_TEST"):
        monkeypatch.delenv(name, raising=False)
    homes = prepared_home(tmp_path / "cache/parloader/pytest", server_kind, bootstrapped)
    environment = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # all plugins that are installed here take a second
        "PYTEST_ADDOPTS": f"-p parloader -p xdist -o parloader_home={homes}",
    }
    with ExitStack() as background:
        assert list(Reader(database, environment, background).outputs(PAGE)) == []
    until_gone(homes)
    shutil.rmtree(homes)


def test_its_excerpts_stand_in_the_example_projects() -> None:
    examples = [path.read_text(encoding="utf-8") for path in (*EXAMPLES.glob("pytest/*.py"), *EXAMPLES.glob("django/**/*.py"))]
    excerpts = blocks(PAGE, "py")
    assert len(excerpts) == 6
    for excerpt in excerpts:
        assert any(excerpt in example for example in examples), excerpt


def test_it_runs_every_file_and_command() -> None:
    languages = [block.language for block in code_blocks(PAGE)]
    assert languages.count("sh") == 3
    assert set(languages) == {"sql", "python", "py", "sh", "yaml"}
