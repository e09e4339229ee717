"""How a plan is written down: as TOML, in Python, and as JSON in the ledger.

Plans and their generators are validated here, and nowhere else. Knows no server, schema or Polars. Begin with plan_document.py, which
reads and writes the plain values that all three forms share; generator_syntax.py does so for a generator, codecs.py for a single entry.
"""
