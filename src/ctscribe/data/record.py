"""One case as an index lists it: where its files lie, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Question:
    """A question about a scan, and its answer.

    Parameters
    ----------
    kind : what is asked, such as ``presence``, ``location``, ``size``, ``abnormality``.
    choices : the answers to choose from; empty for an open question.
    region : the place asked about, ``None`` for the whole scan.
    """

    kind: str
    question: str
    answer: str
    choices: tuple[str, ...] = ()
    region: str | None = None


@dataclass(frozen=True)
class CaseRecord:
    """One scan of a data set.

    Paths are relative to the index's root, or absolute.

    Parameters
    ----------
    id : unique in the index.
    patient : scans of one patient share it; no split may share a patient with another.
    split : which part of the data set it belongs to.
    volume : the scan.
    masks : organs, as ``--masks`` takes them; lesion masks beside them are read along.
    findings, impression : the report's free text, ``None`` where the data set has none.
    sections : chest-6 region key → text, for a report that is already structured; what the data set left out is absent.
    labels : 0 or 1 for each of CT-RATE's 18, in their order; ``None`` where not known.
    questions : questions about the scan with their answers.
    extra : whatever else a source knows that is of use later, as text.
    """

    id: str
    patient: str
    split: Split
    volume: str
    masks: str | None = None
    findings: str | None = None
    impression: str | None = None
    sections: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[int, ...] | None = None
    questions: tuple[Question, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str | None:
        """The report to learn from and to compare with: the findings, else the sections, else the impression."""
        return self.findings or "\n".join(filter(None, self.sections.values())) or self.impression
