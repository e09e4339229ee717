"""UNIQUE keys by construction: how the columns of a table are numbered so that all of its keys hold."""
