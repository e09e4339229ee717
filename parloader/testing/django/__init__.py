"""Seeded test databases for Django, with pytest-django or with manage.py test (docs/pytest.md).

parloader loads rows on connections of its own and commits them, so it seeds before the transactions in which Django runs each TestCase:
once for all tests (SeededRunner, or the fixture session_seeded) or once for a class (SeededMixin). Begin reading in `test_cases.py`.

What settings import (settings.py) imports nothing of Django.
"""

TYPE_CHECKING = False  # as in typing, whose import takes longer than this module

if TYPE_CHECKING:
    from parloader.testing.django.databases import database as database
    from parloader.testing.django.databases import use as use
    from parloader.testing.django.settings import private_database as private_database
    from parloader.testing.django.test_cases import SeededMixin as SeededMixin
    from parloader.testing.django.test_cases import SeededRunner as SeededRunner
else:
    PUBLIC = {
        "SeededMixin": "test_cases",
        "SeededRunner": "test_cases",
        "database": "databases",
        "private_database": "settings",
        "use": "databases",
    }

    def __getattr__(name: str) -> object:
        if name not in PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
