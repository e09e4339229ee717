"""Identifiers in statements. Source: MySQL manual "Schema Object Names"."""


def identifier(name: str) -> str:
    """The name in quotes, as it stands in a statement that is sent as it is (sql.quote is for those that values are filled into)."""
    return "`" + name.replace("`", "``") + "`"
