"""MetaImage headers (.mha, and .mhd with its data file), after ITK's MetaIO. Positions are LPS mm."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path

import numpy as np

from ctscribe.ct.readers.stored import MAX_LINES, StoredImage, bad_header, beside, header_line, numbers, whole_numbers
from ctscribe.errors import BadScan
from ctscribe.types import Affine

TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}


def metaimage_image(path: Path, file: BufferedReader) -> StoredImage:
    """The stored image that a MetaImage header describes; the file is left at the header's end.

    Raises
    ------
    BadScan : codes ``bad-header``, ``not-3d``, ``not-numeric``, ``no-geometry``, ``unsupported``, ``escaping-path``,
        ``missing-data-file``.
    """
    fields = _fields(file)
    (dimensions,) = whole_numbers(_needed(fields, "NDims"), 1, "NDims")
    if dimensions != 3:
        raise bad_header(
            f"the MetaImage file has {dimensions} axes, a scan has three", "not-3d", "give one volume of it"
        )
    if fields.get("ElementNumberOfChannels", "1") != "1":
        raise _not_numeric()
    if not _true(fields, "BinaryData", default=True):
        raise bad_header("MetaImage data written as text are not read", "unsupported", "save the scan as binary data")
    (skip,) = whole_numbers(fields.get("HeaderSize", "0"), 1, "HeaderSize")
    return StoredImage(
        data_file=_data_file(path, fields),
        shape=whole_numbers(_needed(fields, "DimSize"), 3, "DimSize"),
        dtype=_dtype(fields),
        compression="zlib" if _true(fields, "CompressedData") else "none",
        affine=_affine(fields),
        skip=max(skip, 0),
        from_end=skip < 0,
    )


def _fields(file: BufferedReader) -> dict[str, str]:
    """Key → text, up to ElementDataFile, which is the last."""
    fields: dict[str, str] = {}
    for _ in range(MAX_LINES):
        line = header_line(file)
        if line is None:
            raise bad_header("the MetaImage header ends without naming its data")
        key, equals, value = line.partition("=")
        if not equals:
            raise bad_header("the file is not MetaImage: a line of its header has no key")
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            return fields
    raise bad_header("the MetaImage header does not end")


def _not_numeric() -> BadScan:
    return bad_header("the MetaImage voxels are not single numbers", "not-numeric", "give a scan in Hounsfield units")


def _needed(fields: dict[str, str], key: str) -> str:
    if key not in fields:
        raise bad_header(f"the MetaImage header has no {key}")
    return fields[key]


def _true(fields: dict[str, str], key: str, default: bool = False) -> bool:
    return fields.get(key, str(default)).lower() in ("true", "1")


def _data_file(path: Path, fields: dict[str, str]) -> Path | None:
    name = fields["ElementDataFile"]
    if name.upper() == "LOCAL":
        return None
    if name.upper().startswith("LIST") or "%" in name:
        raise bad_header(
            "a MetaImage header over many files is not read", "unsupported", "save the scan as one .mha file"
        )
    return beside(path, name)


def _dtype(fields: dict[str, str]) -> np.dtype:
    name = _needed(fields, "ElementType")
    if name not in TYPES:
        raise _not_numeric()
    big = _true(fields, "BinaryDataByteOrderMSB") or _true(fields, "ElementByteOrderMSB")
    return np.dtype(TYPES[name]).newbyteorder(">" if big else "<")


def _affine(fields: dict[str, str]) -> Affine:
    """Index → LPS mm; the direction of each axis is written after the other."""
    matrix = _first(fields, "TransformMatrix", "Rotation", "Orientation")
    spacing = _first(fields, "ElementSpacing")
    origin = _first(fields, "Offset", "Position", "Origin")
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(numbers(matrix, 9, "direction cosines"), (3, 3)).T * numbers(spacing, 3, "voxel sizes")
    affine[:3, 3] = numbers(origin, 3, "origin coordinates")
    return affine


def _first(fields: dict[str, str], *keys: str) -> str:
    """The first of these keys that the header has; MetaIO has had several names for the same thing."""
    for key in keys:
        if key in fields:
            return fields[key]
    raise bad_header(
        f"the MetaImage header has no {keys[0]}: the scan's geometry is unknown",
        "no-geometry",
        "convert the DICOM series again, with SimpleITK for instance",
    )
