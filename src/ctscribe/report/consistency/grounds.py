"""What one sentence may rest on: its evidence, with every figure and place taken from the case itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ctscribe.anatomy.lesions import Lesion
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Evidence, Finding
from ctscribe.report.wording import lobe_of, side_of


@dataclass(frozen=True)
class Dropped:
    """A sentence that contradicts the case and cannot be put right, and why."""

    reason: str


@dataclass(frozen=True, eq=False)
class Grounds:
    """A finding and the case it speaks of; ``section`` is ``None`` in the impression."""

    finding: Finding
    facts: Facts
    section: str | None

    @cached_property
    def lesions(self) -> tuple[Lesion, ...]:
        """Lesions that the evidence points to."""
        indices = dict.fromkeys(item.lesion for item in self.finding.evidence if item.lesion is not None)
        return tuple(self.facts.case.lesions[index] for index in indices)

    @cached_property
    def structures(self) -> frozenset[str]:
        """Structures looked at; for a lesion, where the case says it lies."""
        looked_at = {name for item in self.finding.evidence if item.lesion is None for name in item.structures}
        return frozenset(looked_at | {lesion.sub_region for lesion in self.lesions})

    @cached_property
    def figures(self) -> tuple[tuple[str, float], ...]:
        """(UCUM unit, value) of everything measured on the evidence, sums of lesion volumes among them."""
        found: list[tuple[str, float]] = []
        for lesion in self.lesions:
            found += [("mm", lesion.diameter_mm), ("mL", lesion.volume_ml)]
            if lesion.mean_hu is not None:
                found.append(("[hnsf'U]", lesion.mean_hu))
        if len(self.lesions) > 1:
            found.append(("mL", sum(lesion.volume_ml for lesion in self.lesions)))
        names = {figure.name for item in self.finding.evidence for figure in item.measurements}
        for biomarker in self.facts.case.biomarkers:
            if biomarker.name in names and biomarker.value is not None:
                found.append((biomarker.unit, biomarker.value))
        return tuple(dict.fromkeys(found))

    @property
    def sides(self) -> frozenset[str]:
        """``left`` and ``right``, as far as the structures have a side."""
        return frozenset(side for name in self.structures if (side := side_of(name)))

    @property
    def lobes(self) -> frozenset[str]:
        """Lobes among the structures, such as ``left upper lobe``."""
        return frozenset(lobe for name in self.structures if (lobe := lobe_of(name)))

    @property
    def levels(self) -> frozenset[str]:
        """Vertebrae among the structures, such as ``T12``."""
        return frozenset(name.removeprefix("vertebrae_") for name in self.structures if name.startswith("vertebrae_"))

    @cached_property
    def slices(self) -> tuple[tuple[int, int, int | None], ...]:
        """First, last and key slice of each evidence, as people count; a lesion's are the case's."""
        spans: list[tuple[int, int, int | None]] = []
        number = self.facts.slice_number
        for item in self.finding.evidence:
            seen = item if item.lesion is None else self.facts.case.lesions[item.lesion]
            first, last = seen.slices or (seen.key_slice, seen.key_slice)
            if first is not None and last is not None:
                spans.append((number(last), number(first), None if seen.key_slice is None else number(seen.key_slice)))
        return tuple(spans)

    def corrected(self, text: str, note: str) -> Finding:
        """The finding with other words and a note on what was changed."""
        return self.finding.model_copy(update={"text": text, "notes": (*self.finding.notes, note)})

    def doubted(self, note: str) -> Finding:
        """The finding as an uncertain one, with a note on why."""
        return self.finding.model_copy(update={"polarity": "uncertain", "notes": (*self.finding.notes, note)})

    def resting_on(self, evidence: tuple[Evidence, ...], note: str) -> Finding:
        """The finding with less evidence and a note on what was taken away."""
        return self.finding.model_copy(update={"evidence": evidence, "notes": (*self.finding.notes, note)})
