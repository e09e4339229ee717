"""The GRANT that a denied statement needs, from the servers' messages."""

import pytest

from parloader.database import grants

DATABASE = "GRANT {} ON `shop`.* TO 'ann'@'%'"


@pytest.mark.parametrize(
    ("message", "statement"),
    [
        ("INSERT command denied to user 'ann'@'localhost' for table 'orders'", DATABASE.format("INSERT")),
        ("SELECT, LOCK TABLES command denied to user 'ann'@'localhost' for table 'orders'", DATABASE.format("SELECT, LOCK TABLES")),
        ("SELECT command denied to user 'ann'@'localhost' for column 'id' in table 'orders'", DATABASE.format("SELECT")),
        ("DELETE command denied to user 'ann'@'h' for table `ot``her`.`orders`", "GRANT DELETE ON `ot``her`.* TO 'ann'@'%'"),
        (
            "Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s) for this operation",
            "GRANT SUPER ON *.* TO 'ann'@'%'",
        ),
    ],
)
def test_the_grant(message: str, statement: str) -> None:
    assert grants.next_step(message, "shop", "ann@%") == f"An administrator can grant it: {statement}"


@pytest.mark.parametrize(
    "message", ["Access denied for user 'ann'@'localhost' to database 'shop'", "INSERT befehl abgelehnt für 'ann'", ""]
)
def test_a_message_that_names_no_privilege(message: str) -> None:
    assert "docs/privileges.md" in grants.next_step(message, "shop", "ann@%")


def test_names_are_quoted() -> None:
    assert grants.grant("ALTER", "a`b", "o'nei@l@10.%") == "GRANT ALTER ON `a``b`.* TO 'o''nei@l'@'10.%'"
