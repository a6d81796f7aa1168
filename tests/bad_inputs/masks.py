"""Bad masks for the drawn chest: name → (what writes them under a folder and returns the path to give, the code of
their refusal). ``VOLUME`` is the scan that they claim to be of.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
from mask_phantoms import save_folder, save_nifti
from phantoms import STRUCTURES, chest_phantom

from ctscribe.ct.volume import canonical_affine

VOLUME, TRUTH = chest_phantom((40, 50, 60), (7.5, 6.4, 6.7))
NODULE = np.zeros(VOLUME.shape, dtype=bool)
NODULE[20:23, 24:27, 46:49] = True


def label_map(values: np.ndarray = TRUTH.labels, name: str = "m.nii.gz", **options) -> Callable[[Path], Path]:
    """Values on the scan's grid."""
    return lambda folder: save_nifti(values, VOLUME.affine, folder / name, **options)


def placed(affine: np.ndarray) -> Callable[[Path], Path]:
    """The true labels, in another place."""
    return lambda folder: save_nifti(TRUTH.labels, affine, folder / "m.nii.gz")


def masks(**named: np.ndarray) -> Callable[[Path], Path]:
    """A folder with one file a class."""
    return lambda folder: save_folder(named, VOLUME.affine, folder / "masks")


def damaged(damage: Callable[[bytes], bytes], name: str = "m.nii.gz") -> Callable[[Path], Path]:
    """A good file, then damaged."""

    def write(folder: Path) -> Path:
        path = label_map(name=name)(folder)
        path.write_bytes(damage(path.read_bytes()))
        return path

    return write


def content(name: str, data: bytes = b"not an image " * 100) -> Callable[[Path], Path]:
    """A file that is something else."""

    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def moved(*mm: float) -> np.ndarray:
    affine = VOLUME.affine.copy()
    affine[:3, 3] += mm
    return affine


def one_hot(folder: Path) -> Path:
    channels = np.stack([TRUTH.mask(name).T for name in ("liver", "aorta")], axis=-1)
    nib.save(nib.Nifti1Image(channels.astype(np.uint8), np.eye(4)), folder / "m.nii.gz")
    return folder / "m.nii.gz"


def two_labels_in_a_mask(folder: Path) -> Path:
    label_map(name="aorta.nii.gz")(folder)
    label_map(name="liver.nii.gz")(folder)
    return folder


def folder_of_text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("no masks")
    return folder


def broken_names_file(folder: Path) -> Path:
    (folder / "m.json").write_text('["liver"]')
    return label_map()(folder)


def lesions_left_behind(folder: Path) -> Path:
    (folder / "m.json").write_text('{"names": {"5": "liver"}, "lesions": {"1": "lung_nodule"}}')
    return label_map(np.where(TRUTH.labels == 5, 5, 0).astype(np.uint8))(folder)


def beyond_the_scan(folder: Path) -> Path:
    tall = np.zeros((80, 50, 60), dtype=np.uint8)
    tall[60:70, 20:30, 20:30] = 5
    return save_nifti(tall, VOLUME.affine, folder / "m.nii.gz", names={5: "liver"})


def version_1() -> np.ndarray:
    """The same organs by the ids of TotalSegmentator 1."""
    ids = {5: 5, 1: 1, 10: 13, 11: 14, 12: 15, 13: 16, 14: 17, 16: 43, 52: 7}
    return sum(np.where(TRUTH.labels == new, old, 0) for new, old in ids.items()).astype(np.uint8)


def unlike(value: float, dtype: type = np.uint8) -> np.ndarray:
    """The true labels with a block of another value."""
    return np.where(NODULE, np.asarray(value), TRUTH.labels).astype(dtype)


NAMELESS = {label: name for label, name in STRUCTURES.items() if name != "liver"}
UNKNOWN = {label: f"thing {label}" for label in STRUCTURES}
MIRRORED = np.ascontiguousarray(TRUTH.labels[:, ::-1])

MASK_BAD_INPUTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "masks that are all background": (label_map(TRUTH.labels * 0), "empty-masks"),
    "named masks that are all background": (label_map(TRUTH.labels * 0, names=STRUCTURES), "empty-masks"),
    "a folder of empty masks": (masks(liver=NODULE & False, aorta=NODULE & False), "empty-masks"),
    "masks of probabilities": (label_map(TRUTH.labels * np.float32(0.01)), "masks-not-labels"),
    "the scan in place of its masks": (label_map(VOLUME.hu), "masks-not-labels"),
    "masks with NaN": (label_map(unlike(np.nan, np.float32)), "masks-not-labels"),
    "masks with an id beyond 65,535": (label_map(unlike(70_000, np.int32)), "masks-not-labels"),
    "one-hot masks": (one_hot, "masks-not-3d"),
    "an id that TotalSegmentator does not have": (label_map(unlike(200)), "unnamed-labels"),
    "an id without a name": (label_map(names=NAMELESS), "unnamed-labels"),
    "one mask without a name": (label_map(NODULE.astype(np.uint8), "seg.nii.gz"), "unnamed-labels"),
    "masks of unknown things": (label_map(names=UNKNOWN), "no-known-classes"),
    "a folder of unknown things": (masks(a=NODULE, b=NODULE), "no-known-classes"),
    "a folder without masks": (folder_of_text, "no-masks-in-folder"),
    "two labels where one mask belongs": (two_labels_in_a_mask, "not-one-mask"),
    "masks cut short": (damaged(lambda data: data[: len(data) * 2 // 3]), "unreadable-masks"),
    "uncompressed masks cut short": (damaged(lambda data: data[: len(data) * 2 // 3], "m.nii"), "unreadable-masks"),
    "masks with a flipped byte": (
        damaged(lambda data: data[:2000] + bytes([data[2000] ^ 0xFF]) + data[2001:]),
        "unreadable-masks",
    ),
    "gzipped text": (content("m.nii.gz", gzip.compress(b"not an image " * 100)), "unreadable-masks"),
    "text called NIfTI": (content("m.nii"), "unreadable-masks"),
    "text called NRRD": (content("m.nrrd"), "unreadable-masks"),
    "text called MetaImage": (content("m.mha"), "unreadable-masks"),
    "an empty file": (content("m.nii.gz", b""), "unreadable-masks"),
    "masks as a picture": (content("m.png"), "unknown-mask-format"),
    "a broken names file": (broken_names_file, "bad-names-file"),
    "lesion masks left behind": (lesions_left_behind, "lesion-masks-missing"),
    "masks a metre away": (placed(moved(0, 0, 1000)), "masks-of-another-scan"),
    "masks without their position": (placed(canonical_affine((1, 1, 1))), "masks-of-another-scan"),
    "masks displaced by 40 mm": (placed(moved(40, 0, 0)), "masks-of-another-scan"),
    "mirrored masks": (label_map(MIRRORED), "masks-of-another-scan"),
    "masks with the ids of version 1": (label_map(version_1()), "masks-of-another-scan"),
    "masks of what lies beyond the scan": (beyond_the_scan, "masks-of-another-scan"),
}
