"""Texts: what the name of a column says about them, and which values a column accepts."""
