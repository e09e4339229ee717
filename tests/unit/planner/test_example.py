import doctest

from parloader.planner import completion


def test_the_worked_example_in_the_docstring_is_right() -> None:
    results = doctest.testmod(completion)
    assert results.attempted
    assert not results.failed
