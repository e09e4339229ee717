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
    """An application for Node.js. `packages`: what is installed, as npm's users write it. `overrides`: dependencies that it can do without,
    and what is installed instead. `unpacked`: the first package is not a dependency, but unpacked, and runs in its own folder. In `files`
    (name, text), `environment` and `commands`, $host, $port, $user, $password and $database stand for the database, $kind for its server."""

    how: str = "its own migrations"
    packages: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...] = ()
    unpacked: bool = False
    files: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...]

    def install(self, folder: Path) -> str:
        package = folder / "package"
        if self.unpacked:
            run(("npm", "pack", "--loglevel=error", self.packages[0]), folder, seconds=INSTALLATION_SECONDS)
            (archive,) = folder.glob("*.tgz")
            run(("tar", "-xzf", archive.name), folder)
            settings = json.loads((package / "package.json").read_text(encoding="utf-8"))
            # npm resolves them also where it does not install them
            settings.pop("devDependencies", None)
        else:
            package.mkdir()
            settings = {"private": True}
        (package / "package.json").write_text(json.dumps({**settings, "overrides": dict(self.overrides)}), encoding="utf-8")
        added = self.packages[1:] if self.unpacked else self.packages
        run((*INSTALL, *added), package, seconds=INSTALLATION_SECONDS)
        if self.unpacked:
            return f"npm: {_version(package)}"
        names = [f"@{name[1:].partition('@')[0]}" if name[0] == "@" else name.partition("@")[0] for name in self.packages]
        return f"npm: {', '.join(_version(package / 'node_modules' / name) for name in names)}"

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        package = folder / "package"
        for name, text in self.files:
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text(_filled(text, place), encoding="utf-8")
        # a home of its own: some keep settings there
        added = {"HOME": str(folder), **{name: _filled(text, place) for name, text in self.environment}}
        for command in self.commands:
            run(_filled(command, place).split(), package, added, CREATION_SECONDS)
        return {}


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


VENDURE = """
const { bootstrap, DefaultJobQueuePlugin, DefaultSchedulerPlugin, DefaultSearchPlugin } = require('@vendure/core');
const { DB_KIND, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
bootstrap({
    apiOptions: { port: 0, adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: { tokenMethod: ['bearer'], superadminCredentials: { identifier: 'superadmin', password: DB_PASSWORD } },
    dbConnectionOptions: {
        type: DB_KIND, synchronize: true, host: DB_HOST, port: Number(DB_PORT), username: DB_USER, password: DB_PASSWORD, database: DB_NAME,
    },
    paymentOptions: { paymentMethodHandlers: [] },
    plugins: [DefaultJobQueuePlugin.init({}), DefaultSchedulerPlugin.init({}), DefaultSearchPlugin.init({})],
}).then(app => app.close()).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
"""

# what a process of Node.js may take from the environment, under names that this file chooses
DATABASE = (
    ("DB_KIND", "$kind"),
    ("DB_HOST", "$host"),
    ("DB_PORT", "$port"),
    ("DB_USER", "$user"),
    ("DB_PASSWORD", "$password"),
    ("DB_NAME", "$database"),
)

NPM: tuple[Application, ...] = (
    NpmApplication(
        name="vendure",
        how="`bootstrap` with `synchronize`",
        packages=("@vendure/core@3", "mysql2"),
        files=(("create.js", VENDURE),),
        environment=(*DATABASE, ("VENDURE_DISABLE_TELEMETRY", "true")),
        commands=("node create.js",),
    ),
    NpmApplication(
        name="directus",
        how="`directus bootstrap`",
        packages=("directus@11", "mysql2"),
        # compiled when installed, and used only by flows that run scripts
        overrides=(("isolated-vm", "npm:empty-npm-package@1.0.0"),),
        environment=(
            *DATABASE,
            ("DB_CLIENT", "mysql"),
            ("DB_DATABASE", "$database"),
            ("SECRET", "$password"),
            ("ADMIN_EMAIL", "admin@example.com"),
            ("ADMIN_PASSWORD", "$password"),
            ("TELEMETRY", "false"),
        ),
        commands=("node node_modules/@directus/api/dist/cli/run.js bootstrap",),
    ),
)
