"""Questions about a phantom and their answers, in the four forms of RadGenome-ChestCT's VQA tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.prevalence import prevalence
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.denying import seen
from ctscribe.data.phantom.wording.grammar import chosen, listed
from ctscribe.data.phantom.wording.places import told_in
from ctscribe.data.record import Question
from ctscribe.report.wording import structure_words

YES_NO = ("yes", "no")
_ASKED = 3  # most findings of a case that a form asks for
_CHOICES = 4


def questions_of(
    findings: Sequence[PhantomFinding], rng: np.random.Generator, *, visible: frozenset[str]
) -> tuple[Question, ...]:
    """Open and closed questions with answers that the findings give.

    ``presence`` (Is there a finding, in the scan or in a lobe?), ``location``, ``size`` and ``abnormality`` (What is
    there in a place?). A case has as many presence questions with yes as with no. What is asked for in vain is drawn so
    that a frequent finding is also asked for in vain frequently: its name alone tells little of the answer.

    Parameters
    ----------
    visible : TotalSegmentator classes in the field of view; nothing is asked of what is not.
    """
    by_kind = {kind: [one for one in findings if one.kind == kind] for kind in FINDING_KINDS}
    present = {kind: members for kind, members in by_kind.items() if members}
    asked = [list(present)[place] for place in rng.permutation(len(present))[:_ASKED]]
    absent = [kind for kind in FINDING_KINDS if kind not in present and seen(kind, visible)]
    return (
        *_presence(asked, absent, rng),
        *_presence_in_lobes(present, visible, rng),
        *(question for kind in asked for question in _location(kind, present[kind], rng)),
        *(question for kind in asked for question in _size(kind, present[kind], rng)),
        *_abnormality(findings, visible, rng),
    )


@cache
def _page() -> dict[str, Any]:
    page = resources.files("ctscribe.data.phantom") / "questions.yaml"
    return yaml.safe_load(page.read_text(encoding="utf-8"))


def _wording(form: str, rng: np.random.Generator, **slots: str) -> str:
    return chosen(rng, _page()[form]).format(**slots)


def _presence(present: Sequence[str], absent: Sequence[str], rng: np.random.Generator) -> list[Question]:
    """As many findings that are there as are not."""
    count = min(len(present), len(absent))
    if not count:
        return []
    odds = np.array([_odds(kind) for kind in absent])
    in_vain = [absent[int(place)] for place in rng.choice(len(absent), count, replace=False, p=odds / odds.sum())]
    return [
        Question("presence", _wording("presence", rng, finding=_page()["names"][kind]), answer, YES_NO)
        for answer, kinds in (("yes", present[:count]), ("no", in_vain))
        for kind in kinds
    ]


def _odds(kind: str) -> float:
    """The odds of a finding: how much more often it is there than not."""
    table = prevalence()
    shares = {**table.labels, **table.others}
    nodules = shares["nodule_or_mass"]
    shares |= {"nodule": nodules * (1 - table.mass_alone), "mass": nodules * (table.mass_alone + table.mass_beside)}
    return shares[kind] / (1 - shares[kind])


def _presence_in_lobes(
    present: Mapping[str, Sequence[PhantomFinding]], visible: frozenset[str], rng: np.random.Generator
) -> list[Question]:
    """One kind of finding, asked for in the lobe that one of them most lies in, and in a lobe that is free of all."""
    free = {
        kind: [lobe for lobe in LOBES if lobe in visible and lobe not in _lobes(of)] for kind, of in present.items()
    }
    kinds = [kind for kind, members in present.items() if _lobes(members) and free[kind]]
    if not kinds:
        return []
    kind = chosen(rng, kinds)
    return [
        Question(
            "presence",
            _wording("presence_in", rng, finding=_page()["names"][kind], place=f"the {structure_words(lobe)}"),
            answer,
            YES_NO,
            lobe,
        )
        for answer, lobe in (("yes", chosen(rng, present[kind]).structures[0]), ("no", chosen(rng, free[kind])))
    ]


def _location(kind: str, members: Sequence[PhantomFinding], rng: np.random.Generator) -> Iterator[Question]:
    """Where a finding is: open, and closed where one lobe or one side is the answer."""
    words = _wording("location", rng, finding=_page()["names"][kind])
    lobes = [lobe for lobe in LOBES if any(lobe in told_in(one) for one in members) and _in_lung(members[0])]
    sides = {one.side for one in members}
    if lobes:
        yield Question("location", words, listed([structure_words(lobe) for lobe in lobes]))
    if len(lobes) == 1:
        others = [lobe for lobe in LOBES if lobe not in lobes]
        drawn = [others[place] for place in rng.permutation(len(others))[: _CHOICES - 1]]
        choices = [structure_words(lobe) for lobe in (*lobes, *drawn)]
        yield Question("location", words, choices[0], _shuffled(choices, rng))
    elif not lobes and kind in {"pleural_effusion", "kidney_cyst", "rib_fracture"}:
        answer = "both sides" if sides - {"left", "right"} or len(sides) > 1 else f"{sides.pop()} side"
        yield Question("location", words, answer, ("left side", "right side", "both sides"))


def _size(kind: str, members: Sequence[PhantomFinding], rng: np.random.Generator) -> Iterator[Question]:
    """How large the largest is: in whole millimetres, and to choose from sizes half as large up to twice as large."""
    measured = [(name, value) for one in members for name, value in _lengths(one).items()]
    if not measured:
        return
    name, value = max(measured, key=lambda one: one[1])
    words = _wording("size", rng, finding=_page()["names"][kind], measure=_page()["measures"][name])
    answer = f"{value:.0f} mm"
    yield Question("size", words, answer)
    first = int(rng.integers(_CHOICES))
    choices = tuple(answer if step == first else f"{value * 1.5 ** (step - first):.0f} mm" for step in range(_CHOICES))
    if len(set(choices)) == _CHOICES:
        yield Question("size", words, answer, choices)


def _abnormality(
    findings: Sequence[PhantomFinding], visible: frozenset[str], rng: np.random.Generator
) -> Iterator[Question]:
    """What there is in a place that has a finding, and in one that has none."""
    there = _kinds_by_place(findings, visible)
    for places in ([place for place in there if there[place]], [place for place in there if not there[place]]):
        if not places:
            continue
        place = chosen(rng, places)
        words = _wording("abnormality", rng, place=_page()["places"].get(place) or f"the {structure_words(place)}")
        names = [_page()["names"][kind] for kind in there[place]] or [_page()["nothing"]]
        yield Question("abnormality", words, listed(names), region=place)
        if len(names) == 1:
            others = [_page()["names"][kind] for kind in _reported(place) if kind not in there[place]]
            drawn = [others[one] for one in rng.permutation(len(others))[: _CHOICES - 1]]
            yield Question("abnormality", words, names[0], _shuffled([*names, *drawn], rng), place)


def _kinds_by_place(findings: Sequence[PhantomFinding], visible: frozenset[str]) -> dict[str, list[str]]:
    """Lobe or chest-6 region in view → the kinds of finding in it."""
    regions = [
        region.key
        for region in CHEST6
        if _reported(region.key) and all(seen(k, visible) for k in _reported(region.key))
    ]
    places = [*(lobe for lobe in LOBES if lobe in visible), *regions]
    return {
        place: list(
            dict.fromkeys(one.kind for one in findings if place in (*_lobes([one]), FINDING_KINDS[one.kind].region))
        )
        for place in places
    }


def _reported(place: str) -> list[str]:
    """The kinds that may lie in a lobe or a region."""
    region = "lung" if place in LOBES else place
    kinds = [kind for kind, of in FINDING_KINDS.items() if of.region == region]
    return [kind for kind in kinds if kind != "pleural_effusion"] if place in LOBES else kinds


def _lobes(members: Sequence[PhantomFinding]) -> list[str]:
    """The lobes that findings of the lung lie in or reach into."""
    return [lobe for lobe in LOBES if any(lobe in one.structures and _in_lung(one) for one in members)]


def _in_lung(finding: PhantomFinding) -> bool:
    return FINDING_KINDS[finding.kind].region == "lung" and finding.kind != "pleural_effusion"


def _lengths(finding: PhantomFinding) -> dict[str, float]:
    lengths = {name: value for name, value in finding.measures.items() if name in _page()["measures"]}
    focal = finding.kind in {"nodule", "mass", "kidney_cyst", "liver_cyst"}
    return lengths | ({"diameter_mm": finding.diameter_mm} if focal and finding.diameter_mm is not None else {})


def _shuffled(choices: list[str], rng: np.random.Generator) -> tuple[str, ...]:
    return tuple(choices[place] for place in rng.permutation(len(choices)))
