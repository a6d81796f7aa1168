"""One phantom: from a few numbers to a scan, its truth and its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume
from ctscribe.data.phantom.acquisition import Acquisition, acquired, draw_acquisition
from ctscribe.data.phantom.anatomy import Anatomy, packaged_anatomy
from ctscribe.data.phantom.body import Body, draw_body
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.deformation import posed
from ctscribe.data.phantom.degraded import degraded_labelmaps
from ctscribe.data.phantom.disease import draw_diseases, draw_distractors
from ctscribe.data.phantom.figures import lesion_masks, measured_findings
from ctscribe.data.phantom.labels import labels_of
from ctscribe.data.phantom.level import LEVELS, LevelName
from ctscribe.data.phantom.plan import draw_plan
from ctscribe.data.phantom.questions import questions_of
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.data.phantom.wording import PhantomReport, Style, write_report
from ctscribe.data.record import Question, Split
from ctscribe.types import Labels

Part = TypeVar("Part")
VERSION = "1"
"""Changes when the same seed gives another phantom."""

Size = tuple[int, int, int]
"""Voxels along (z, y, x)."""


@dataclass(frozen=True)
class Recipe:
    """Everything that a phantom data set depends on besides the anatomies.

    Parameters
    ----------
    style : whose wordings the reports have: hospital ``a``, ``b`` or both ``mixed``.
    """

    seed: int = 0
    level: LevelName = "standard"
    size: Size = (64, 128, 128)
    style: Style = "mixed"


@dataclass(frozen=True, eq=False)
class PhantomCase:
    """A scan whose truth is known.

    Parameters
    ----------
    volume : the scan.
    labelmap : organs, and the lesion masks that a label map can hold.
    instances : number of the finding that a voxel belongs to, for every kind of finding.
    degraded : name → the label map as a segmenter may get it wrong; without lesions.
    findings : the truth.
    labels : CT-RATE's 18.
    body, acquisition, anatomy : what it was made from.
    """

    id: str
    split: Split
    volume: CTVolume
    labelmap: LabelMap
    instances: Labels
    degraded: Mapping[str, LabelMap]
    findings: tuple[PhantomFinding, ...]
    labels: tuple[int, ...]
    report: PhantomReport
    questions: tuple[Question, ...]
    body: Body
    acquisition: Acquisition
    anatomy: str

    def case(self) -> Case:
        """As every later floor takes it; the structured report is the reference."""
        return Case(
            volume=self.volume,
            labelmap=self.labelmap,
            lesions=measure_lesions(self.labelmap, self.volume, all_components=True),
            reference=self.report.text,
            labels=self.labels,
        )


def make_case(recipe: Recipe, split: Split, index: int, anatomies: Sequence[Anatomy] | None = None) -> PhantomCase:
    """Make the case of this number in a split; it depends on nothing else, not on how many others are made.

    Parameters
    ----------
    anatomies : bodies to start from, drawn evenly; by default the packaged one. With three or more every split has its
        own.
    """
    level = LEVELS[recipe.level]
    plan, body_, disease, scanner, words, wrong = _streams(recipe.seed, split, index)
    kinds = draw_plan(plan, level)
    anatomy = _drawn_anatomy(anatomies or (packaged_anatomy(),), split, body_)
    body = draw_body(body_, kinds, recipe.size)
    canvas = posed(anatomy, body)
    draw_diseases(canvas, kinds, level, disease)
    draw_distractors(canvas, level, disease)
    acquisition = draw_acquisition(scanner, level, body)
    volume = acquired(canvas, acquisition, scanner)
    findings = measured_findings(canvas)
    truth = _labelmap(canvas, lesion_masks(canvas.instances, findings))
    return PhantomCase(
        id=case_id(split, index),
        split=split,
        volume=volume,
        labelmap=truth,
        instances=_smallest(canvas.instances),
        degraded=degraded_labelmaps(truth, canvas.instances > 0, anatomy, body, wrong),
        findings=findings,
        labels=labels_of(findings),
        report=write_report(
            findings,
            words,
            visible=truth.present,
            style=recipe.style,
            phase=canvas.phase,
            slice_mm=volume.meta.slice_thickness_mm,
        ),
        questions=questions_of(findings, words, visible=truth.present),
        body=body,
        acquisition=acquisition,
        anatomy=anatomy.name,
    )


def case_id(split: Split, index: int) -> str:
    """The name of a case."""
    return f"{split}_{index:05d}"


def shared_out(anatomies: Sequence[Part], split: Split) -> Sequence[Part]:
    """The anatomies that a split draws from: its own where there are enough, so that no body is in two splits."""
    splits = get_args(Split)
    return anatomies[splits.index(split) :: len(splits)] if len(anatomies) >= len(splits) else anatomies


def _drawn_anatomy(anatomies: Sequence[Anatomy], split: Split, rng: np.random.Generator) -> Anatomy:
    among = shared_out(anatomies, split)
    return among[int(rng.integers(len(among)))]


def _streams(seed: int, split: Split, index: int) -> Iterator[np.random.Generator]:
    """A random stream for every part of a case, so that a change in one leaves the others as they are."""
    case = np.random.SeedSequence([seed, get_args(Split).index(split), index])
    return (np.random.default_rng(part) for part in case.spawn(6))


def _labelmap(canvas: Canvas, lesions: Mapping[str, np.ndarray]) -> LabelMap:
    return LabelMap(canvas.labels, canvas.names, canvas.affine, source=f"phantom truth {VERSION}", lesions=lesions)


def _smallest(instances: Labels) -> Labels:
    return instances.astype(np.uint8) if instances.max() < 256 else instances
