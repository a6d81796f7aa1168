"""Quantities measured from the scan, each by a published method, or said to be not assessable."""

from __future__ import annotations

from ctscribe.anatomy.biomarkers.abdomen import parenchymal_attenuation
from ctscribe.anatomy.biomarkers.airway import tracheal_diameter
from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.calcification import calcifications
from ctscribe.anatomy.biomarkers.heart import cardiothoracic_ratio
from ctscribe.anatomy.biomarkers.lungs import emphysema_index, lung_volumes
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.biomarkers.spine import vertebral_attenuation
from ctscribe.anatomy.biomarkers.vessels import aortic_diameters, pulmonary_trunk_diameter
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.ct.volume import CTVolume

__all__ = ["Biomarker", "measure_biomarkers"]


def measure_biomarkers(volume: CTVolume, labelmap: LabelMap) -> tuple[Biomarker, ...]:
    """Every biomarker, in the order of the report's sections; the ones that are not assessable say why.

    Parameters
    ----------
    volume, labelmap : the scan and its organs on one grid.
    """
    scan = Scan(volume, labelmap)
    return (
        *lung_volumes(scan),
        *emphysema_index(scan),
        tracheal_diameter(scan),
        cardiothoracic_ratio(scan),
        *aortic_diameters(scan),
        pulmonary_trunk_diameter(scan),
        *calcifications(scan),
        *parenchymal_attenuation(scan),
        *vertebral_attenuation(scan),
    )
