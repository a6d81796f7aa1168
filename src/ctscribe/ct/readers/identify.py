"""What kind of scan a file is: by its first bytes, and only where those are silent by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ctscribe.ct.readers.instances import looks_like_dicom

FileKind = Literal["dicom", "nifti", "nrrd", "metaimage", "zip"]

SUFFIXES: dict[str, FileKind] = {
    ".dcm": "dicom",
    ".dicom": "dicom",
    ".ima": "dicom",
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".nrrd": "nrrd",
    ".nhdr": "nrrd",
    ".mha": "metaimage",
    ".mhd": "metaimage",
    ".zip": "zip",
}

ENOUGH_BYTES = 352
"""The length of a NIfTI-1 header, whose magic is last."""

_METAIMAGE_FIRST = (b"ObjectType", b"NDims", b"Comment", b"ObjectSubType")


def identify(path: Path) -> FileKind | None:
    """The kind of a file, ``None`` when neither its first bytes nor its name tells.

    A gzip stream is taken for NIfTI, the only format here that comes in one.
    """
    with path.open("rb") as file:
        kind = identify_bytes(file.read(ENOUGH_BYTES))
    if kind is not None:
        return kind
    name = path.name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)


def identify_bytes(start: bytes) -> FileKind | None:
    """The kind of a file from its first ``ENOUGH_BYTES`` bytes."""
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    if start[:2] == b"\x1f\x8b" or start[344:347] in (b"n+1", b"ni1") or start[4:7] in (b"n+2", b"ni2"):
        return "nifti"
    if start[:4] == b"NRRD":
        return "nrrd"
    if start.lstrip().startswith(_METAIMAGE_FIRST):
        return "metaimage"
    return "dicom" if looks_like_dicom(start) else None
