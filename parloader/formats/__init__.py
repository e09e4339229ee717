"""Files of generated rows: CSV, TSV, Parquet and SQL, what is in them, how they are named, and the script that loads them.

Must not know: the server, planner, workers. Statements stand here as the content of files; nothing of them is sent to a server.
Begin with layout.py (which files there are), then columns.py (the values) and writing.py (a file).
"""
