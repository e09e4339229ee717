"""Copies of the tables of a database, and what is needed to tell what has changed since they were made. Begin with mark.py.

mark.py holds them in a database of its own; evidence.py tells which tables may have changed; rows.py and definitions.py take changes back.
Nothing here knows what is loaded, and nothing here is used on a server that is not parloader's private one.
"""
