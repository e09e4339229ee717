"""The tables of a server as plain values, and the rows that their types, CHECKs and partitions allow.

Knows no plan, no server connection and no Polars. Start with model.py (tables, columns, keys); checks/ analyses CHECK clauses,
partitioning.py turns partitions into CHECKs, storage_size.py estimates bytes.
"""
