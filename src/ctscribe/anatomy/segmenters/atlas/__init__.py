"""The embedded segmenter: one packaged anatomy, registered to the scan and refined by the scan's own intensities.

No weights and no downloads. The packaged anatomy is LIDC-IDRI-0001, the same patient as the bundled sample scan: on
that scan the segmenter looks better than it is on anyone else.
"""

from __future__ import annotations

import numpy as np

from ctscribe import __version__
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.segmenters.atlas.confidence import LEAST_LUNG_ML, Fit, measure_fit
from ctscribe.anatomy.segmenters.atlas.features import BRIGHT_BLOOD
from ctscribe.anatomy.segmenters.atlas.grid import cube, nearest, resample, shape_at
from ctscribe.anatomy.segmenters.atlas.lungs import find_lungs
from ctscribe.anatomy.segmenters.atlas.packaged import BONES, CT_SPACING, load_atlas
from ctscribe.anatomy.segmenters.atlas.refine import EVEN_ORGANS, Carried, refine
from ctscribe.anatomy.segmenters.atlas.registration import blood_level, register
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadScan

FINE = 1.5  # mm; the grid on which borders are refined
SEEN = ("lung_", "trachea", *BONES, *EVEN_ORGANS)  # classes whose borders the scan itself shows


class AtlasSegmenter:
    """Carry the packaged anatomy's labels onto a chest CT.

    Offers the classes of ``load_atlas().names``: no humerus below the shoulder, nothing above C6 or below L3, and none
    of the classes that TotalSegmentator knows but LIDC-IDRI-0001 does not show (gallbladder, bladder, hips …).

    Parameters
    ----------
    force : segment even when the scan does not look like the chest the atlas knows; the notes say so.
    """

    name = "atlas"

    def __init__(self, *, force: bool = False) -> None:
        self.force = force

    def __call__(self, volume: CTVolume) -> LabelMap:
        """Segment a canonical CT on its own grid.

        Raises ``BadScan`` with code ``atlas-does-not-fit`` when it is not a chest. ``confidence`` holds ``similarity``
        and ``lung_overlap`` (see ``confidence.Fit``); ``approximate`` the classes whose borders are the atlas' alone.
        """
        atlas = load_atlas()
        z, y, x = (round(mm, 4) for mm in volume.spacing)  # file formats differ in the digits they keep
        spacing = (z, y, x)
        coarse = resample(volume.hu, spacing, CT_SPACING)
        lungs = find_lungs(coarse, CT_SPACING)
        without = Fit(0.0, 0.0, float(lungs.sum()) * CT_SPACING**3 / 1000)
        if without.lung_ml < LEAST_LUNG_ML:
            self._judge(without)
        if not lungs.any():
            return self._result(volume, np.zeros(volume.shape, dtype=np.uint8), without, bright=False)
        organs, skeleton = register(coarse, lungs)
        carried = organs.carry_labels(atlas.labels, coarse.shape, CT_SPACING)
        fit = measure_fit(coarse, lungs, organs, carried)
        self._judge(fit)
        blood = blood_level(coarse, carried)
        shape = shape_at(volume.shape, spacing, FINE)
        labels = refine(
            resample(volume.hu, spacing, FINE),
            Carried(*(mapping.carry_labels(atlas.labels, shape, FINE) for mapping in (organs, skeleton))),
            nearest(lungs.astype(np.uint8), CT_SPACING, shape, cube(FINE)) > 0,
            blood,
            atlas,
            FINE,
        )
        labels = nearest(labels, FINE, volume.shape, spacing)
        return self._result(volume, labels, fit, bright=blood >= BRIGHT_BLOOD)

    def _judge(self, fit: Fit) -> None:
        objection = fit.objection()
        if objection and not self.force:
            raise BadScan(
                f"the scan does not fit a chest: {objection}",
                hint="bring your own masks with --segmenter, or segment it all the same with --force",
                code="atlas-does-not-fit",
            )

    def _result(self, volume: CTVolume, labels: np.ndarray, fit: Fit, *, bright: bool) -> LabelMap:
        atlas = load_atlas()
        objection = fit.objection()
        notes = [
            "Organs were carried over from one packaged anatomy and fitted to this scan; "
            "lobe borders follow the fissures of that anatomy inside the scan's own lungs."
        ]
        if not bright:
            notes.append("Blood is not bright in this scan, so heart and vessel borders are approximate.")
        if objection:
            notes.append(f"The segmentation was forced although {objection}.")
        return LabelMap(
            labels=labels,
            names=atlas.names,
            affine=volume.affine,
            source=f"atlas {__version__}",
            confidence={"similarity": round(fit.similarity, 3), "lung_overlap": round(fit.lung_overlap, 3)},
            approximate=frozenset(name for name in atlas.names.values() if not name.startswith(SEEN)),
            notes=tuple(notes),
        )
