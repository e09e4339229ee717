"""The largest numbers that make sense, for options and configs. The check of a number against them."""

from parloader.errors import UsageError

# Keys are computed in signed 64 bits, from 1 on
MAX_ROWS = 2**63 - 1

# Each is a process and a connection: far more than any server gains from, and few enough for a slip of the finger not to bring the machine down
MAX_PROCS = 1024

# A year: a load that retries longer than that is not waited for
MAX_RETRY_SECONDS = 31_536_000.0

MAX_SEED = 2**63 - 1  # a plan file holds signed 64-bit integers

MAX_SAMPLED_ROWS = 1000  # rows that plan prints


def require_between(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is {value}", f"Valid are {least} to {most}")
