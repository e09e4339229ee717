"""Reads rows through an application's own models; runs in its virtual environment, so it imports nothing of parloader.

Usage: schemas_read_rows.py django|sqlalchemy URL [MODULE[:FUNCTION]]... It prints "ready". Then each line of stdin names a table, and the
answer on stdout is JSON: null if no model has this table, "" if 100 rows were read with every column converted to what the model says it is,
else the error.
"""

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

ROWS = 100

Read = Callable[[str], "str | None"]


def main(kind: str, url: str, *modules: str) -> None:
    # what the application prints is no answer
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    read: Read = with_django() if kind == "django" else with_sqlalchemy(url, modules)
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = read(line.rstrip("\n"))
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"[:400]
        print(json.dumps(answer), file=answers, flush=True)


def with_django() -> Read:
    importlib.import_module("django").setup()
    apps: Any = importlib.import_module("django.apps").apps
    connections: Any = importlib.import_module("django.db").connections
    models: dict[str, list[Any]] = {}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            models.setdefault(model._meta.db_table, []).append(model)

    def read(table: str) -> str | None:
        for model in models.get(table, ()):
            for found in model._base_manager.order_by()[:ROWS]:
                for field in model._meta.concrete_fields:
                    try:
                        field.value_to_string(found)
                    except Exception as error:
                        return f"{field.name}: {type(error).__name__}: {error}"[:400]
        connections.close_all()
        return "" if table in models else None

    return read


def with_sqlalchemy(url: str, modules: tuple[str, ...]) -> Read:
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    for each in modules:
        module, _, function = each.partition(":")
        try:
            imported = importlib.import_module(module)
            if function:
                getattr(imported, function)()
        except Exception as error:
            print(f"{each}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    engine = sqlalchemy.create_engine(url)
    tables: dict[str, list[Any]] = {}
    for found in gc.get_objects():
        if isinstance(found, sqlalchemy.Table):
            tables.setdefault(found.name, []).append(found)

    def read(name: str) -> str | None:
        with engine.connect() as connection:
            existing = {column["name"] for column in sqlalchemy.inspect(connection).get_columns(name)}
            for table in tables.get(name, ()):
                for column in table.columns:
                    if column.name in existing:
                        try:
                            connection.execute(sqlalchemy.select(column).limit(ROWS)).all()
                        except Exception as error:
                            return f"{column.name} ({type(column.type).__name__}): {type(error).__name__}: {error}"[:400]
        return "" if name in tables else None

    return read


if __name__ == "__main__":
    main(*sys.argv[1:])
