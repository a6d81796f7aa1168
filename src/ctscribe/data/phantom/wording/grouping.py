"""Which findings are told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.grammar import page

_SCATTERED = 0.2  # how often nodules of several lobes are counted together


def kind_page(kind: str) -> dict[str, Any]:
    """The wordings of a kind."""
    return page(FINDING_KINDS[kind].region)[kind]


def grouped(findings: Sequence[PhantomFinding], rng: np.random.Generator, merged: float) -> Iterator[tuple[int, ...]]:
    """Indices of the findings that share a sentence, kind by kind; every finding is in one group.

    ``merged`` is how often findings that could share a sentence do.
    """
    kinds = [kind for kind in FINDING_KINDS if any(finding.kind == kind for finding in findings)]
    for kind in kinds:
        members = [index for index, finding in enumerate(findings) if finding.kind == kind]
        wording = kind_page(kind)
        if wording["group"] == "counted":
            together = _counted([findings[index].structures[:1] for index in members], rng)
        elif wording["group"] == "alike":
            together = _alike([_told(findings[index], wording.get("listed")) for index in members])
        else:
            together = [[place] for place in range(len(members))]
        for group in together:
            shared = [group] if rng.random() < merged else [[one] for one in group]
            yield from (tuple(members[place] for place in one) for one in shared)


def _told(finding: PhantomFinding, listed: str | None) -> tuple[tuple[str, str], ...]:
    """The attributes that findings of one sentence have in common."""
    return tuple(sorted((name, value) for name, value in finding.attributes.items() if name != listed))


def _alike(keys: Sequence[object]) -> list[list[int]]:
    """Places of equal keys."""
    return [[place for place, other in enumerate(keys) if other == key] for key in dict.fromkeys(keys)]


def _counted(places: Sequence[tuple[str, ...]], rng: np.random.Generator) -> list[list[int]]:
    """Those of one lobe, kidney or liver; now and then all of them, wherever they lie."""
    if len(places) > 2 and len(set(places)) > 1 and rng.random() < _SCATTERED:
        return [list(range(len(places)))]
    return _alike(places)
