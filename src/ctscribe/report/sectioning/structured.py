"""A free-text report once it is structured: what went where, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StructuredSentence:
    """A sentence of a section.

    Parameters
    ----------
    text : as it stands in the section.
    source : index of the input's sentence that it comes from; sentences of several sections may share one.
    span : where that sentence stands in the input, as character offsets.
    changes : what was changed in it, in the order it was done; empty when it stands as it was written, but for
        a capital first letter and a full stop.
    """

    text: str
    source: int
    span: tuple[int, int]
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DroppedSentence:
    """A sentence of the input that is in no section.

    Parameters
    ----------
    text : as it was written.
    source, span : as of a ``StructuredSentence``.
    reason : ``technique``, ``history``, ``identity``, ``recommendation``, ``comparison``, ``impression`` or
        ``names no organ``.
    """

    text: str
    source: int
    span: tuple[int, int]
    reason: str


@dataclass(frozen=True)
class StructuredText:
    """A report in the six sections of chest-6.

    Every sentence of the input is accounted for once: in one or more sections, or in ``dropped``.

    Parameters
    ----------
    sections : chest-6 key → sentences in the input's order; always the six, empty where nothing was said.
    dropped : what is in none, with the reason.
    """

    sections: Mapping[str, tuple[StructuredSentence, ...]]
    dropped: tuple[DroppedSentence, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        """Section → its text; sections of which nothing was said are left out."""
        return {key: " ".join(one.text for one in sentences) for key, sentences in self.sections.items() if sentences}
