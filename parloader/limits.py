"""Upper limits of options and configs, and the check of a number against its limits."""

from parloader.errors import UsageError

# Keys are signed 64-bit integers, and start at 1
MAX_ROWS = 2**63 - 1

# A worker is a process and a connection. No server gains from this many, and a typo does not exhaust the machine
MAX_PROCS = 1024

MAX_RETRY_SECONDS = 31_536_000.0  # a year

MAX_SEED = 2**63 - 1  # a plan file has signed 64-bit integers

MAX_SAMPLED_ROWS = 1000  # rows that plan prints


def require_between(name: str, value: float, minimum: float, maximum: float) -> None:
    """UsageError if the value is out of range."""
    if not minimum <= value <= maximum:
        raise UsageError(f"{name} is {value}", f"Use a number from {minimum} to {maximum}")
