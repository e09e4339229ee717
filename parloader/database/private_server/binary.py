"""Finds a MariaDB or MySQL server program on this machine."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from parloader.database.dialects import ServerKind, parse_version
from parloader.errors import ServerStartError

# Searched after PATH, which often lacks sbin
FOLDERS = (
    Path(sys.executable).parent,
    *map(
        Path,
        (
            "/usr/sbin",
            "/usr/bin",
            "/usr/libexec",
            "/usr/local/sbin",
            "/usr/local/bin",
            "/usr/local/mysql/bin",
            "/opt/homebrew/bin",
            "/opt/homebrew/opt/mariadb/bin",
            "/opt/homebrew/opt/mysql/bin",
        ),
    ),
)

# How to install one, and how to run its image in Docker
WAYS_TO_GET = {
    ServerKind.MARIADB: (
        "a server (Debian, Ubuntu: apt-get install mariadb-server-core; macOS: brew install mariadb)",
        "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 -e MARIADB_DATABASE=parloader mariadb",
    ),
    ServerKind.MYSQL: (
        "MySQL so that its mysqld is on the PATH (Ubuntu: apt-get install mysql-server-core-8.0; macOS: brew install mysql)",
        "MYSQL_ALLOW_EMPTY_PASSWORD=1 -e MYSQL_DATABASE=parloader mysql",
    ),
}

# MariaDB also installs a mysqld, so the name alone does not tell the kind
PROGRAMS = {ServerKind.MARIADB: ("mariadbd", "mysqld"), ServerKind.MYSQL: ("mysqld",)}


@dataclass(frozen=True, kw_only=True)
class Binary:
    """A server program."""

    path: Path
    kind: ServerKind
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"


def find_binary(kinds: tuple[ServerKind, ...] = (ServerKind.MARIADB, ServerKind.MYSQL), program: Path | None = None) -> Binary:
    """This program, else the one that PARLOADER_MYSQLD names, else the first one found, in the order of `kinds`. ServerStartError if there is none."""
    if chosen := program or os.environ.get("PARLOADER_MYSQLD"):
        return _binary(Path(chosen))
    folders = [*map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)), *FOLDERS]
    for kind in kinds:
        for name in PROGRAMS[kind]:
            for folder in dict.fromkeys(folders):
                if (path := shutil.which(name, path=str(folder))) and (binary := _binary(Path(path))).kind is kind:
                    return binary
    package, image = WAYS_TO_GET[kinds[0]]
    raise ServerStartError(
        f"no {' or '.join(kinds)} server found on this machine",
        f"Name a database with --url, or install {package}, or run one in Docker: docker run -d -p 127.0.0.1:3306:3306 -e {image}, "
        "then use --url mysql://root@127.0.0.1/parloader",
    )


def _binary(path: Path) -> Binary:
    """Kind and version as the program reports them."""
    try:
        answer = subprocess.run([path, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.stderr.strip()[-300:] or f"it ended with status {error.returncode}"
        raise ServerStartError(f"{path} does not run: {reason}", "Reinstall it, or name a database with --url") from error
    kind, version = parse_version(answer.stdout.split("Ver ", 1)[-1])
    return Binary(path=path, kind=kind, version=version)


if __name__ == "__main__":  # for scripts: prints the path of an installed server (of the kinds named, else of any)
    print(find_binary(tuple(map(ServerKind, sys.argv[1:])) or tuple(ServerKind)).path)
