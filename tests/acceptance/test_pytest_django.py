"""The Django project of docs/examples/django: its tests run by pytest-django, and by manage.py test."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.pytest_runs import Project, prepared_home, project
from support.servers import slow_on_mysql


@pytest.fixture
def shop(server_kind: str, bootstrapped: Callable[[str], Path], tmp_path: Path) -> Project:
    return project(tmp_path / "shop", prepared_home(tmp_path / "cache/parloader/pytest", server_kind, bootstrapped), server_kind, "django")


MISTAKES = """
import pytest
from django.db import connection
from shop.models import Order

def test_seeding_in_a_transaction(orders, db, seeded):
    seeded(Order, rows=5)

def test_choices_are_known(orders, db):
    assert set(Order.objects.values_list("status", flat=True)) == {"new", "paid", "sent"}
"""


@slow_on_mysql("server_kind")
def test_pytest_django(shop: Project) -> None:
    shop.write("test_mistakes.py", MISTAKES)
    counts, printed = shop.pytest()
    assert counts == {"passed": 9, "failed": 1}, printed
    assert "Refused: Django has a transaction open in test_parloader_test_" in printed
    assert "in a fixture that uses session_seeded" in printed
    shop.until_stopped()


@pytest.mark.slow
def test_each_worker_has_a_test_database(shop: Project) -> None:
    counts, printed = shop.pytest("-n", "2")
    assert counts == {"passed": 8}, printed
    shop.until_stopped()


@pytest.mark.parametrize("server_kind", [pytest.param("mariadb", marks=pytest.mark.slow), "mysql"], indirect=True)
def test_manage_py_test(shop: Project) -> None:
    """Without pytest, which Django's own tests do not need."""
    (shop.folder / "test_orders.py").unlink()
    shop.write("pytest.py", "raise ImportError")
    settings = shop.with_environment(SHOP_TEST_SERVER=shop.kind, XDG_CACHE_HOME=str(shop.folder.parent / "cache"))
    command = [sys.executable, "manage.py", "test", "--settings", "site_settings.test"]
    code, printed = settings.run(*command)
    assert code == 0, printed
    assert "Ran 3 tests" in printed
    runner = shop.folder / "site_settings/runner.py"
    runner.write_text(runner.read_text().replace("shop_order", "shop_ordre"))
    code, printed = settings.run(*command)
    assert code == 1
    assert printed.splitlines()[-1].startswith("CommandError: parloader: there is no table shop_ordre"), printed
    assert "Traceback" not in printed
