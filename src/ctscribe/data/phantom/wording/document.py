"""What is said about a phantom: a structured report, the dictation it stands for, and how the two belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ctscribe.anatomy.taxonomy import CHEST6

Style: TypeAlias = Literal["a", "b", "mixed"]
"""Whose wordings a report has: those of two hospitals that share none, or of both."""

Hospital: TypeAlias = Literal["a", "b"]
HOSPITALS: tuple[Hospital, ...] = get_args(Hospital)
STYLES: tuple[Style, ...] = get_args(Style)


@dataclass(frozen=True)
class Figure:
    """A measurement as a sentence prints it.

    Parameters
    ----------
    finding : index into the case's findings.
    measure : ``diameter_mm`` or one of the kind's measures.
    value : the printed figure, in the measure's unit (a printed "1.4 cm" is 14 mm).
    """

    finding: int
    measure: str
    value: float


@dataclass(frozen=True)
class PhantomSentence:
    """One sentence of the structured report, without abbreviations and without a word on earlier examinations.

    Parameters
    ----------
    text : the sentence. One that begins with "It", "Its", "They", "Their" or "The largest" goes on speaking of the
        sentence before it.
    section : chest-6 key.
    kinds : the kinds of finding that it affirms (``origin`` finding) or denies (``origin`` normal).
    findings : indices into the case's findings.
    figures : the measurements that it prints.
    """

    text: str
    section: str
    kinds: tuple[str, ...]
    findings: tuple[int, ...] = ()
    origin: Literal["finding", "normal"] = "normal"
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class FreeSentence:
    """One sentence of the dictation, and what is left of it when the report is structured.

    Parameters
    ----------
    text : as dictated, with abbreviations and comparisons.
    part : where it stands.
    stands_for : the structured sentences that it holds: usually one, several when it names things of different
        sections ("No pleural or pericardial effusion."), none when it is to be dropped (technique, clinical history,
        comparison).
    """

    text: str
    part: Literal["findings", "impression"]
    stands_for: tuple[PhantomSentence, ...] = ()

    @property
    def section(self) -> str | None:
        """The chest-6 key it belongs to, the first one of several; ``None`` when it is to be dropped."""
        return self.stands_for[0].section if self.stands_for else None

    @property
    def cleaned(self) -> str:
        """What structuring should make of it; empty when it is to be dropped."""
        return " ".join(sentence.text for sentence in self.stands_for)


@dataclass(frozen=True)
class PhantomReport:
    """A report in both forms.

    Parameters
    ----------
    sections : chest-6 key → its sentences; all six keys.
    findings, impression : the report as dictated.
    clean : the dictation, sentence by sentence, with its truth.
    """

    sections: Mapping[str, tuple[PhantomSentence, ...]]
    findings: str
    impression: str
    clean: tuple[FreeSentence, ...]

    @property
    def free_text(self) -> tuple[str, str]:
        """Findings and impression as dictated."""
        return self.findings, self.impression

    @property
    def text(self) -> str:
        """The structured report, a section a line under its title."""
        return "\n".join(
            f"{region.title}: {' '.join(sentence.text for sentence in self.sections[region.key])}" for region in CHEST6
        )
