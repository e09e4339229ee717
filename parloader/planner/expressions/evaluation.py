"""Evaluates a generated column's or key part's expression on images instead of values.

Functions are named as the servers print them (lcase and lower, substr, cast … as date). What is not known here is Unknown: it may have any value.
Sources: MySQL manual and MariaDB documentation, "String Functions", "Numeric Functions", "Date and Time Functions", "JSON Functions".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlglot import exp

from parloader.planner.expressions import text_functions as texts
from parloader.planner.expressions.arithmetic import arithmetic, formatted, number_of_moment, rounded, to_date, to_integer
from parloader.planner.expressions.images import (
    NULL,
    Constant,
    Image,
    Json,
    Moment,
    Number,
    Opaque,
    Text,
    Unknown,
    first,
    last,
    length,
    merged,
    reversed_text,
    told_apart,
    with_nullable,
)
from parloader.planner.expressions.storage import stored
from parloader.schema.checks.clause_text import FUNCTION_MARK, has_known_arguments
from parloader.schema.checks.comparisons import constant
from parloader.schema.model import TableSchema

OPERATORS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.IntDiv: "div"}

JSON_STEP = re.compile(r"""\.(?:"(?P<quoted>[^"]*)"|(?P<name>[^.\[\]"*]+))|\[(?P<index>\d+)\]|(?P<all>\[\*\])""")

CHARACTER_TYPES = (exp.DataType.Type.CHARACTER_SET, exp.DataType.Type.CHAR, exp.DataType.Type.VARCHAR, exp.DataType.Type.NCHAR)

INTEGER_TYPES = {exp.DataType.Type.UBIGINT: True, exp.DataType.Type.BIGINT: False}
"""Type of a CAST → whether it is unsigned."""


def json_steps(path: str) -> tuple[str | int, ...] | None:
    """The steps of a JSON path: `$.a[0]` has "a" and 0. A last [*] is left out, as in `$.tags[*]`. None: it has others than that."""
    steps: list[str | int] = []
    rest = path.strip()[1:]
    while rest:
        step = JSON_STEP.match(rest)
        if step is None or (step["all"] and step.end() < len(rest)):
            return None
        if not step["all"]:
            steps.append(int(step["index"]) if step["index"] else step["quoted"] or step["name"])
        rest = rest[step.end() :]
    return tuple(steps)


@dataclass(frozen=True)
class Evaluator:
    """Evaluates the expressions of one table."""

    schema: TableSchema
    tree: Callable[[str], exp.Expr | None]  # of an expression in the server's text; None: it cannot be parsed
    images: Mapping[str, Image]  # by column; a column without an entry may have any values

    def part(self, column: str) -> Image:
        """The image of a column, which may be a generated one."""
        schema = self.schema.column(column)
        if not schema.expression:
            return self.images.get(column, Unknown(nullable=schema.nullable))
        return stored(self.expression(schema.expression), schema)

    def expression(self, text: str) -> Image:
        """The image of an expression in the server's text."""
        tree = self.tree(text)
        return Unknown() if tree is None else self.image(tree)

    def image(self, node: exp.Expr) -> Image:
        """The image of a node of the syntax tree."""
        match node:
            case exp.Anonymous() if node.name.lower().startswith(FUNCTION_MARK):
                return self._function(node.name.lower().removeprefix(FUNCTION_MARK), node.expressions)
            case exp.Extract(this=unit, expression=moment):
                return number_of_moment(unit.name.lower(), self.image(moment))
        if not has_known_arguments(node) and not isinstance(node, exp.Div):
            return Unknown()
        match node:
            case exp.Paren() | exp.Collate():
                return self.image(node.this)
            case exp.Column():
                return self.part(node.name) if node.name in self.schema.column_names else Unknown()
            case exp.Null():
                return NULL
            case exp.Case() | exp.If():
                return self._branches(node)
            case exp.Cast():
                return self._cast(self.image(node.this), node.to)
            case exp.Trim():
                return self._trim(self.image(node.this), node.args.get("position") or "BOTH", node.expression)
            case exp.Neg() if constant(node) is None:
                return arithmetic(Constant(value=0), "-", self.image(node.this))
        if type(node) in OPERATORS:
            return arithmetic(self.image(node.args["this"]), OPERATORS[type(node)], self.image(node.args["expression"]))
        value = constant(node)
        return Unknown() if value is None else Constant(value=value)

    def _branches(self, node: exp.Expr) -> Image:
        """CASE and IF: if every branch has the same expression or NULL, the conditions do not matter."""
        ifs = [node] if isinstance(node, exp.If) else node.args["ifs"]
        otherwise = node.args.get("false" if isinstance(node, exp.If) else "default")
        results = [branch.args["true"] for branch in ifs] + [otherwise or exp.Null()]
        different = {result.unnest().sql(): result for result in results if not isinstance(result.unnest(), exp.Null)}
        has_null = any(isinstance(result.unnest(), exp.Null) for result in results)
        images = [image for result in different.values() if (image := self.image(result)) != NULL]
        if not images:
            return NULL
        image = images[0] if len(images) == 1 else merged(images)
        return with_nullable(image, Unknown(nullable=has_null or len(images) < len(different)))

    def _function(self, name: str, nodes: Sequence[exp.Expr]) -> Image:
        if name == "json_extract" and len(nodes) == 2:
            return self._json(self.image(nodes[0]), constant(nodes[1]))
        if name == "json_value" and len(nodes) == 2:
            return _unquoted(self._json(self.image(nodes[0]), constant(nodes[1])))
        if name in ("coalesce", "ifnull"):
            return self._first_value([self.image(node) for node in nodes])
        arguments = [self.image(node) for node in nodes]
        values = [argument.value if isinstance(argument, Constant) else None for argument in arguments]
        if not arguments:
            return Unknown()
        if name == "concat":
            return texts.concatenated(arguments)
        if name == "concat_ws":
            return texts.concatenated_with(arguments[0], arguments[1:])
        return with_nullable(_of_first(name, arguments[0], values[1:]), arguments[0])

    def _first_value(self, images: Sequence[Image]) -> Image:
        """COALESCE: its first argument, if that is never NULL."""
        images = [image for image in images if image != NULL]
        return next(iter(images), NULL) if len(images) < 2 or not images[0].nullable else Unknown(nullable=images[-1].nullable)

    def _json(self, image: Image, path: object) -> Image:
        steps = json_steps(path) if isinstance(path, str) else None
        if steps is None or not isinstance(image, Json):
            return Unknown()
        found = image
        for step in steps:
            inner: Json | None = None
            if isinstance(found.value, dict) and isinstance(step, str):
                inner = found.value.get(step)
            elif isinstance(found.value, tuple) and isinstance(step, int) and step < len(found.value):
                inner = found.value[step]
            if inner is None:
                return NULL
            found = inner
        return replace(found, nullable=image.nullable)

    def _cast(self, image: Image, to: exp.DataType) -> Image:
        if to.this is exp.DataType.Type.ARRAY:  # of a multi-valued index: no row may have an element of another one
            if isinstance(image, Json) and isinstance(image.value, tuple) and len(image.value) == 1:
                return self._cast(replace(image.value[0], nullable=image.nullable), to.expressions[0])
            return Unknown()
        scalar = (image.scalar or Unknown()) if isinstance(image, Json) else image
        sizes = [int(size.this.this) for size in to.expressions if isinstance(size, exp.DataTypeParam) and str(size.this.this).isdigit()]
        if to.this in CHARACTER_TYPES:
            text = texts.as_text(image)
            found: Image = Unknown() if text is None else text
            if text and sizes and ((size := length(text)) is None or size > sizes[0]):  # in strict mode, the server rejects longer ones
                found = Unknown()
        elif to.this in INTEGER_TYPES:
            found = to_integer(scalar, unsigned=INTEGER_TYPES[to.this])
        elif to.this is exp.DataType.Type.DECIMAL:
            found = rounded(texts.to_number(scalar) if isinstance(scalar, Text) else scalar, sizes[1] if len(sizes) > 1 else 0)
        elif to.this is exp.DataType.Type.DATE:
            found = to_date(scalar)
        elif to.this in (exp.DataType.Type.DATETIME, exp.DataType.Type.TIMESTAMP) and isinstance(scalar, Moment):
            found = replace(scalar, is_date=False)
        else:
            found = Unknown()
        return with_nullable(found, image)

    def _trim(self, image: Image, sides: str, blank: exp.Expr | None) -> Image:
        return _trimmed(image, str(sides).upper(), " " if blank is None else constant(blank))


def _of_first(name: str, image: Image, values: Sequence[object]) -> Image:
    """A function of one value and constants."""
    number = next((value for value in values if isinstance(value, int | Decimal)), None)
    match name:
        case "lower" | "lcase":
            return texts.folded(image, str.lower)
        case "upper" | "ucase":
            return texts.folded(image, str.upper)
        case "ltrim" | "rtrim":
            return _trimmed(image, "LEADING" if name == "ltrim" else "TRAILING", " ")
        case "md5" | "sha" | "sha1":
            return texts.hashed(image, texts.HASH_LENGTHS[name])
        case "sha2" if number in texts.SHA2_LENGTHS:
            return texts.hashed(image, texts.SHA2_LENGTHS[int(number)])
        case "crc32":
            return texts.checksum(image)
        case "uuid_to_bin":
            return texts.binary_uuid(image)
        case "unhex":
            return texts.unhexed(image)
        case "hex" | "to_base64":
            return _encoded(image)
        case "json_unquote":
            return _unquoted(image)
        case "nullif":
            return with_nullable(image, Unknown())
        case "lpad" if isinstance(image, Number) and isinstance(number, int) and values[1:] == ["0"]:
            return texts.zero_filled(image, number)
        case "abs" if isinstance(image, Number) and image.unsigned:
            return image
        case "floor" | "ceil" | "ceiling":
            return rounded(image, 0)
        case "round" if not values or number == 0:
            return rounded(image, 0)
        case "year" | "to_days" | "unix_timestamp":
            return number_of_moment(name, image)
        case "date_format" if values and isinstance(values[0], str):
            return formatted(image, values[0])
    text = texts.as_text(image)
    return Unknown() if text is None else _of_text(name, text, values)


def _of_text(name: str, text: Text, values: Sequence[object]) -> Image:
    match name, *values:
        case "left", int(count):
            return first(text, max(0, count))
        case "right", int(count):
            return last(text, max(0, count))
        case (("substr" | "substring" | "mid"), int(position)):
            return texts.substring(text, position, None)
        case (("substr" | "substring" | "mid"), int(position), int(count)):
            return texts.substring(text, position, count)
        case "substring_index", str(delimiter), int(count):
            return texts.up_to(text, delimiter, count)
        case "replace", str(old), str(new):
            return texts.replaced(text, old, new)
        case (("lpad" | "rpad"), int(size), str(filling)):
            return texts.padded(text, size, filling, left=name == "lpad")
        case "reverse", *_:
            return reversed_text(text)
    return Unknown()


def _trimmed(image: Image, sides: str, blank: object) -> Image:
    if isinstance(image, Opaque):
        return image if image.folded else Unknown(nullable=image.nullable)
    text = texts.as_text(image)
    return Unknown(nullable=image.nullable) if text is None or not isinstance(blank, str) else texts.trimmed(text, sides, blank)


def _encoded(image: Image) -> Image:
    return Unknown() if isinstance(image, Unknown | Constant) else Opaque(columns=told_apart(image), nullable=image.nullable)


def _unquoted(image: Image) -> Image:
    """JSON_UNQUOTE of a scalar, or of a text that is none."""
    if isinstance(image, Json):
        scalar = image.scalar
        return texts.as_text(image) or Unknown() if scalar is None else with_nullable(texts.as_text(scalar) or Unknown(), image)
    if image == NULL:
        return NULL
    return image if isinstance(image, Text) and image.symbols[:1] != ('"',) else Unknown(nullable=image.nullable)
