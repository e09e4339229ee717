"""The sizes of scripts/scale, from figures that are easy to calculate with."""

from dataclasses import replace

import pytest
from scale_sizes import Measured, Size, table

MEASURED = Measured(
    target_rows_per_second=100_000,
    core_rows_per_second=1_000_000,
    sent_row_bytes=50,
    disk_row_bytes=200,
    verify_share=0.25,
    clean_share=0.75,
    machine_cores=2,
    machine_bits_per_second=1e9,
)


def test_a_load_of_one_target() -> None:
    size = Size(rows=360_000_000, targets=1, measured=MEASURED)
    assert size.seed_seconds == 3600
    assert size.all_seconds == 7200
    assert (size.client_cores, size.client_machines) == (1, 1)
    assert size.bits_per_second == 40_000_000
    assert (size.sent_bytes, size.disk_bytes_per_target) == (18e9, 72e9)


def test_more_targets_take_less_time_and_more_clients() -> None:
    size = Size(rows=360_000_000, targets=45, measured=MEASURED)
    assert size.seed_seconds == 80
    assert size.client_cores == 5  # 4.5
    assert size.client_machines == 3  # for the cores; 2 for the network
    assert size.disk_bytes_per_target == 1.6e9


@pytest.mark.parametrize(("gbit", "machines"), [(10, 3), (1, 3), (0.5, 4), (0.1, 18)])
def test_the_network_of_a_client_machine_can_be_the_limit(gbit: float, machines: int) -> None:
    size = Size(rows=1, targets=45, measured=replace(MEASURED, machine_bits_per_second=gbit * 1e9))
    assert size.client_machines == machines


def test_the_table_has_a_line_for_each_number_of_rows_and_targets() -> None:
    _, _, *lines = table(MEASURED).splitlines()
    assert [[cell.strip() for cell in line.split("|")[1:5]] for line in lines[::4]] == [
        ["1 billion", "1", "1 billion", "2.8 h"],
        ["10 billion", "10", "1 billion", "2.8 h"],
        ["100 billion", "100", "1 billion", "2.8 h"],
    ]
    assert "11.6 days" in lines[6]
    assert "17 min" in lines[1]
