"""The reference of parloader's public names, for mkdocstrings."""


def python_reference() -> str:
    return ""
