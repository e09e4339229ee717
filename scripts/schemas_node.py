"""Applications from the npm registry: installed with npm into a folder, with tables created by their own migrations.

Scripts of packages are not run: they compile, or download from elsewhere, what creating tables does not need.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from schemas_model import Application, NotToBeHad, Place, run

INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--legacy-peer-deps", "--loglevel=error")

INSTALLATION_SECONDS = 3600

CREATION_SECONDS = 1800


@dataclass(frozen=True, kw_only=True)
class NpmApplication(Application):
    """An application for Node.js. `packages`: what is installed, as npm's users write it. `alone`: of the first one, its package is unpacked
    and its dependencies are installed there, as its own installer does. `overrides`: dependencies that it can do without, and what is installed
    instead. `unpacked`: packages that are unpacked, without dependencies, into the folder `unpacked`: their migrations need few of them. In
    `environment` and `commands`, $host, $port, $user, $password and $database stand for the database, $kind for its server."""

    how: str = "its own migrations"
    packages: tuple[str, ...]
    alone: bool = False
    overrides: tuple[tuple[str, str], ...] = ()
    unpacked: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...]

    def install(self, folder: Path) -> str:
        package, settings, added = folder / "package", {"private": True}, self.packages
        package.mkdir()
        if self.alone:
            _unpack(self.packages[0], folder, package)
            settings, added = json.loads((package / "package.json").read_text(encoding="utf-8")), self.packages[1:]
            # npm resolves them also where it does not install them
            settings.pop("devDependencies", None)
        (package / "package.json").write_text(json.dumps({**settings, "overrides": dict(self.overrides)}), encoding="utf-8")
        run((*INSTALL, *added), package, seconds=INSTALLATION_SECONDS)
        for each in self.unpacked:
            _unpack(each, folder, package / "unpacked" / _name(each).removeprefix("@").replace("/", "-"))
        for name, text in self.files:
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text(text, encoding="utf-8")
        found = [package] if self.alone else [package / "node_modules" / _name(each) for each in self.packages]
        return f"npm: {', '.join(map(_version, (*found, *sorted((package / 'unpacked').glob('*')))))}"

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        # a home of its own: some keep settings there
        added = {"HOME": str(folder), **{name: _filled(text, place) for name, text in self.environment}}
        for command in self.commands:
            run(_filled(command, place).split(), folder / "package", added, CREATION_SECONDS)
        return {}


def _unpack(package: str, folder: Path, into: Path) -> None:
    """Unpacks a package of the registry without installing it."""
    archive = run(("npm", "pack", "--loglevel=error", package), folder, seconds=INSTALLATION_SECONDS).split()[-1]
    into.mkdir(parents=True, exist_ok=True)
    run(("tar", "-xzf", str(folder / archive), "-C", str(into), "--strip-components=1"), folder)


def _name(package: str) -> str:
    """The name of a package without the version that may follow it: @vendure/core@3 is @vendure/core."""
    return package[0] + package[1:].partition("@")[0]


def _filled(text: str, place: Place) -> str:
    tcp = place.tcp
    return Template(text).safe_substitute(
        kind=place.kind, host=tcp.host, port=tcp.port, user=tcp.user, password=tcp.password, database=tcp.database
    )


def _version(folder: Path) -> str:
    try:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotToBeHad(f"npm installed no {folder.name}") from error
    return f"{package['name']} {package['version']}"
