"""The worked example in the docstring of parloader.schema.checks."""

import doctest

from parloader.schema import checks


def test_the_example_in_the_package_docstring() -> None:
    result = doctest.testmod(checks)
    assert result.attempted > 0
    assert result.failed == 0
