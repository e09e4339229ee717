"""compose.yaml: its seed service, run on real servers, and how both services fit together. No container runs."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.servers import Database

from parloader.database.target import parse_url

ROOT = Path(__file__).parents[2]

EXAMPLES = ROOT / "docs/examples"


def compose() -> dict[str, Any]:
    """The services, with the variables of the file at their defaults."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    services: dict[str, Any] = YAML(typ="safe").load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))["services"]
    return services


def test_the_seed_service(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its command, its environment, and what is mounted into both services; the database has another name, and fewer rows."""
    services = compose()
    (script,) = (volume.split(":")[0] for volume in services["database"]["volumes"])
    database.execute(*filter(str.strip, (ROOT / script).read_text(encoding="utf-8").split(";")))
    for volume in services["seed"]["volumes"]:
        source, place, _ = volume.split(":")
        shutil.copy(ROOT / source, database.folder / Path(place).relative_to("/work"))
    for name, value in services["seed"]["environment"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PARLOADER_URL", database.url)
    monkeypatch.setenv("PARLOADER_ROWS", "orders=500 customer=50")
    monkeypatch.chdir(database.folder)
    for _ in range(2):
        database.parloader(*shlex.split(services["seed"]["command"]))
    assert database.value("SELECT COUNT(*) FROM orders") == 500


def test_seed_logs_in_as_the_database_is_created() -> None:
    services = compose()
    variables, seed = services["database"]["environment"], services["seed"]["environment"]
    target = parse_url(seed["PARLOADER_URL"])
    assert (target.host, target.port) == ("database", 3306)
    assert seed["PARLOADER_ALLOW_REMOTE"] == target.host
    assert (target.user, target.password) == (variables["MYSQL_USER"], variables["MYSQL_PASSWORD"])
    assert target.database == variables["MYSQL_DATABASE"]
    assert services["seed"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["database"]["healthcheck"]["test"].endswith(f" {target.database}")


def test_the_plan_is_the_one_of_the_readme() -> None:
    plan = (EXAMPLES / "shop.toml").read_text(encoding="utf-8")
    assert f"```toml\n{plan}```" in (ROOT / "README.md").read_text(encoding="utf-8")
