"""Which slices the page shows: every sentence with evidence gets the slice to look at, few slices serve them all."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.report.schema import Evidence, Finding, Report
from ctscribe.report.writers.outlines import SliceAreas
from ctscribe.report.writers.pictures import BONE, LUNG, MEDIASTINUM, Window

MOST_SLICES = 8
"""As many pictures as two printed pages hold beside the text."""

_SHARED_SLICE = 0.5  # a slice serves a whole-organ sentence when it shows half of the organ's largest section
_PRIORITY = {"present": 1, "uncertain": 2, "normal": 3, "absent": 3}
_FIRST_PIECES, _LAST = 3, 4
_LESION_WINDOWS = {
    "lung_nodule": LUNG,
    "consolidation": LUNG,
    "ground_glass": LUNG,
    "pleural_effusion": MEDIASTINUM,
    "pericardial_effusion": MEDIASTINUM,
    "kidney_cyst": MEDIASTINUM,
}
_REGION_WINDOWS = {"lung": LUNG, "airway": LUNG, "musculoskeletal": BONE}


@dataclass(frozen=True)
class Sentence:
    """A finding in its place on the page; ``region`` is ``None`` in the impression."""

    anchor: str
    region: str | None
    finding: Finding


@dataclass(frozen=True)
class Request:
    """A sentence's evidence that wants to be seen in axial slice ``k`` through ``window``.

    ``exact`` when the evidence names the slice itself, not when any slice through the structures serves; ``place`` is
    the evidence's place in its sentence.
    """

    sentence: Sentence
    evidence: Evidence
    window: Window
    k: int
    exact: bool
    place: int


@dataclass(frozen=True)
class KeySlice:
    """An axial slice in a window, and the requests it serves in reading order."""

    k: int
    window: Window
    requests: tuple[Request, ...]

    @property
    def evidence(self) -> list[Evidence]:
        """The evidence it shows, in reading order."""
        return [request.evidence for request in self.requests]


def sentences(report: Report) -> Iterator[Sentence]:
    """Every sentence of the report in reading order: the impression, then the six sections."""
    for number, finding in enumerate(report.impression, start=1):
        yield Sentence(f"impression-{number}", None, finding)
    for section in report.sections:
        for number, finding in enumerate(section.findings, start=1):
            yield Sentence(f"{section.key}-{number}", section.key, finding)


def window_for(evidence: Evidence, region: str | None, report: Report) -> Window:
    """Lung, soft-tissue or bone window: by lesion kind, else by the region of the structures, else by the section."""
    if evidence.lesion is not None:
        return _LESION_WINDOWS.get(report.lesions[evidence.lesion].kind, MEDIASTINUM)
    for structure in evidence.structures:
        if found := CHEST6.region_of(structure):
            return _REGION_WINDOWS.get(found.key, MEDIASTINUM)
    return _REGION_WINDOWS.get(region or "", MEDIASTINUM)


def _request(sentence: Sentence, place: int, report: Report, case: Case, areas: SliceAreas) -> Request | None:
    evidence = sentence.finding.evidence[place]
    window = window_for(evidence, sentence.region, report)
    k = evidence.key_slice
    if k is None and evidence.lesion is not None:
        k = report.lesions[evidence.lesion].key_slice
    if k is not None and 0 <= k < case.volume.shape[0]:
        return Request(sentence, evidence, window, k, exact=True, place=place)
    sections = areas.of(*evidence.structures)
    if not sections.any():
        return None
    return Request(sentence, evidence, window, int(sections.argmax()), exact=False, place=place)


def choose_key_slices(report: Report, case: Case, areas: SliceAreas) -> tuple[KeySlice, ...]:
    """The slices to show, in the order in which the text speaks of them; at most ``MOST_SLICES``.

    What the impression names comes first, then abnormal, uncertain and normal findings, and last what a sentence with
    many pieces of evidence names beyond the first few. A sentence about a whole organ takes a slice that is shown
    anyway when enough of the organ is in it.
    """
    requests = [
        request
        for sentence in sentences(report)
        if sentence.finding.polarity in _PRIORITY
        for place in range(len(sentence.finding.evidence))
        if (request := _request(sentence, place, report, case, areas))
    ]
    shown: dict[tuple[str, int], list[int]] = {}
    for number in sorted(range(len(requests)), key=lambda number: _priority(requests[number])):
        request = requests[number]
        place = (request.window.name, request.k)
        if not request.exact:
            place = _slice_that_serves(request, shown, areas) or place
        if place in shown or len(shown) < MOST_SLICES:
            shown.setdefault(place, []).append(number)
    chosen = []
    for (_, k), numbers in sorted(shown.items(), key=lambda item: min(item[1])):
        served = tuple(requests[number] for number in sorted(numbers))
        chosen.append(KeySlice(k, served[0].window, served))
    return tuple(chosen)


def _priority(request: Request) -> int:
    if request.place >= _FIRST_PIECES:
        return _LAST
    return 0 if request.sentence.region is None else _PRIORITY[request.sentence.finding.polarity]


def _slice_that_serves(
    request: Request, shown: Collection[tuple[str, int]], areas: SliceAreas
) -> tuple[str, int] | None:
    """The slice already shown in the request's window that holds most of its structures, if it holds enough."""
    sections = areas.of(*request.evidence.structures)
    fitting = [place for place in shown if place[0] == request.window.name]
    best = max(fitting, key=lambda place: sections[place[1]], default=None)
    if best is None or sections[best[1]] < _SHARED_SLICE * sections.max():
        return None
    return best
