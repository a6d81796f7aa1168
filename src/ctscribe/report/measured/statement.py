"""What a section's page hands over: sentences, how much they matter, and what was left unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from ctscribe.report.schema import Evidence, Finding, Polarity


class Importance(IntEnum):
    """Place in the impression; ``NONE`` stays out of it."""

    NONE = 0
    MINOR = 1
    RELEVANT = 2
    MAJOR = 3


@dataclass(frozen=True)
class Statement:
    """A sentence of a section.

    Parameters
    ----------
    finding : the sentence with its evidence.
    importance : where it stands in the impression.
    summary : its words in the impression, the sentence itself when empty.
    """

    finding: Finding
    importance: Importance = Importance.NONE
    summary: str = ""


@dataclass(frozen=True)
class SectionDraft:
    """Sentences of one section, and ``gaps``: what it did not look at, one phrase each."""

    statements: list[Statement] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def measured(
    text: str,
    polarity: Polarity,
    evidence: Sequence[Evidence],
    labels: Sequence[str] = (),
    confidence: float | None = None,
) -> Finding:
    """A finding that rests on measurements alone."""
    return Finding(
        text=text,
        polarity=polarity,
        origin="measured",
        labels=tuple(labels),
        evidence=tuple(evidence),
        confidence=confidence,
    )
