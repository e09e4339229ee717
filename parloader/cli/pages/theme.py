"""What all charts share: colours for paper and for pages, and Matplotlib's figures as SVG that is part of a page.

On a page, a chart follows the reader's light or dark scheme: it is drawn in stand-in colours, which are replaced by the variables of style.css.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)

# Points of the drawing; on a screen it is scaled to the width of the page, so that texts have about the size of the page's
WIDE_POINTS = (700.0, 215.0)
NARROW_POINTS = (270.0, 215.0)
FONT_POINTS = 8.0


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of a chart."""

    text: str
    soft: str
    line: str
    ground: str
    warn: str
    bad: str
    series: tuple[str, ...]

    def of(self, number: int) -> str:
        """The colour of a series."""
        return self.series[number % len(self.series)]


PAPER = Palette(
    text="#1d2127",
    soft="#5b6470",
    line="#dde1e6",
    ground="#ffffff",
    warn="#a35a00",
    bad="#b3261e",
    series=("#2f6fb5", "#c2571a", "#2c8453", "#8e4bb0", "#94740f", "#c0365a", "#13808f", "#6b6f76"),
)

# Stand-in colour → variable of style.css
VARIABLES: Mapping[str, str] = {
    "#0a0b01": "--text",
    "#0a0b02": "--soft",
    "#0a0b03": "--line",
    "#0a0b04": "--ground",
    "#0a0b05": "--warn",
    "#0a0b06": "--bad",
    **{f"#0a0b1{number}": f"--s{number}" for number in range(1, 9)},
}

PAGE = Palette(
    text="#0a0b01",
    soft="#0a0b02",
    line="#0a0b03",
    ground="#0a0b04",
    warn="#0a0b05",
    bad="#0a0b06",
    series=tuple(f"#0a0b1{number}" for number in range(1, 9)),
)


@contextmanager
def style(palette: Palette) -> Iterator[None]:
    """Matplotlib draws in this palette, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.size": FONT_POINTS,
                "text.color": palette.text,
                "axes.labelcolor": palette.soft,
                "axes.edgecolor": palette.line,
                "axes.facecolor": "none",
                "axes.titlesize": FONT_POINTS + 1,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "axes.axisbelow": True,
                "grid.color": palette.line,
                "grid.linewidth": 0.6,
                "figure.facecolor": palette.ground if palette is PAPER else "none",
                "xtick.color": palette.line,
                "ytick.color": palette.line,
                "xtick.labelcolor": palette.soft,
                "ytick.labelcolor": palette.soft,
                "legend.frameon": False,
                "legend.fontsize": FONT_POINTS,
                "lines.linewidth": 1.3,
                "svg.fonttype": "none",
                "svg.hashsalt": "parloader",
            }
        )
        yield


def as_svg(figure: Figure, name: str, label: str, titles: Mapping[str, str]) -> str:
    """The figure as an element of a page. `name` makes its IDs unique there; `label` is what a screen reader says.

    `titles`: group ID of an artist → its tooltip. Such a group has the attribute data-mark, with this ID.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(file.getvalue())
    for element in [*root.findall(f"{{{SVG}}}metadata"), *root.findall(f"{{{SVG}}}defs")]:
        if element.tag.endswith("metadata") or element.find(f"{{{SVG}}}style") is not None:
            root.remove(element)  # the style would be that of the page
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    for element in root.iter():
        _rename(element, name, titles)
    text = ElementTree.tostring(root, encoding="unicode")
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    return re.sub(r"#0a0b\w\w", lambda match: f"var({VARIABLES[match[0]]})", text)


def _rename(element: ElementTree.Element, name: str, titles: Mapping[str, str]) -> None:
    """Makes the IDs of an element unique in the page, drops those that nothing refers to, and adds the tooltip."""
    identity = element.attrib.pop("id", "")
    if identity in titles:
        element.set("data-mark", identity)
        title = ElementTree.Element(f"{{{SVG}}}title")
        title.text = titles[identity]
        element.insert(0, title)
    elif element.tag in (f"{{{SVG}}}path", f"{{{SVG}}}clipPath", f"{{{SVG}}}rect") and identity:
        element.set("id", f"{name}-{identity}")
    for attribute, value in element.attrib.items():
        if attribute == f"{{{XLINK}}}href":
            element.set(attribute, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(attribute, value.replace("url(#", f"url(#{name}-"))
        elif attribute == "style":
            element.set(attribute, re.sub(r"font: (?:(\w+) )?([\d.]+px) [^;]*", _font, value))


def _font(match: re.Match[str]) -> str:
    """Without the family: that of the page."""
    return f"font-size: {match[2]}" + (f"; font-weight: {match[1]}" if match[1] else "")


def wide_and_narrow(name: str, label: str, draw: Callable[[tuple[float, float], bool], tuple[Figure, dict[str, str]]]) -> tuple[str, str]:
    """A chart for wide and for narrow screens. `draw` takes its size in inches and whether it is the narrow one; it returns the titles as well."""
    texts = []
    for size, narrow in ((WIDE_POINTS, False), (NARROW_POINTS, True)):
        with style(PAGE):
            figure, titles = draw((size[0] / 72, size[1] / 72), narrow)
            texts.append(as_svg(figure, f"{name}-narrow" if narrow else name, label, {} if narrow else titles))
    return texts[0], texts[1]


def short_number(value: float, _position: int | None = None) -> str:
    """1.5M, 20k, 300: for an axis."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
