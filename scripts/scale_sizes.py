"""How long large loads take and what they need: calculated from measured figures, not measured."""

import math
from dataclasses import dataclass

from scale_table import markdown

ROWS = (10**9, 10**10, 10**11)

TARGETS = (1, 10, 100)

HEADINGS = (
    "rows",
    "targets",
    "rows per target",
    "seed",
    "seed, verify, clean",
    "client cores",
    "client network",
    "client machines",
    "sent",
    "disk per target",
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The figures from which everything else follows."""

    target_rows_per_second: float
    """what one target takes"""
    core_rows_per_second: float
    """what one core of a client feeds"""
    sent_row_bytes: float
    """of a row on the network"""
    disk_row_bytes: float
    """of a row and its index entries on a target's disk"""
    verify_share: float
    """verify's time, as a share of seed's"""
    clean_share: float
    """clean's time, as a share of seed's"""
    machine_cores: int
    """of one client machine"""
    machine_bits_per_second: float
    """network bandwidth of one client machine"""


@dataclass(frozen=True, kw_only=True)
class Size:
    """A load of `rows` rows, spread evenly over `targets` servers that are loaded at the same time, with enough clients for all of them."""

    rows: int
    targets: int
    measured: Measured

    @property
    def rows_per_second(self) -> float:
        return self.targets * self.measured.target_rows_per_second

    @property
    def seed_seconds(self) -> float:
        return self.rows / self.rows_per_second

    @property
    def all_seconds(self) -> float:
        """The time of seed, verify and clean."""
        return self.seed_seconds * (1 + self.measured.verify_share + self.measured.clean_share)

    @property
    def client_cores(self) -> int:
        return math.ceil(self.rows_per_second / self.measured.core_rows_per_second)

    @property
    def bits_per_second(self) -> float:
        return 8 * self.rows_per_second * self.measured.sent_row_bytes

    @property
    def client_machines(self) -> int:
        """As many as have these cores and this bandwidth."""
        by_network = self.bits_per_second / self.measured.machine_bits_per_second
        return math.ceil(max(self.client_cores / self.measured.machine_cores, by_network))

    @property
    def sent_bytes(self) -> float:
        return self.rows * self.measured.sent_row_bytes

    @property
    def disk_bytes_per_target(self) -> float:
        return self.rows / self.targets * self.measured.disk_row_bytes


def table(measured: Measured) -> str:
    """A Markdown table with a line for each number of rows and of targets."""
    return markdown(HEADINGS, [_line(Size(rows=rows, targets=targets, measured=measured)) for rows in ROWS for targets in TARGETS])


def _line(size: Size) -> tuple[str, ...]:
    return (
        _billions(size.rows),
        f"{size.targets}",
        _billions(size.rows / size.targets),
        _duration(size.seed_seconds),
        _duration(size.all_seconds),
        f"{size.client_cores}",
        f"{size.bits_per_second / 1e9:.2g} Gbit/s",
        f"{size.client_machines}",
        _bytes(size.sent_bytes),
        _bytes(size.disk_bytes_per_target),
    )


def _billions(rows: float) -> str:
    return f"{rows / 1e9:g} billion"


def _duration(seconds: float) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _bytes(size: float) -> str:
    return f"{size / 1e9:.0f} GB" if size < 1e12 else f"{size / 1e12:.1f} TB"
