"""Templates: the text of the generator Template, split into its fields."""

from string import Formatter

from parloader.errors import UsageError

NEXT_STEP = "Valid fields are {i}, {i:06} and {column}; write a literal brace twice: {{ }}"


def fields(text: str) -> list[tuple[str, str | None, str]]:
    """The template's parts: (characters before the field, field, its format). UsageError: an unmatched brace, or an invalid format."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise UsageError(f"the template {text!r} is not valid: {error}", NEXT_STEP) from error
    for _, field, form, conversion in parsed:
        digits = form is not None and form[:1] == "0" and form[1:].isascii() and form[1:].isdigit() and int(form) < 100
        if field is not None and (not field or conversion or (form and not (field == "i" and digits))):
            raise UsageError(f"the template {text!r} has an invalid field", NEXT_STEP)
    return [(before, field, form or "") for before, field, form, _ in parsed]
