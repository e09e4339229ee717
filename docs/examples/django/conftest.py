import pytest

from parloader.testing.django import database, use


@pytest.fixture(scope="session")
def django_db_modify_db_settings(parloader_server):
    """Django creates its test database on parloader's server."""
    use(parloader_server)


@pytest.fixture(scope="session")
def parloader_database(django_db_setup):
    """parloader seeds Django's test database."""
    return database()


@pytest.fixture(scope="session")
def orders(session_seeded):
    session_seeded("shop_order", rows=500)
