"""Creates the data directory of the private server, as mariadb-install-db and mysqld --initialize-insecure do."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from parloader.database.dialects import ServerKind
from parloader.database.private_server.binary import Binary
from parloader.database.private_server.log import start_error
from parloader.errors import ServerStartError
from parloader.files import write_atomically

REDO_LOG_OPTION = {ServerKind.MARIADB: "--innodb-log-file-size", ServerKind.MYSQL: "--innodb-redo-log-capacity"}

# Files that only the other kind of server creates
FILES_OF_THE_OTHER_KIND = {ServerKind.MARIADB: "mysql.ibd", ServerKind.MYSQL: "aria_log_control"}

# What mariadb-install-db runs, without the help tables. MariaDB 11 renamed the files that start with mysql_
MARIADB_BOOTSTRAP = (
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
)

OLD_MARIADB_BOOTSTRAP = tuple(name.replace("mariadb_", "mysql_") for name in MARIADB_BOOTSTRAP)

# MariaDB keeps its accounts in this table since then (MariaDB 10.4 release notes)
MARIADB_GLOBAL_PRIV = (10, 4)


@dataclass(frozen=True, kw_only=True)
class DataDirectory:
    """The data directory `path` of a server program. Creating this object does not create the directory."""

    binary: Binary
    path: Path
    temporary: Path  # the server's tmpdir
    redo_log_bytes: int

    def server_arguments(self) -> list[str]:
        """The command that runs the server program on this directory, to be followed by further options."""
        arguments = [str(self.binary.path), "--no-defaults"]  # must be the first option
        if os.geteuid() == 0:
            arguments.append("--user=root")  # both servers refuse to run as root without it
        # a tmpdir of its own: a starting MariaDB deletes the temporary tables in it, even those of other servers
        self.temporary.mkdir(mode=0o700, exist_ok=True)
        redo_log = f"{REDO_LOG_OPTION[self.binary.kind]}={self.redo_log_bytes}"
        return [*arguments, f"--datadir={self.path}", f"--tmpdir={self.temporary}", redo_log]

    @property
    def _version_file(self) -> Path:
        """The version of the program that last used the directory."""
        return self.path.with_suffix(".version")

    def record_version(self) -> None:
        version = ".".join(map(str, self.binary.version))
        if not self._version_file.exists() or self._version_file.read_text() != version:
            write_atomically(self._version_file, version)

    def require_fit(self) -> None:
        """ServerStartError if it contains data of the other kind of server, or of a later version: no server reads that."""
        if not self.path.is_dir():
            raise ServerStartError(f"{self.path} is not a folder", "Move it away, or set PARLOADER_HOME to another folder")
        other = FILES_OF_THE_OTHER_KIND[self.binary.kind]
        if not self._version_file.exists():
            if (self.path / other).exists():
                raise ServerStartError(
                    f"{self.path} contains data of another kind of server ({other}), which {self.binary} cannot read",
                    "Name the program that created it in PARLOADER_MYSQLD, or set PARLOADER_HOME to another folder",
                )
            return
        used = tuple(map(int, self._version_file.read_text().split(".")))
        if used[:2] > self.binary.version[:2]:
            raise ServerStartError(
                f"{self.path} was last used by {self.binary.kind} {'.'.join(map(str, used))}, and {self.binary} ({self.binary.path}) is older: "
                "no server reads data of a later version",
                "Name the later program in PARLOADER_MYSQLD, or set PARLOADER_HOME to another folder",
            )

    @property
    def replacement(self) -> Path:
        """Where a copy is made that will replace the directory."""
        return self.path.with_suffix(".restoring")

    @property
    def replaced(self) -> Path:
        """Where the directory is between its end and the start of its replacement."""
        return self.path.with_suffix(".replaced")

    def replace(self) -> None:
        """Puts the replacement in its place. If this is interrupted, `finish_replacing` leaves the old or the new directory."""
        if self.path.exists():
            self.path.rename(self.replaced)
        self.replacement.rename(self.path)

    def finish_replacing(self) -> None:
        """Removes what an interrupted replacement has left. The directory is the old one, unless the new one was already in its place."""
        if self.replaced.exists() and not self.path.exists():
            self.replaced.rename(self.path)
        for left in (self.replaced, self.replacement):
            shutil.rmtree(left, ignore_errors=True)

    def create(self) -> None:
        """Creates it under another name and renames it when it is complete. ServerStartError if the server cannot."""
        unfinished = replace(self, path=self.path.with_suffix(".unfinished"))
        shutil.rmtree(unfinished.path, ignore_errors=True)
        if self.binary.kind is ServerKind.MYSQL:
            option, statements = "--initialize-insecure", None
        else:
            (unfinished.path / "mysql").mkdir(parents=True)
            option, statements = "--bootstrap", _mariadb_bootstrap(self.binary)
        command = [*unfinished.server_arguments(), option]
        done = subprocess.run(
            command, input=statements, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=self.path.parent
        )
        if done.returncode:
            raise ServerStartError(
                f"{self.binary} cannot create its data directory {self.path}: {start_error(done.stdout.decode(errors='replace'))}",
                "Check the free space there, or set PARLOADER_HOME to another folder",
            )
        unfinished.path.rename(self.path)


def _mariadb_bootstrap(binary: Binary) -> bytes:
    """The statements that create MariaDB's system tables."""
    scripts = b"\n".join(file.read_bytes() for file in _bootstrap_files(binary))
    # MariaDB also creates root without a password for hosts other than localhost (the socket)
    accounts = b"global_priv" if binary.version >= MARIADB_GLOBAL_PRIV else b"user"
    remove = b"\ndelete from mysql." + accounts + b" where Host <> 'localhost' or User = '';\n"
    return b"create database if not exists mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n" + scripts + remove


def _bootstrap_files(binary: Binary) -> list[Path]:
    """The server's own SQL files, in the folder that the server's settings name."""
    answer = subprocess.run([str(binary.path), "--no-defaults", "--verbose", "--help"], capture_output=True, text=True, check=False)
    settings = dict(line.split(None, 1) for line in answer.stdout.splitlines() if len(line.split(None, 1)) == 2)
    base = Path(settings.get("basedir", "/usr").strip())
    messages = Path(settings.get("lc-messages-dir", "").strip() or "/usr/share/mysql")
    for folder in (messages, base / "share/mariadb", base / "share/mysql", base / "share"):
        for names in (MARIADB_BOOTSTRAP, OLD_MARIADB_BOOTSTRAP):
            files = [folder / name for name in names]
            if all(file.exists() for file in files):
                return files
    raise ServerStartError(
        f"the installation of {binary} ({binary.path}) lacks {MARIADB_BOOTSTRAP[0]} (before MariaDB 11: {OLD_MARIADB_BOOTSTRAP[0]})",
        "Install the complete package (mariadb-server-core)",
    )
