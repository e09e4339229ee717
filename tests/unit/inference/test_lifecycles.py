"""What the words of a status say."""

import pytest

from parloader.inference.statuses.lifecycles import Lifecycle, lifecycle, words_of_comment

ORDER = ("new", "paid", "shipped", "delivered", "cancelled", "refunded")


def of(*members: str) -> Lifecycle:
    found = lifecycle(members, is_status=True)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("members", "event", "reached"),
    [
        (ORDER, "paid", {"paid", "shipped", "delivered", "refunded"}),
        (ORDER, "payment", {"paid", "shipped", "delivered", "refunded"}),
        (ORDER, "shipped", {"shipped", "delivered"}),
        (ORDER, "delivered", {"delivered"}),
        (ORDER, "cancelled", {"cancelled"}),
        (ORDER, "canceled", {"cancelled"}),
        (ORDER, "refunded", {"refunded"}),
        (ORDER, "closed", {"delivered"}),
        (ORDER, "published", set()),
        (("queued", "running", "succeeded", "failed"), "started", {"running", "succeeded", "failed"}),
        (("queued", "running", "succeeded", "failed"), "finished", {"succeeded", "failed"}),
        (("queued", "running", "succeeded", "failed"), "completed", {"succeeded"}),
        (("queued", "running", "succeeded", "failed"), "failed", {"failed"}),
        (("draft", "published", "archived"), "published", {"published", "archived"}),
        (("pending", "active", "suspended"), "active", {"active"}),
        (("pending", "active", "suspended"), "closed", set()),
        (("pending", "paid", "failed", "refunded"), "paid", {"paid", "refunded"}),
        (("scheduled", "confirmed", "completed", "cancelled", "no_show"), "confirmed", {"confirmed", "completed", "no_show"}),
        (("DRAFT", "SENT", "PAID", "OVERDUE"), "sent", {"SENT", "PAID", "OVERDUE"}),
        (("Open", "InProgress", "Closed"), "started", {"InProgress", "Closed"}),
        (("draft", "calculated", "approved", "paid"), "calculated", {"calculated", "approved", "paid"}),
        (("active", "terminated"), "termination", {"terminated"}),
    ],
)
def test_an_event_has_happened_in_these_states(members: tuple[str, ...], event: str, reached: set[str]) -> None:
    assert of(*members).reached(event) == reached


def test_codes_are_in_the_order_of_the_schema() -> None:
    means = {"0": "new", "1": "sent", "2": "paid", "3": "overdue"}
    found = lifecycle(tuple(means), means, is_status=True)
    assert found is not None
    assert found.path == ("0", "1", "2")
    assert found.reached("paid") == {"2"}


def test_members_are_in_the_order_of_the_schema_unless_that_is_the_alphabet() -> None:
    assert of("new", "shipped", "paid").path == ("new", "shipped", "paid")
    assert of("cancelled", "delivered", "new", "paid").path == ("new", "paid", "delivered")


@pytest.mark.parametrize(
    ("members", "most"),
    [
        (ORDER, "delivered"),
        (("draft", "published", "archived"), "published"),
        (("active", "inactive"), "active"),
        (("active", "frozen", "closed"), "active"),
        (("open", "in_progress", "resolved", "closed"), "closed"),
        (("pending", "approved", "rejected"), "approved"),
    ],
)
def test_most_rows_are_at_the_end_of_the_way(members: tuple[str, ...], most: str) -> None:
    weights = dict(zip(members, of(*members).weights(members), strict=True))
    assert max(weights, key=weights.__getitem__) == most
    assert all(weights.values())
    assert weights[most] > sum(weights.values()) / 2


@pytest.mark.parametrize("members", [("small", "large"), ("a", "b", "c"), ("red", "new"), ("new",), ("cancelled", "failed")])
def test_other_words_are_no_lifecycle(members: tuple[str, ...]) -> None:
    assert lifecycle(members, is_status=False) is None


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("0 = new, 1 = paid, 2=shipped", {"0": "new", "1": "paid", "2": "shipped"}),
        ("state of the job: 0: queued 1: running 10: done", {"0": "queued", "1": "running", "10": "done"}),
        ("new, paid or shipped", {"new": "new", "paid": "paid", "shipped": "shipped"}),
        ("status: open | closed", {"open": "open", "closed": "closed"}),
        ("the state of the order", {}),
        ("", {}),
    ],
)
def test_a_comment_may_list_the_values(comment: str, words: dict[str, str]) -> None:
    assert words_of_comment(comment) == words
