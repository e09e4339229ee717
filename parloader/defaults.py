"""The default of each option, for the command line and the configs. Imports nothing large."""

from parloader.process_limits import usable_cores
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import AUTO, AutoBatch, FixedBatch

DEFAULT_BATCH = FixedBatch(10_000)

DEFAULT_WRITER = WriterName.INSERT

# How long a batch is retried (after a deadlock or a lost connection) before the run stops
DEFAULT_RETRY_SECONDS = 60.0

# How many times a crashed worker is replaced: one crash may be bad luck, two need a look
DEFAULT_WORKER_RESTARTS = 1

# The duration of each delete transaction of clean: short enough that other clients do not wait long for its locks
DEFAULT_CHUNK = AutoBatch(0.2)

# Rows of the largest table of an entire database: a few seconds for a dozen tables
DEFAULT_DATABASE_ROWS = 100_000

DEFAULT_BENCH_BATCHES = (FixedBatch(1000), DEFAULT_BATCH, AUTO)

DEFAULT_BENCH_ROWS = 100_000

DEFAULT_BENCH_ROUNDS = 3


def default_bench_procs(capacity: int | None = None) -> tuple[int, ...]:
    """1, 2, 4, … up to the capacity of the executor, but at least 1; None: up to twice the usable cores.

    Twice, because a remote server may have more cores, and workers also wait for its disks.
    """
    if capacity is None:
        return tuple(2**n for n in range(6) if 2**n <= 2 * usable_cores())
    return (*(2**n for n in range(capacity.bit_length()) if 2**n < capacity), max(1, capacity))
