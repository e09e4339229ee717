"""Every session obeys the laws, on real servers."""

from support import Database

from parloader.database import connect, sql


def test_every_session_has_the_checks_on(database: Database) -> None:
    with database.server.connection() as admin:
        sql.execute(admin, "SET GLOBAL foreign_key_checks = 0")
        sql.execute(admin, "SET GLOBAL unique_checks = 0")
        sql.execute(admin, "SET GLOBAL sql_mode = ''")
        sql.execute(admin, "SET GLOBAL time_zone = '+05:00'")
        try:
            with database.connection() as connection:
                laws = sql.row(connection, "SELECT @@foreign_key_checks, @@unique_checks, @@time_zone, @@character_set_client")
                modes = sql.value(connection, "SELECT @@sql_mode").split(",")
        finally:
            sql.execute(admin, "SET GLOBAL foreign_key_checks = 1")
            sql.execute(admin, "SET GLOBAL unique_checks = 1")
            sql.execute(admin, "SET GLOBAL sql_mode = DEFAULT")
            sql.execute(admin, "SET GLOBAL time_zone = DEFAULT")
    assert laws == (1, 1, "+00:00", "utf8mb4")
    assert set(connect.SQL_MODE) <= set(modes)
