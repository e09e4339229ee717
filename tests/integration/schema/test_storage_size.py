"""The size that plan forecasts is of the order of what the server uses."""

import json

from support.servers import Database


def test_the_forecast_is_within_a_factor_of_two(database: Database) -> None:
    forecast = json.loads(database.parloader("plan", "--rows", "100000", "--json").stdout)["tables"][-1]
    database.parloader("seed", "--rows", "100000", "--procs", "2")
    statement = "SELECT data_length, index_length FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'script_execution'"
    ((data, index),) = database.rows(statement)
    assert 0.5 < forecast["data_bytes"] / float(str(data)) < 2
    assert 0.5 < forecast["index_bytes"] / float(str(index)) < 2
