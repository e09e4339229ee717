"""What a progress bar shows at a given width. The rate and the time are always shown; the rest as far as there is space for it."""

from parloader.cli.terminal.widths import shortened, width

# A longer bar shows nothing more; a shorter one is worth less than the text that it leaves space for, and the shortest less than nothing
MAX_BAR, SHORT_BAR, MIN_BAR = 40, 12, 6

# The name of the step may take this part of the line
MAX_NAME_SHARE = 0.3


def bar_format(columns: int, *, what: str, share: float, rows: str, rate: str, time: str, workers: str) -> str:
    """tqdm's bar_format for a line of `columns`, of which the last one stays empty: some terminals begin a new line after it.

    `what`: the name of the step; `share`: how much is done, from 0 to 1; `workers`: how many they are, and their retries.
    """
    percent = f"{int(share * 100):3d} %"
    always = f"{rate}, {time}"
    name = shortened(what, int(columns * MAX_NAME_SHARE))
    for left, right, least in (
        (f"{name} {percent}", f"{rows}, {always}, {workers}" if workers else f"{rows}, {always}", SHORT_BAR),
        (f"{name} {percent}", f"{rows}, {always}", SHORT_BAR),
        (percent, f"{rows}, {always}", SHORT_BAR),
        (percent, always, MIN_BAR),
    ):
        space = columns - 1 - width(left) - width(right) - len(" || ")
        if space >= least:
            return f"{_literal(left.lstrip())} |{{bar:{min(space, MAX_BAR)}}}| {_literal(right)}"
    line = f"{percent}, {always}".lstrip()
    return _literal(line if width(line) < columns else shortened(always, columns - 1))


def short(number: float) -> str:
    """Three digits: 999, 1.23k, 45.6k, 7.89M."""
    for unit in ("", "k", "M", "G", "T"):
        if number < 999.5 or unit == "T":
            break
        number /= 1000
    decimals = 0 if not unit or number >= 99.95 else 1 if number >= 9.995 else 2
    return f"{number:.{decimals}f}{unit}"


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
