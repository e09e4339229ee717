"""Seeding before the transactions in which Django runs tests: once for a class, or once for all tests."""

from typing import Any

from django.core.management import CommandError
from django.test.runner import DiscoverRunner

from parloader.errors import ParloaderError
from parloader.testing.django.databases import database
from parloader.testing.seeding import Seeder


class SeededMixin:
    """Seeds once for the tests of a class: class OrderTests(SeededMixin, TestCase). TestCase rolls back what each test changes."""

    @classmethod
    def seed_test_data(cls, seeded: Seeder) -> None:
        """To be overridden, for example with seeded(Order, rows=1000). The rows are deleted after the last test of the class."""

    @classmethod
    def setUpClass(cls) -> None:
        """Seeds, before TestCase begins the transaction of the class."""
        seeder = Seeder(database(), keep=False)
        cls.addClassCleanup(seeder.clean_up)  # type: ignore[attr-defined]  # of unittest.TestCase; it runs after the rollback
        cls.seed_test_data(seeder)
        super().setUpClass()  # type: ignore[misc]


class SeededRunner(DiscoverRunner):  # type: ignore[misc]  # Django has no types
    """Seeds once for all tests: settings.TEST_RUNNER names a subclass of it."""

    def seed_test_databases(self, seeded: Seeder) -> None:
        """To be overridden, for example with seeded("shop_order", rows=1000)."""

    def setup_databases(self, **kwargs: Any) -> Any:
        """Creates the test databases, then seeds the default one."""
        created = super().setup_databases(**kwargs)
        try:
            self.seed_test_databases(Seeder(database()))
        except BaseException as error:
            self.teardown_databases(created)
            if isinstance(error, ParloaderError):
                raise CommandError(f"parloader: {error}") from error  # which manage.py prints without a traceback
            raise
        return created
