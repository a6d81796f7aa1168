"""What a case holds, asked in the way the report asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ctscribe.anatomy.biomarkers import Biomarker
from ctscribe.anatomy.contrast import contrast_enhanced
from ctscribe.anatomy.lesions import KIDNEY_CYST_CLASSES, Lesion
from ctscribe.case import Case
from ctscribe.report.schema import Evidence, Measurement
from ctscribe.report.thresholds import CONFIDENT, SEGMENTATION_LIMITS


@dataclass(frozen=True, eq=False)
class Facts:
    """Questions to a case. Indices are those of ``case.lesions``, which are those of the report's lesions."""

    case: Case

    @cached_property
    def distrust(self) -> tuple[str, ...]:
        """Why the segmentation is not to be trusted, one phrase each; empty when it is."""
        confidence = self.case.labelmap.confidence
        return tuple(
            f"{name.replace('_', ' ')} {confidence[name]:.2f}, below {limit:.2f}"
            for name, limit in SEGMENTATION_LIMITS.items()
            if confidence.get(name, limit) < limit
        )

    @cached_property
    def enhanced(self) -> bool | None:
        """Contrast medium in the blood, ``None`` when it cannot be told."""
        return contrast_enhanced(self.case.volume, self.case.labelmap)

    @property
    def slice_count(self) -> int:
        """Axial slices of the scan."""
        return self.case.volume.shape[0]

    def slice_number(self, index: int) -> int:
        """The slice as people count: 1 is the most superior, for a canonical index where 0 is the most inferior."""
        return self.slice_count - index

    def slice_words(self, index: int) -> str:
        """``slice 72 of 133``."""
        return f"slice {self.slice_number(index)} of {self.slice_count}"

    def lesions_of(self, kind: str) -> list[int]:
        """Indices of the lesions of a kind, largest diameter first."""
        lesions = self.case.lesions
        indices = [index for index, lesion in enumerate(lesions) if lesion.kind == kind]
        return sorted(indices, key=lambda index: -lesions[index].diameter_mm)

    def looked_for(self, kind: str) -> bool:
        """Somebody looked for this kind of lesion; organ classes of cysts tell so only where they have voxels."""
        labelmap = self.case.labelmap
        return kind in labelmap.lesions or (kind == "kidney_cyst" and bool(KIDNEY_CYST_CLASSES & labelmap.present))

    def searched_in_vain(self, kind: str) -> bool:
        """The kind was looked for, and not one voxel of it was found."""
        mask = self.case.labelmap.lesions.get(kind)
        return mask is not None and not mask.any() and not self.lesions_of(kind)

    def firm(self, index: int) -> bool:
        """A lesion sure enough to be claimed rather than called possible."""
        confidence = self.case.lesions[index].confidence
        return not self.distrust and (confidence is None or confidence >= CONFIDENT)

    def biomarker(self, name: str) -> Biomarker | None:
        """The biomarker of that name, ``None`` when nobody tried to measure it."""
        return next((biomarker for biomarker in self.case.biomarkers if biomarker.name == name), None)

    def present(self, structures: Sequence[str]) -> tuple[str, ...]:
        """Those of the structures that the label map has."""
        return tuple(name for name in structures if name in self.case.labelmap.present)

    def cut_off(self, structures: Sequence[str]) -> bool:
        """The structures reach the edge of the scan, so that a part of them may lie outside."""
        mask = self.case.labelmap.mask(*structures)
        return any(bool(mask.take(edge, axis=axis).any()) for axis in range(3) for edge in (0, -1))


def lesion_evidence(lesion: Lesion, index: int) -> Evidence:
    """Where a lesion is, and its figures."""
    method = "MedRegion-CT, Eq. 7"
    figures = [
        Measurement(name="diameter", value=lesion.diameter_mm, unit="mm", method=f"longest axial box side; {method}"),
        Measurement(name="volume", value=lesion.volume_ml, unit="mL", method=f"voxel count × voxel volume; {method}"),
    ]
    if lesion.mean_hu is not None:
        figures.append(
            Measurement(name="mean_attenuation", value=lesion.mean_hu, unit="[hnsf'U]", method="mean over the lesion")
        )
    return Evidence(
        structures=(lesion.sub_region,),
        lesion=index,
        slices=lesion.slices,
        key_slice=lesion.key_slice,
        centroid_mm=lesion.centroid_mm,
        measurements=tuple(figures),
        source=lesion.source,
    )


def biomarker_evidence(biomarker: Biomarker, source: str) -> Evidence:
    """What a biomarker was measured on, and its figure; ``source`` is who drew the outline."""
    if biomarker.value is None:
        return Evidence(structures=biomarker.structures, source=source)
    figure = Measurement(
        name=biomarker.name,
        value=biomarker.value,
        unit=biomarker.unit,
        method=biomarker.method,
        approximate=biomarker.approximate,
    )
    return Evidence(
        structures=biomarker.structures,
        key_slice=biomarker.key_slice,
        line_mm=biomarker.line_mm,
        measurements=(figure,),
        source=source,
    )
