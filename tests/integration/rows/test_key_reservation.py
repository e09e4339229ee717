"""Reserved keys stay free, whoever inserts rows meanwhile."""

from support.servers import Database

from parloader.rows import key_reservation


def test_a_row_that_somebody_inserts_meanwhile_gets_a_key_after_the_reserved_ones(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT) ENGINE=InnoDB", "INSERT INTO t (n) VALUES (1), (1)"
    )
    with database.connection() as connection:
        first = key_reservation.reserve_keys(connection, "t", "id", 100, key_reservation.key_counters(connection, ["t"])["t"])
        database.execute("INSERT INTO t (n) VALUES (2)")
        assert first == 3
        assert database.rows("SELECT id FROM t WHERE n = 2") == ((first + 100,),)
        assert key_reservation.reserve_keys(connection, "t", "id", 100, key_reservation.key_counters(connection, ["t"])["t"]) == first + 101
