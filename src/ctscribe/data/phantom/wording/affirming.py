"""Sentences about what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.document import PhantomSentence
from ctscribe.data.phantom.wording.grammar import Written, applies, chosen, page, written
from ctscribe.data.phantom.wording.grouping import kind_page
from ctscribe.data.phantom.wording.slots import Telling

_HEDGED = 0.25  # how often a cause is suspected


def affirmed(telling: Telling, findings: Sequence[PhantomFinding], rng: np.random.Generator) -> list[PhantomSentence]:
    """One sentence, or two that belong together, that tell the findings."""
    wording = kind_page(telling.kind)
    form = wording["several"] if telling.several and "several" in wording else wording["one"]
    said = _sentences(form[telling.hospital], telling, rng)
    if len(said) == 1:
        said = [_hedged(said[0], telling, findings, rng)]
    return [_sentence(one, telling) for one in said]


def concluded(telling: Telling, rng: np.random.Generator) -> PhantomSentence:
    """The findings as the impression has them."""
    (said,) = _sentences(kind_page(telling.kind)["impression"][telling.hospital], telling, rng)
    return _sentence(said, telling)


def _sentences(templates: Sequence[str], telling: Telling, rng: np.random.Generator) -> list[Written]:
    fitting = [template for template in templates if applies(template, telling.slots)]
    return list(written(chosen(rng, fitting), telling.slots, rng))


def _sentence(said: Written, telling: Telling) -> PhantomSentence:
    return PhantomSentence(
        text=said.text,
        section=FINDING_KINDS[telling.kind].region,
        kinds=(telling.kind,),
        findings=telling.members,
        origin="finding",
        figures=tuple(figure for slot in telling.figures if slot in said.slots for figure in telling.figures[slot]),
    )


def _hedged(said: Written, telling: Telling, findings: Sequence[PhantomFinding], rng: np.random.Generator) -> Written:
    """The sentence with what its findings may be due to."""
    told = [findings[index].attributes for index in telling.members]
    causes = [hedge["say"] for hedge in kind_page(telling.kind)["hedges"] if _holds(hedge.get("when", {}), told)]
    counted = len(told) > 1 and kind_page(telling.kind)["group"] == "counted"
    if counted or not causes or rng.random() >= _HEDGED:
        return said
    hedging = chosen(rng, page("words")["hedging"][telling.hospital])
    return Written(f"{said.text.removesuffix('.')}, {hedging} {chosen(rng, chosen(rng, causes))}.", said.slots)


def _holds(when: Mapping[str, str], told: Sequence[Mapping[str, str]]) -> bool:
    return all(attributes.get(name) == value for attributes in told for name, value in when.items())
