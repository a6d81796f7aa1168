"""Which findings a sentence tells."""

from __future__ import annotations

from collections.abc import Sequence

from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.data.phantom.wording.verification.lexicon import TOLD_SINGLY
from ctscribe.data.phantom.wording.verification.reading import Reading

_LISTED = frozenset({"station", "vessel"})
ROUNDING = {"cardiothoracic_ratio": 0.005}
"""Measure → how far printing may move it, where that is not half a unit."""


def told_by(reading: Reading, findings: Sequence[PhantomFinding]) -> tuple[int, ...]:
    """Indices of the findings that an affirming sentence tells; none where it fits no finding, or speaks of two kinds.

    A sentence that tells one finding may fit several that are alike: then all of these are given.
    """
    if reading.denied or len(reading.kinds) != 1:
        return ()
    (kind,) = reading.kinds
    fitting = [index for index, finding in enumerate(findings) if finding.kind == kind and _fits(reading, finding)]
    if kind in TOLD_SINGLY and not reading.plural:
        return tuple(index for index in fitting if _alone(reading, findings[index]))
    members = [findings[index] for index in fitting]
    return tuple(fitting) if members and _all_told(reading, members) else ()


def one_each(findings: Sequence[int], candidates: Sequence[Sequence[int]]) -> list[int]:
    """The findings left over when every sentence tells one of its candidates (augmenting paths)."""
    sentence_of: dict[int, int] = {}

    def assign(index: int, tried: set[int]) -> bool:
        for sentence, fitting in enumerate(candidates):
            if index not in fitting or sentence in tried:
                continue
            tried.add(sentence)
            holder = next((other for other, held in sentence_of.items() if held == sentence), None)
            if holder is None or assign(holder, tried):
                if holder is not None and sentence_of.get(holder) == sentence:
                    del sentence_of[holder]
                sentence_of[index] = sentence
                return True
        return False

    return [index for index in findings if not assign(index, set())]


def _fits(reading: Reading, finding: PhantomFinding) -> bool:
    """Whether a finding may be among those that a sentence tells."""
    if not all(finding.attributes[name] in values for name, values in reading.values.items()):
        return False
    structures, lobes = set(finding.structures), _lobes(finding)
    if lobes:
        sides = {lobe.rsplit("_", 1)[1] for lobe in lobes}
        return (not reading.lobes or lobes <= reading.lobes) and (not reading.lungs or sides <= reading.lungs)
    return (
        (not reading.sides or finding.side is None or _sides(finding) <= reading.sides)
        and (not reading.levels or bool(structures & reading.levels))
        and (not reading.ribs or structures <= reading.ribs)
    )


def _alone(reading: Reading, finding: PhantomFinding) -> bool:
    """Whether a finding has every figure and place of a sentence that tells one."""
    others = [(value, _rounding(name)) for name, value in finding.measures.items() if not name.endswith("_mm")]
    single = all(len(values) == 1 for values in reading.values.values())
    return (
        single
        and all(any(abs(true - said) <= off for true in _lengths(finding)) for said, off in reading.lengths)
        and all(any(abs(true - said) <= off for true, off in others) for said in reading.numbers)
        and reading.lobes <= _lobes(finding)
    )


def _all_told(reading: Reading, members: Sequence[PhantomFinding]) -> bool:
    """Whether findings together are what a sentence says: in all its places, of its number and sizes."""
    structures = {name for finding in members for name in finding.structures}
    sides = {side for finding in members for side in _sides(finding)}
    lobes = {lobe for finding in members for lobe in _lobes(finding)}
    lobe_sides = {lobe.rsplit("_", 1)[1] for lobe in lobes}
    values = {name: {finding.attributes[name] for finding in members} for name in reading.values}
    return (
        reading.lobes <= lobes
        and (not lobe_sides or reading.lungs <= lobe_sides)
        and (bool(lobe_sides) or reading.sides <= sides)
        and reading.ribs <= structures
        and all(reading.values[name] <= values[name] for name in values)
        and all(len(found) == 1 for name, found in reading.values.items() if name not in _LISTED)
        and reading.count in (None, len(members))
        and _sizes_told(reading, members)
    )


def _sizes_told(reading: Reading, members: Sequence[PhantomFinding]) -> bool:
    sizes = sorted((size for finding in members for size in _lengths(finding)), reverse=True)
    said = sorted(reading.lengths, reverse=True)
    if len(said) == 1:
        said, sizes = said, sizes[:1]
    return not said or (
        len(said) == len(sizes) and all(abs(true - one) <= off for true, (one, off) in zip(sizes, said, strict=True))
    )


def _lengths(finding: PhantomFinding) -> list[float]:
    """What sentences print of a finding in mm: a thickness or a short axis where it has one, else its diameter."""
    measured = [value for name, value in finding.measures.items() if name.endswith("_mm")]
    return measured or ([] if finding.diameter_mm is None else [finding.diameter_mm])


def _rounding(measure: str) -> float:
    return ROUNDING.get(measure, 0.5) + 1e-6


def _lobes(finding: PhantomFinding) -> set[str]:
    """The lobes that a finding lies in: of a nodule or mass the first, which holds most of it."""
    lobes = [name for name in finding.structures if name.startswith("lung_")]
    return set(lobes[:1] if finding.kind in {"nodule", "mass"} else lobes)


def _sides(finding: PhantomFinding) -> set[str]:
    return {"left", "right"} if finding.side == "both" else {finding.side} if finding.side else set()
