"""Numbers: sizes and shapes by name, amounts that agree, shares of NULLs and flags."""
