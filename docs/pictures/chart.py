"""Charts as SVG: numbers in, markup out. They follow the light or dark mode of who looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["Axis", "Chart", "percent"]

WIDTH, HEIGHT = 680, 320
LEFT, RIGHT, TOP, BOTTOM = 84, 28, 28, 46
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #3b4048 }
.axis { stroke: #6b7280; fill: none } .grid { stroke: #e2e5ea }
.a { stroke: #1a6fb0; fill: #1a6fb0 } .b { stroke: #b4541a; fill: #b4541a }
.c { stroke: #2b7d4f; fill: #2b7d4f }
.line { fill: none; stroke-width: 2.5 } .area { stroke: none; fill-opacity: .16 }
.limit { stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
text { fill: #d3d7de } .axis { stroke: #9aa1ad } .grid { stroke: #3a3f48 }
.a { stroke: #6bb5ee; fill: #6bb5ee } .b { stroke: #f0995c; fill: #f0995c }
.c { stroke: #6fce9a; fill: #6fce9a }
}
""".strip()

Points = Iterable[tuple[float, float]]


def percent(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


@dataclass(frozen=True)
class Axis:
    """One direction of a chart, from its first tick to its last. `show` writes a tick."""

    title: str
    ticks: Sequence[float]
    show: Callable[[float], str] = "{:g}".format

    def place(self, value: float) -> float:
        """Where a value is: 0 at the first tick, 1 at the last."""
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


@dataclass
class Chart:
    """Two axes, and what has been drawn between them. The class of a mark is its colour: `a`, `b` or `c`."""

    x: Axis
    y: Axis
    parts: list[str] = field(default_factory=list[str])

    def add_line(self, points: Points, colour: str, *, dashed: bool = False) -> None:
        kind = " limit" if dashed else ""
        self.parts.append(f'<path class="line {colour}{kind}" style="fill:none" d="M{self._join(points)}"/>')

    def add_area(self, points: Points, colour: str) -> None:
        self.parts.append(f'<path class="{colour} area" d="M{self._join(points)}z"/>')

    def add_bar(self, x: float, y: float, width: float, colour: str) -> None:
        left, top = self._place(x - width / 2, y)
        right, bottom = self._place(x + width / 2, self.y.ticks[0])
        size = f'width="{right - left:.1f}" height="{bottom - top:.1f}"'
        self.parts.append(f'<rect class="{colour}" x="{left:.1f}" y="{top:.1f}" {size}/>')

    def add_dot(self, x: float, y: float, colour: str) -> None:
        across, down = self._place(x, y)
        self.parts.append(f'<circle class="{colour}" cx="{across:.1f}" cy="{down:.1f}" r="5"/>')

    def add_text(self, x: float, y: float, text: str, anchor: str = "start") -> None:
        across, down = self._place(x, y)
        self.parts.append(_write(across, down + 4, text, anchor))

    def draw(self) -> str:
        """The chart as a file."""
        frame = [*self._draw_grid(), *self.parts, *self._draw_titles()]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">',
                f"<style>{STYLE}</style>",
                *frame,
                "</svg>\n",
            ]
        )

    def _draw_grid(self) -> Iterable[str]:
        bottom, top = self.y.ticks[0], self.y.ticks[-1]
        for tick in self.x.ticks:
            across, down = self._place(tick, bottom)
            yield f'<path class="grid" d="M{across:.1f} {down:.1f}V{TOP}"/>'
            yield _write(across, down + 18, self.x.show(tick), "middle")
        for tick in self.y.ticks:
            across, down = self._place(self.x.ticks[0], tick)
            yield f'<path class="grid" d="M{across:.1f} {down:.1f}H{WIDTH - RIGHT}"/>'
            yield _write(across - 8, down + 4, self.y.show(tick), "end")
        left, low = self._place(self.x.ticks[0], bottom)
        yield f'<path class="axis" d="M{left:.1f} {self._place(0, top)[1]:.1f}V{low:.1f}H{WIDTH - RIGHT}"/>'

    def _draw_titles(self) -> Iterable[str]:
        yield _write((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, self.x.title, "middle")
        if self.y.title:
            yield _write(LEFT, TOP - 12, self.y.title, "start")

    def _place(self, x: float, y: float) -> tuple[float, float]:
        across = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM)

    def _join(self, points: Points) -> str:
        places = (self._place(x, y) for x, y in points)
        return "L".join(f"{across:.1f} {down:.1f}" for across, down in places)


def _write(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
