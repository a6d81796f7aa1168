"""NRRD headers (.nrrd, and .nhdr with its data file), after the Teem format definition, NRRD0001 to NRRD0005."""

from __future__ import annotations

import re
from io import BufferedReader
from pathlib import Path

import numpy as np

from ctscribe.ct.readers.payload import Compression
from ctscribe.ct.readers.stored import MAX_LINES, StoredImage, bad_header, beside, header_line, numbers, whole_numbers
from ctscribe.types import Affine

TYPES = {
    name: code
    for code, names in {
        "i1": "signed char,int8,int8_t",
        "u1": "uchar,unsigned char,uint8,uint8_t",
        "i2": "short,short int,signed short,signed short int,int16,int16_t",
        "u2": "ushort,unsigned short,unsigned short int,uint16,uint16_t",
        "i4": "int,signed int,int32,int32_t",
        "u4": "uint,unsigned int,uint32,uint32_t",
        "i8": "longlong,long long,long long int,signed long long,signed long long int,int64,int64_t",
        "u8": "ulonglong,unsigned long long,unsigned long long int,uint64,uint64_t",
        "f4": "float",
        "f8": "double",
    }.items()
    for name in names.split(",")
}

ENCODINGS: dict[str, Compression] = {
    "raw": "none",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
}

TO_LPS = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}


def nrrd_image(path: Path, file: BufferedReader) -> StoredImage:
    """The stored image that an NRRD header describes; the file is left at the header's end.

    Raises
    ------
    BadScan : codes ``bad-header``, ``not-3d``, ``not-numeric``, ``no-geometry``, ``bad-units``, ``unsupported``,
        ``escaping-path``, ``missing-data-file``.
    """
    fields = _fields(file)
    shape = _shape(fields)
    encoding = _needed(fields, "encoding").lower()
    if encoding not in ENCODINGS:
        raise bad_header(
            f"NRRD data encoded as {encoding} are not read", "unsupported", "save the scan with raw or gzip encoding"
        )
    if fields.get("line skip", "0") != "0":
        raise bad_header("NRRD data after skipped lines are not read", "unsupported", "save the scan as one .nrrd file")
    (skip,) = whole_numbers(fields.get("byte skip", "0"), 1, "byte skip")
    name = fields.get("data file", fields.get("datafile"))
    if name is not None and (name.upper().startswith("LIST") or "%" in name):
        raise bad_header("an NRRD header over many files is not read", "unsupported", "save the scan as one .nrrd file")
    return StoredImage(
        data_file=None if name is None else beside(path, name),
        shape=shape,
        dtype=_dtype(fields),
        compression=ENCODINGS[encoding],
        affine=_affine(fields),
        skip=max(skip, 0),
        from_end=skip < 0,
    )


def _fields(file: BufferedReader) -> dict[str, str]:
    """Field → text, up to the blank line; comments and key/value pairs are passed over."""
    magic = header_line(file)
    if magic is None or not re.fullmatch(r"NRRD000[1-5]", magic):
        raise bad_header("the file is not NRRD: its magic word is missing")
    fields: dict[str, str] = {}
    for _ in range(MAX_LINES):
        line = header_line(file)
        if not line:
            return fields
        if line.startswith("#") or ":=" in line:
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise bad_header("a line of the NRRD header is neither field nor comment")
        fields[name.strip().lower()] = value.strip()
    raise bad_header("the NRRD header does not end")


def _needed(fields: dict[str, str], name: str) -> str:
    if name not in fields:
        raise bad_header(f"the NRRD header has no field '{name}'")
    return fields[name]


def _shape(fields: dict[str, str]) -> tuple[int, ...]:
    (dimension,) = whole_numbers(_needed(fields, "dimension"), 1, "dimension")
    if dimension != 3:
        raise bad_header(
            f"the NRRD file has {dimension} axes, a scan has three", "not-3d", "give one volume, without colours"
        )
    return whole_numbers(_needed(fields, "sizes"), 3, "sizes")


def _dtype(fields: dict[str, str]) -> np.dtype:
    name = _needed(fields, "type").lower()
    if name not in TYPES:
        raise bad_header("the NRRD voxels are not single numbers", "not-numeric", "give a scan in Hounsfield units")
    dtype = np.dtype(TYPES[name])
    if dtype.itemsize == 1:
        return dtype
    order = _needed(fields, "endian").lower()
    if order not in ("little", "big"):
        raise bad_header("the NRRD header gives no byte order")
    return dtype.newbyteorder("<" if order == "little" else ">")


def _affine(fields: dict[str, str]) -> Affine:
    """Index → LPS mm from space, space directions and space origin."""
    space = fields.get("space", "").lower()
    if space not in TO_LPS or "space directions" not in fields or "space origin" not in fields:
        raise bad_header(
            "the NRRD header does not say how the scan lies in the patient (space, directions, origin)",
            "no-geometry",
            "convert the DICOM series again, with 3D Slicer for instance",
        )
    if any(unit not in ("mm", "millimeter", "millimetre") for unit in re.findall(r'"(.*?)"', _units(fields))):
        raise bad_header("the NRRD geometry is not in mm", "bad-units", "give a scan whose geometry is in mm")
    signs = np.array(TO_LPS[space], dtype=np.float64)
    affine = np.eye(4)
    vectors = re.findall(r"\(.*?\)|none", fields["space directions"])
    if len(vectors) != 3 or "none" in vectors:
        raise bad_header("the NRRD header does not give three space directions")
    for axis, vector in enumerate(vectors):
        affine[:3, axis] = _vector(vector, "space directions") * signs
    affine[:3, 3] = _vector(fields["space origin"], "space origin") * signs
    return affine


def _units(fields: dict[str, str]) -> str:
    return fields.get("space units", "")


def _vector(text: str, what: str) -> np.ndarray:
    return np.array(numbers(text.strip("() ").replace(",", " "), 3, f"numbers in {what}"))
