"""Applications in Debian packages that carry SQL files: downloaded with apt-get and unpacked, never installed."""

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pymysql
from schemas_model import SERVERS, Application, NotToBeHad, Place, run
from schemas_sources import execute, statements

from parloader.database import sql
from parloader.database.session import connected

# Statements for the whole server, and those that choose the database: a file is run in a database that is already there
NOT_RUN = re.compile(
    r"(CREATE|DROP|ALTER) (DATABASE|SCHEMA|USER|ROLE)\b|USE\b|GRANT\b|REVOKE\b|FLUSH\b|SET (GLOBAL|PASSWORD)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Package(Application):
    """A Debian package. `files`: those in it that create the application's tables (glob patterns, in the order in which they run)."""

    how: str = "the SQL files of the package"
    package: str
    files: tuple[str, ...]

    def install(self, folder: Path) -> str:
        run(("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", self.package), folder)
        (archive,) = folder.glob("*.deb")
        run(("dpkg-deb", "-x", str(archive), "unpacked"), folder)
        if not self._found(folder):
            raise NotToBeHad(f"{archive.name} has none of {', '.join(self.files)}")
        return f"Debian's {self.package} {run(('dpkg-deb', '--field', str(archive), 'Version'), folder).strip()}"

    def _found(self, folder: Path) -> list[Path]:
        """Each file once, also if two patterns match it; 2.sql comes before 10.sql."""
        files = (file for pattern in self.files for file in sorted((folder / "unpacked").glob(pattern), key=_number_and_name))
        return list(dict.fromkeys(files))

    def create(self, folder: Path, place: Place) -> Mapping[str, int]:
        skipped: Counter[str] = Counter()
        with connected(place.target) as connection:
            # as the applications' installers do: allows zero dates, and tables before their parents
            sql.execute(connection, "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', foreign_key_checks = 0")
            for file in self._found(folder):
                for statement in statements(_text(file)):
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


def _number_and_name(file: Path) -> tuple[int, str]:
    return int(re.match(r"\d*", file.name)[0] or 0), str(file)  # type: ignore[index]


def _text(file: Path) -> str:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return data.decode("utf-8", errors="replace")


def _package(name: str, *files: str, package: str | None = None, kinds: tuple[str, ...] = tuple(SERVERS)) -> Package:
    return Package(name=name, package=package or name, files=files, kinds=kinds)


DEBIAN: tuple[Application, ...] = (
    _package("zabbix", "usr/share/zabbix-server-mysql/schema.sql.gz", package="zabbix-server-mysql"),
    _package(
        "mediawiki",
        "usr/share/mediawiki/maintenance/tables-generated.sql",
        "usr/share/mediawiki/extensions*/*/db_patches/mysql/tables-generated.sql",
        "usr/share/mediawiki/extensions*/*/sql/mysql/tables-generated.sql",
    ),
    _package("roundcube", "usr/share/roundcube/SQL/mysql.initial.sql", package="roundcube-core"),
    _package("phpmyadmin", "usr/share/phpmyadmin/sql/create_tables.sql"),
    _package("icingadb", "usr/share/icingadb/schema/mysql/schema.sql"),
    _package("icinga-ido", "usr/share/icinga2-ido-mysql/schema/mysql.sql", package="icinga2-ido-mysql"),
    _package("icinga-director", "usr/share/icingaweb2/modules/director/schema/mysql.sql", package="icingaweb2-module-director"),
    _package("icinga-reporting", "usr/share/icingaweb2/modules/reporting/schema/mysql.sql", package="icingaweb2-module-reporting"),
    _package("icinga-x509", "usr/share/icingaweb2/modules/x509/etc/schema/mysql.schema.sql", package="icingaweb2-module-x509"),
    _package("bacula", "usr/share/dbconfig-common/data/bacula-director-mysql/install/mysql", package="bacula-director-mysql"),
    _package("cacti", "usr/share/cacti/conf_templates/cacti.sql"),
    _package("ejabberd", "usr/share/ejabberd/sql/mysql.sql"),
    _package("ejabberd-hosts", "usr/share/ejabberd/sql/mysql.new.sql", package="ejabberd"),
    _package("freeradius", "etc/freeradius/3.0/mods-config/sql/*/mysql/schema.sql", package="freeradius-config"),
    _package("gammu", "usr/share/doc/gammu-smsd/examples/mysql.sql", package="gammu-smsd"),
    _package("gerbera", "usr/share/gerbera/mysql.sql"),
    _package("glewlwyd", "usr/share/dbconfig-common/data/glewlwyd/install/mysql"),
    _package("homer", "usr/share/homer/sql/schema_*.sql", package="homer-api"),
    _package("jabberd2", "usr/share/doc/jabberd2/db-setup.mysql.gz"),
    _package(
        "kamailio",
        "usr/share/kamailio/mysql/standard-create.sql",
        "usr/share/kamailio/mysql/*-create.sql",
        package="kamailio-mysql-modules",
    ),
    _package("kea", "usr/share/kea/scripts/mysql/dhcpdb_create.mysql", package="kea-admin"),
    _package("kraft", "usr/share/kraft/dbinit/mysql/*.sql", "usr/share/kraft/dbmigrate/mysql/*.sql"),
    _package("ocsinventory", "usr/share/ocsinventory-reports/files/ocsbase_new.sql", package="ocsinventory-reports"),
    _package("opendmarc", "usr/share/dbconfig-common/data/opendmarc/install/mysql"),
    _package(
        "powerdns",
        "usr/share/pdns-backend-mysql/schema/schema.mysql.sql",
        "usr/share/pdns-backend-mysql/schema/enable-foreign-keys.mysql.sql",
        package="pdns-backend-mysql",
    ),
    _package("prelude", "usr/share/dbconfig-common/data/prelude-manager/install/mysql", package="prelude-manager"),
    _package("request-tracker", "usr/share/request-tracker5/etc/schema.mysql", package="request-tracker5"),
    _package("rsyslog", "usr/share/dbconfig-common/data/rsyslog-mysql/install/mysql", package="rsyslog-mysql"),
    _package("tango", "usr/share/tango-db/create_db_tables.sql", "usr/share/tango-db/stored_proc.sql", package="tango-db"),
    _package("tt-rss", "usr/share/dbconfig-common/data/tt-rss/install/mysql"),
    _package("zoneminder", "usr/share/zoneminder/db/zm_create.sql", "usr/share/zoneminder/db/triggers.sql"),
    _package("zoph", "usr/share/dbconfig-common/data/zoph/install/mysql"),
)
