"""Measurements as sentences print them."""

from __future__ import annotations

_WHOLE = {"liver_hu": " HU", "height_loss_percent": "%"}


def printed(measure: str, value: float, other_form: bool) -> tuple[str, float]:
    """A measurement in words, and the value that the words stand for.

    Lengths in whole millimetres; in their other form with a decimal below 10 mm, and in centimetres from there on.
    """
    if measure == "cardiothoracic_ratio":
        return f"{value:.2f}", round(value, 2)
    if measure in _WHOLE:
        return f"{value:.0f}{_WHOLE[measure]}", float(f"{value:.0f}")
    return _length(value, other_form)


def _length(millimetres: float, other_form: bool) -> tuple[str, float]:
    """``8 mm`` or ``8.4 mm``; ``14 mm`` or ``1.4 cm``."""
    if not other_form:
        return f"{millimetres:.0f} mm", float(f"{millimetres:.0f}")
    if millimetres < 10:
        return f"{millimetres:.1f} mm", float(f"{millimetres:.1f}")
    centimetres = f"{millimetres / 10:.1f}"
    return f"{centimetres} cm", round(float(centimetres) * 10, 1)
