"""Pulmonary nodules and masses."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ctscribe.anatomy.guidance import LOBES
from ctscribe.report.facts import Facts
from ctscribe.report.measured.lesions import found, not_found
from ctscribe.report.measured.statement import Importance, SectionDraft, Statement
from ctscribe.report.thresholds import NODULE_LIMIT_MM, RESOLVED_SLICES, is_mass
from ctscribe.report.wording import figure, listed, place, printed

DESCRIBED = 5
"""Nodules described one by one; more are counted."""


def nodules(facts: Facts) -> SectionDraft:
    """The largest nodules one by one, then their number; or that none was found, from which size on."""
    indices = sorted(facts.lesions_of("lung_nodule"), key=lambda index: not facts.firm(index))
    if not indices:
        limit = max(NODULE_LIMIT_MM, math.ceil(RESOLVED_SLICES * facts.case.volume.slice_mm))
        words = f"no solid pulmonary nodule of {limit:.0f} mm or more was detected"
        if facts.lesions_of("consolidation"):
            words += " outside the dense opacity"
        return not_found(facts, "lung_nodule", words, "pulmonary nodules", "lungs", LOBES)
    described = [
        Statement(found(facts, [index], _description(facts, index)), _importance(facts, index))
        for index in indices[:DESCRIBED]
    ]
    if len(indices) > 1:
        described = [_leading(facts, described[0], indices), *(Statement(one.finding) for one in described[1:])]
    if len(indices) > DESCRIBED:
        words = f"{_count(facts, indices)} were detected in all; the {DESCRIBED} described are the most notable"
        described.append(Statement(found(facts, indices, words)))
    return SectionDraft(described)


def _noun(facts: Facts, index: int) -> str:
    lesion = facts.case.lesions[index]
    return "mass" if is_mass(lesion.kind, lesion.diameter_mm) else "nodule"


def _description(facts: Facts, index: int) -> str:
    """``31 mm mass in the left lower lobe (7.0 mL, slice 72 of 133)``."""
    lesion = facts.case.lesions[index]
    where = place(lesion.sub_region, approximate=lesion.sub_region in facts.case.labelmap.approximate)
    size, volume = figure(lesion.diameter_mm, "mm"), figure(lesion.volume_ml, "mL")
    return f"{size} {_noun(facts, index)} in the {where} ({volume}, {facts.slice_words(lesion.key_slice)})"


def _importance(facts: Facts, index: int) -> Importance:
    if _noun(facts, index) == "mass":
        return Importance.MAJOR
    small = printed(facts.case.lesions[index].diameter_mm, "mm") < NODULE_LIMIT_MM
    return Importance.MINOR if small else Importance.RELEVANT


def _leading(facts: Facts, first: Statement, indices: Sequence[int]) -> Statement:
    """The most notable nodule speaks for all of them in the impression."""
    summary = f"{first.finding.text.rstrip('.')}; {_count(facts, indices)} in all."
    return Statement(first.finding, first.importance, summary)


def _count(facts: Facts, indices: Sequence[int]) -> str:
    """``2 pulmonary masses and 5 pulmonary nodules``."""
    masses = sum(_noun(facts, index) == "mass" for index in indices)
    counts = ((masses, "mass", "masses"), (len(indices) - masses, "nodule", "nodules"))
    return listed([f"{n} pulmonary {one if n == 1 else many}" for n, one, many in counts if n])
