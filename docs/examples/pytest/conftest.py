import pytest
from models import Base


@pytest.fixture(scope="session")
def shop(session_seeded):
    """The shop's tables with 1,000 orders, once for all tests."""
    session_seeded(metadata=Base.metadata, create=True, rows={"orders": 1_000, "customers": 200})


@pytest.fixture
def session(shop, parloader_session):
    """A Session on the shop. What a test writes with it is rolled back."""
    return parloader_session


@pytest.fixture
def engine(shop, parloader_database, parloader_reset):
    """The engine of the shop, for code that commits. What a test commits is taken back."""
    return parloader_database.engine
