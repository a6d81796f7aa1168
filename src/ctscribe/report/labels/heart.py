"""Whether a cardiothoracic ratio that a sentence gives is that of an enlarged heart."""

from __future__ import annotations

import re

from ctscribe.report.labels.labelling import Polarity

LARGEST_NORMAL_RATIO = 0.5
"""Cardiothoracic ratio above which the heart counts as enlarged (Danzer, Am J Med Sci 1919)."""

RATIO = re.compile(
    r"\b(?:cardio-?\s?thoracic (?:ratio|index)|ctr|cto)\b(?P<between>[^.\d]{0,40})"
    r"(?P<ratio>0?[.,]\d+|\d{2}(?:[.,]\d+)?\s*(?:%|percent))"
)
_ABOVE = re.compile(r"(?:above|over|greater|more|exceed\w*|>)\D*$")


def ratio_polarity(match: re.Match[str]) -> Polarity:
    """What a match of ``RATIO`` says of cardiomegaly."""
    figure = match["ratio"].replace(",", ".")
    ratio = float(re.sub(r"[^\d.]", "", figure)) / (1.0 if figure.startswith(("0", ".")) else 100.0)
    above = ratio > LARGEST_NORMAL_RATIO or _ABOVE.search(match["between"])
    return Polarity.present if above else Polarity.absent
