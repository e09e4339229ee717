"""What the servers' texts about privileges say: the messages are those of MariaDB 10.11 and MySQL 9.7."""

import pytest

from parloader.database.grants import grant, how_to_grant, shows_all_tables

DENIED = {
    "SELECT command denied to user 'ann'@'localhost' for table 'p'": "GRANT SELECT ON `shop`.* TO 'ann'@'%'",
    "CREATE command denied to user 'ann'@'localhost' for table `shop`.`x`": "GRANT CREATE ON `shop`.* TO 'ann'@'%'",
    "SELECT command denied to user 'ann'@'localhost' for column 'p' in table 'c'": "GRANT SELECT ON `shop`.* TO 'ann'@'%'",
    "SELECT, LOCK TABLES command denied to user 'ann'@'localhost' for table 'c'": "GRANT SELECT, LOCK TABLES ON `shop`.* TO 'ann'@'%'",
    "SELECT with locking clause command denied to user 'ann'@'localhost' for table 'r'": "GRANT SELECT, UPDATE ON `shop`.* TO 'ann'@'%'",
    "DELETE command denied to user 'ann'@'h' for table `ot``her`.`orders`": "GRANT DELETE ON `ot``her`.* TO 'ann'@'%'",
    "Access denied; you need (at least one of) the PROCESS privilege(s) for this operation": "GRANT PROCESS ON *.* TO 'ann'@'%'",
    "Access denied; you need (at least one of) the SUPER, CONNECTION ADMIN privilege(s) for this operation": "GRANT SUPER ON *.* TO 'ann'@'%'",
    "Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for …": "GRANT SUPER ON *.* TO 'ann'@'%'",
}


@pytest.mark.parametrize("message", DENIED)
def test_the_missing_privilege_and_no_other(message: str) -> None:
    step = how_to_grant(message, "ann@%", "shop")
    assert step == f"An administrator can grant it: {DENIED[message]}"


@pytest.mark.parametrize(
    "message", ["Access denied for user 'ann'@'localhost' to database 'shop'", "Befehl SELECT für Benutzer 'ann'@'localhost' verweigert"]
)
def test_a_message_that_names_none(message: str) -> None:
    step = how_to_grant(message, "ann@%", "shop")
    assert "GRANT " not in step
    assert "The server does not say which privilege is missing" in step


@pytest.mark.parametrize(
    ("grants", "seen"),
    [
        (["GRANT USAGE ON *.* TO `u`@`localhost`", "GRANT ALL PRIVILEGES ON `ours`.* TO `u`@`localhost`"], False),
        (["GRANT ALL PRIVILEGES ON *.* TO `u`@`localhost` WITH GRANT OPTION"], True),
        (["GRANT INSERT, UPDATE ON *.* TO `u`@`localhost`"], True),
        (["GRANT PROCESS, SHOW DATABASES, DELETE ON *.* TO `u`@`localhost`"], False),
        (["GRANT SELECT ON *.* TO `u`@`localhost`", "REVOKE SELECT ON `theirs`.* FROM `u`@`localhost`"], False),
        (["GRANT `seer` TO `u`@`localhost`", "GRANT SELECT ON *.* TO `seer`"], True),
        (["GRANT SELECT (`id`) ON `theirs`.`c` TO `u`@`localhost`"], False),
        ([], False),
    ],
)
def test_which_accounts_see_every_table(grants: list[str], seen: bool) -> None:
    assert shows_all_tables(grants) is seen


def test_names_are_quoted() -> None:
    assert grant("ALTER", "a`b", "o'nei@l@10.%") == "GRANT ALTER ON `a``b`.* TO 'o''nei@l'@'10.%'"
