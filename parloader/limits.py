"""The largest numbers that make sense, for options and configs. Imports nothing."""

# Keys are computed in signed 64 bits, from 1 on
MOST_ROWS = 2**63 - 1
# Each is a process and a connection: far more than any server gains from, and few enough for a slip of the finger not to bring the machine down
MOST_PROCS = 1024
# A year: a load that retries longer than that is not waited for
MOST_RETRY_SECONDS = 31_536_000.0
MOST_SEED = 2**63 - 1  # a plan file holds signed 64-bit integers
MOST_SAMPLED = 1000  # rows that plan prints
