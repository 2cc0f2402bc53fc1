"""Elements of SVG. Styles are attributes, because the content policy forbids style sheets."""

from __future__ import annotations

from collections.abc import Iterable


def rectangle(x: float, y: float, width: float, height: float, color: str) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>'
    )


def squares(corners: Iterable[tuple[float, float]], side: float, color: str) -> str:
    """Return filled squares as one path, which is short; `corners` are their upper left ones."""
    return path("".join(f"M{x:g} {y:g}h{side:g}v{side:g}h-{side:g}z" for x, y in corners), color)


def dots(centers: Iterable[tuple[float, float]], radius: float, color: str) -> str:
    """Return disks of one size as one path, which is short: lines without length, of round ends."""
    points = "".join(f"M{x:g} {y:g}h0" for x, y in centers)
    return (
        f'<path d="{points}" stroke="{color}" stroke-width="{2 * radius:g}" '
        'stroke-linecap="round"/>'
    )


def frame(inset: float, color: str, width: float) -> str:
    """Return a line around the sheet of 200 by 300, `inset` from its edge."""
    return (
        f'<rect x="{inset}" y="{inset}" width="{200 - 2 * inset}" height="{300 - 2 * inset}" '
        f'fill="none" stroke="{color}" stroke-width="{width}"/>'
    )


def circle(x: float, y: float, radius: float, color: str) -> str:
    """Return a disk."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color}"/>'


def ring(x: float, y: float, radius: float, width: float, color: str) -> str:
    """Return a circle of a thick line."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" '
        f'stroke="{color}" stroke-width="{width:.1f}"/>'
    )


def polygon(corners: Iterable[tuple[float, float]], color: str) -> str:
    """Return a filled polygon."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}" fill="{color}"/>'


def path(commands: str, color: str) -> str:
    """Return a filled path."""
    return f'<path d="{commands}" fill="{color}"/>'
