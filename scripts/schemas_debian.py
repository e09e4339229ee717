"""Applications in Debian packages that carry SQL files: downloaded with apt-get and unpacked, never installed."""

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pymysql
from schemas_model import Application, NotToBeHad, Place, run
from schemas_sources import execute, statements

from parloader.database import sql
from parloader.database.session import connected

# Statements for the whole server, and those that choose the database: a file is run in a database that is already there
NOT_RUN = re.compile(
    r"(CREATE|DROP|ALTER) (DATABASE|SCHEMA|USER|ROLE)\b|USE\b|GRANT\b|REVOKE\b|FLUSH\b|SET (GLOBAL|PASSWORD)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Package(Application):
    """A Debian package. `files`: those in it that create the application's tables (glob patterns, in the order in which they run).
    `replaced`: texts in the files that the application's installer replaces, and by what."""

    how: str = "the SQL files of the package"
    package: str
    files: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...] = ()

    def install(self, folder: Path) -> str:
        run(("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", self.package), folder)
        (archive,) = folder.glob("*.deb")
        run(("dpkg-deb", "-x", str(archive), "unpacked"), folder)
        if not self._found(folder):
            raise NotToBeHad(f"{archive.name} has none of {', '.join(self.files)}")
        return f"Debian's {self.package} {run(('dpkg-deb', '--field', str(archive), 'Version'), folder).strip()}"

    def _found(self, folder: Path) -> list[Path]:
        return [file for pattern in self.files for file in sorted((folder / "unpacked").glob(pattern))]

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        skipped: Counter[str] = Counter()
        with connected(place.target) as connection:
            # as the applications' installers do: allows zero dates, and tables before their parents
            sql.execute(connection, "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', foreign_key_checks = 0")
            for file in self._found(folder):
                text = _text(file)
                for old, new in self.replaced:
                    text = text.replace(old, new)
                for statement in statements(text):
                    words = " ".join(statement.split())
                    if NOT_RUN.match(words):
                        skipped[" ".join(words.split()[:2]).upper()] += 1
                        continue
                    try:
                        execute(connection, statement)
                    except pymysql.Error as error:
                        skipped[f"refused by the server: {error.args[1]}"] += 1
            connection.commit()
        return skipped


def _text(file: Path) -> str:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return data.decode("utf-8", errors="replace")


DEBIAN: tuple[Application, ...] = (
    Package(name="zabbix", package="zabbix-server-mysql", files=("usr/share/zabbix-server-mysql/schema.sql.gz",)),
    Package(
        name="mediawiki",
        package="mediawiki",
        files=(
            "usr/share/mediawiki/maintenance/tables-generated.sql",
            "usr/share/mediawiki/extensions*/*/db_patches/mysql/tables-generated.sql",
            "usr/share/mediawiki/extensions*/*/sql/mysql/tables-generated.sql",
        ),
    ),
    Package(name="roundcube", package="roundcube-core", files=("usr/share/roundcube/SQL/mysql.initial.sql",)),
    Package(name="phpmyadmin", package="phpmyadmin", files=("usr/share/phpmyadmin/sql/create_tables.sql",)),
    Package(name="icingadb", package="icingadb", files=("usr/share/icingadb/schema/mysql/schema.sql",)),
    Package(name="icinga-ido", package="icinga2-ido-mysql", files=("usr/share/icinga2-ido-mysql/schema/mysql.sql",)),
)
