"""The databases of Django's connections, and on which server its tests create them."""

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

from parloader.database.target import DEFAULT_PORT, Target
from parloader.database.tls import Tls
from parloader.errors import Refused, UsageError
from parloader.testing.database import Database
from parloader.testing.server import Server

DEFAULT = "default"


def use(server: Server, using: str = DEFAULT) -> None:
    """Lets Django create its test databases on this server: in the fixture django_db_modify_db_settings of pytest-django."""
    settings.DATABASES[using] = {**settings.DATABASES.get(using, {}), **server.django_settings()}
    for connection in connections.all(initialized_only=True):
        if connection.alias == using:
            connection.close()
            del connections[using]  # the next one is made with the new settings
    connections.settings = connections.configure_settings(settings.DATABASES)


def database(using: str = DEFAULT) -> Database:
    """The database that Django uses now: while tests run, its test database. UsageError: it is no MySQL or MariaDB."""
    connection = connections[using]
    if connection.vendor != "mysql":
        raise UsageError(
            f"the database {using!r} of Django is {connection.display_name}", "parloader fills MySQL and MariaDB databases only"
        )
    arguments = connection.get_connection_params()
    tls = arguments.get("ssl") or {}
    target = Target(
        user=arguments.get("user") or "",
        password=arguments.get("password") or "",
        database=arguments.get("database") or "",
        host=arguments.get("host") or "localhost",
        port=arguments.get("port") or DEFAULT_PORT,
        unix_socket=arguments.get("unix_socket"),
        tls=Tls(ca=tls.get("ca"), cert=tls.get("cert"), key=tls.get("key")).validated(),
    )
    return DjangoDatabase(target, using)


class DjangoDatabase(Database):
    """A database that Django has connections to."""

    def __init__(self, target: Target, using: str) -> None:
        super().__init__(target, allow_remote=tuple(getattr(settings, "PARLOADER_ALLOW_REMOTE", ())))
        self._using = using

    def column_rules(self) -> list[str]:
        """Rules for the columns whose fields have choices, which only Django knows."""
        return [rule for model in apps.get_models() for rule in _rules_of_choices(model)]

    def require_no_transaction(self) -> None:
        """Refused if Django has begun a transaction: what parloader commits would outlive its rollback, and may have to wait for it."""
        super().require_no_transaction()
        if connections[self._using].in_atomic_block:
            raise Refused(
                f"Django has a transaction open in {self.name}, as in each test of a TestCase, and rows that are seeded now would outlive it",
                "Seed before it begins: in seed_test_data of SeededMixin, in SeededRunner, or in a fixture that uses session_seeded",
            )


def _rules_of_choices(model: Any) -> Iterator[str]:
    """A rule for each field of the model with choices, as for parloader.seed."""
    for field in model._meta.local_concrete_fields:
        choices = [value for value, _ in field.flatchoices if isinstance(value, str | int) and not isinstance(value, bool)]
        if choices:
            match, table, values = (json.dumps(each, ensure_ascii=False) for each in (field.column, model._meta.db_table, choices))
            yield f"{{ match = {match}, table = {table}, generator = {{ choice = {values} }} }}"
