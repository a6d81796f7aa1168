"""A case: everything later floors work on."""

from __future__ import annotations

from dataclasses import dataclass

from ctscribe.anatomy.biomarkers import Biomarker, measure_biomarkers
from ctscribe.anatomy.detectors import detect_lesions
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import Lesion, measure_lesions
from ctscribe.ct.volume import CTVolume


@dataclass(frozen=True, eq=False)
class Case:
    """A scan with its organs, lesions and measurements.

    Parameters
    ----------
    volume : the scan.
    labelmap : organs and lesion masks on the scan's grid; after ``from_scan`` it also holds what the embedded
        detectors found, for the kinds that the segmenter did not look for.
    lesions : lesions by descending volume (Eq. 6–7), every connected component its own entry.
    biomarkers : measured quantities, the ones that could not be assessed among them.
    reference : the radiologist's report, for training and evaluation.
    labels : the 18 abnormality labels in CT-RATE's order, for training and evaluation.
    """

    volume: CTVolume
    labelmap: LabelMap
    lesions: tuple[Lesion, ...] = ()
    biomarkers: tuple[Biomarker, ...] = ()
    reference: str | None = None
    labels: tuple[int, ...] | None = None

    @classmethod
    def from_scan(cls, volume: CTVolume, labelmap: LabelMap) -> Case:
        """Detect what the segmenter did not look for, then measure lesions and biomarkers."""
        complete = detect_lesions(volume, labelmap)
        return cls(
            volume=volume,
            labelmap=complete,
            lesions=measure_lesions(complete, volume, all_components=True),
            biomarkers=measure_biomarkers(volume, complete),
        )
