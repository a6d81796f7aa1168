"""Rules on where: evidence that exists and belongs, lobe, side, vertebra, slice."""

from __future__ import annotations

import re
from math import isclose

from ctscribe.report.consistency.grounds import Dropped, Grounds
from ctscribe.report.consistency.mentions import SLICE, VERTEBRA, Span, lobes, named_kinds, sides
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Evidence, Finding


def evidence_exists(grounds: Grounds) -> Finding | Dropped:
    """Evidence must point to lesions, slices and figures that the case has; what does not is taken away."""
    finding = grounds.finding
    kept = tuple(item for item in finding.evidence if _exists(item, grounds.facts))
    if len(kept) == len(finding.evidence):
        return finding
    return grounds.resting_on(kept, "evidence that the scan does not hold was taken away")


def evidence_belongs(grounds: Grounds) -> Finding | Dropped:
    """A lesion is evidence only for a sentence that speaks of its kind."""
    finding, lesions = grounds.finding, grounds.facts.case.lesions
    named = named_kinds(finding.text, grounds.section)
    kept = tuple(item for item in finding.evidence if item.lesion is None or lesions[item.lesion].kind in named)
    if len(kept) == len(finding.evidence):
        return finding
    return grounds.resting_on(kept, "a lesion that the sentence does not speak of was taken from its evidence")


def _exists(item: Evidence, facts: Facts) -> bool:
    case = facts.case
    if item.lesion is not None and not 0 <= item.lesion < len(case.lesions):
        return False
    shown = [*(item.slices or ()), *([] if item.key_slice is None else [item.key_slice])]
    if not all(0 <= index < facts.slice_count for index in shown):
        return False
    known = {biomarker.name: biomarker.value for biomarker in case.biomarkers}
    if item.lesion is not None:
        lesion = case.lesions[item.lesion]
        known |= {"diameter": lesion.diameter_mm, "volume": lesion.volume_ml, "mean_attenuation": lesion.mean_hu}
    values = [(known.get(figure.name), figure.value) for figure in item.measurements]
    return all(value is not None and isclose(value, said, rel_tol=0.01, abs_tol=0.05) for value, said in values)


def lobes_agree(grounds: Grounds) -> Finding | Dropped:
    """A lobe named in the text is one of the evidence's."""
    finding, seen = grounds.finding, grounds.lobes
    if not seen:
        return finding
    mentions = lobes(finding.text)
    wrong = [one for one in mentions if not (one.lobes & seen if one.any_of else one.lobes <= seen)]
    if not wrong:
        return finding
    if len(mentions) == 1 and len(seen) == 1:
        (lobe,) = seen
        return grounds.corrected(_replaced(finding.text, wrong[0].span, lobe), f"lobe corrected to {lobe}")
    return Dropped("it names a lobe in which its evidence does not lie")


def sides_agree(grounds: Grounds) -> Finding | Dropped:
    """A side named in the text is the evidence's; "bilateral" needs both."""
    finding, seen = grounds.finding, grounds.sides
    if not seen:
        return finding
    mentions = sides(finding.text)
    wrong = [(span, side) for span, side in mentions if not ({"left", "right"} if side == "both" else {side}) <= seen]
    if not wrong:
        return finding
    if len(mentions) == 1 and len(seen) == 1 and wrong[0][1] != "both":
        (side,) = seen
        return grounds.corrected(_replaced(finding.text, wrong[0][0], side), f"side corrected to {side}")
    return Dropped("it names a side on which its evidence does not lie")


def levels_agree(grounds: Grounds) -> Finding | Dropped:
    """A vertebra named in the text is one of the evidence's."""
    finding, seen = grounds.finding, grounds.levels
    mentions = list(VERTEBRA.finditer(finding.text))
    wrong = [match for match in mentions if match[0] not in seen]
    if not seen or not wrong:
        return finding
    if len(mentions) == 1 and len(seen) == 1:
        (level,) = seen
        return grounds.corrected(_replaced(finding.text, wrong[0].span(), level), f"vertebra corrected to {level}")
    return Dropped("it names a vertebra other than its evidence's")


def slices_agree(grounds: Grounds) -> Finding | Dropped:
    """A slice named in the text, counted from the top, shows the evidence."""
    finding, seen = grounds.finding, grounds.slices
    mentions = list(SLICE.finditer(finding.text))
    wrong = [match for match in mentions if not _shown(match, grounds)]
    if not seen or not wrong:
        return finding
    keys = {key for _, _, key in seen if key is not None}
    if len(mentions) == 1 and len(keys) == 1:
        (key,) = keys
        words = f"slice {key} of {grounds.facts.slice_count}"
        return grounds.corrected(_replaced(finding.text, wrong[0].span(), words), f"slice corrected to {key}")
    return Dropped("it names a slice that does not show its evidence")


def _shown(match: re.Match[str], grounds: Grounds) -> bool:
    first, last = int(match[1]), int(match[2] or match[1])
    within = any(low <= first and last <= high for low, high, _ in grounds.slices)
    return within and match[3] in (None, str(grounds.facts.slice_count))


def _replaced(text: str, span: Span, words: str) -> str:
    """The text with other words in a place, keeping a capital first letter."""
    start, end = span
    words = words[0].upper() + words[1:] if text[start].isupper() and words[0].islower() else words
    return text[:start] + words + text[end:]
