"""Bad NIfTI, NRRD and MetaImage scans: name → (what writes it under a folder and returns the path to give, the code
of its refusal). Every builder starts from the drawn chest and breaks one thing.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
from phantoms import chest_phantom

BadInput = tuple[Callable[[Path], Path], str]
Edit = Callable[[bytearray], None]

RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

DIM, DATATYPE, PIXDIM, VOX_OFFSET, SCL_SLOPE, UNITS, QFORM_CODE, SFORM_CODE, QUATERN_B, SROW_X = (
    40, 70, 76, 108, 112, 123, 252, 254, 256, 280,
)  # fmt: skip
"""Where the fields of a NIfTI-1 header lie."""


@cache
def voxels() -> np.ndarray:
    """The drawn chest's HU, (x, y, z), read-only."""
    hu = np.asfortranarray(chest_phantom()[0].hu.T)
    hu.flags.writeable = False
    return hu


def nifti(array: np.ndarray | None = None) -> bytearray:
    """A good NIfTI-1 file of the chest, or of an array in its place."""
    affine = np.diag([4.0, 4.0, 5.0, 1.0])
    affine[:3, 3] = -198, -158, -147.5
    image = nib.Nifti1Image(voxels() if array is None else array, RAS @ affine)
    image.header.set_xyzt_units("mm")
    return bytearray(image.to_bytes())


def nrrd_header(**fields: str) -> str:
    """A good NRRD header of the chest with some fields replaced; underscores stand for blanks, '' removes a field."""
    good = {
        "type": "int16",
        "dimension": "3",
        "space": "left-posterior-superior",
        "sizes": "100 80 60",
        "space directions": "(4,0,0) (0,4,0) (0,0,5)",
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "raw",
        "space origin": "(-198,-158,-147.5)",
    }
    merged = good | {name.replace("_", " "): value for name, value in fields.items()}
    return "NRRD0004\n" + "".join(f"{name}: {value}\n" for name, value in merged.items() if value) + "\n"


def metaimage_header(**fields: str) -> str:
    """A good MetaImage header of the chest with some fields replaced; '' removes a field."""
    good = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": "-198 -158 -147.5",
        "ElementSpacing": "4 4 5",
        "DimSize": "100 80 60",
        "ElementType": "MET_SHORT",
        "ElementDataFile": "LOCAL",
    }
    merged = good | fields
    merged["ElementDataFile"] = merged.pop("ElementDataFile")
    return "".join(f"{key} = {value}\n" for key, value in merged.items() if value)


def raw() -> bytes:
    """The chest's voxels as they follow a header, x fastest."""
    return voxels().tobytes(order="F")


def _written(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content())
        return path

    return build


def _header_edit(at: int, layout: str, *values: float) -> Callable[[Path], Path]:
    """A NIfTI file with some of its header's fields overwritten."""

    def content() -> bytes:
        file = nifti()
        struct.pack_into("<" + layout, file, at, *values)
        return bytes(file)

    return _written("scan.nii", content)


def _values(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], Path]:
    """A sound NIfTI file whose numbers are not Hounsfield units."""
    return _written("scan.nii", lambda: bytes(nifti(change(voxels()))))


def _zipped(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], Path]:
    """A .nii.gz whose compressed bytes were changed."""
    return _written("scan.nii.gz", lambda: bytes(change(bytearray(gzip.compress(bytes(nifti()), 1, mtime=0)))))


def _flipped(file: bytearray, at: int) -> bytearray:
    file[at] ^= 0x10
    return file


def _bomb() -> bytes:
    """Half a gigavoxel of nothing announced by some kilobytes."""
    header = nifti()[:352]
    struct.pack_into("<4h", header, DIM, 3, 800, 800, 800)
    return gzip.compress(bytes(header) + bytes(10_000_000), 9, mtime=0)


def _endless() -> bytes:
    """A whole scan with far more behind it."""
    return gzip.compress(bytes(nifti()) + bytes(50_000_000), 6, mtime=0)


def _no_geometry() -> bytes:
    file = nifti()
    struct.pack_into("<2h", file, QFORM_CODE, 0, 0)
    return bytes(file)


def _bad_rotation() -> bytes:
    file = nifti()
    struct.pack_into("<2h", file, QFORM_CODE, 1, 0)
    struct.pack_into("<3f", file, QUATERN_B, 3.0, 3.0, 3.0)
    return bytes(file)


def _pair() -> bytes:
    file = nifti()
    file[344:348] = b"ni1\0"
    return bytes(file)


def _structured(kind: str) -> Callable[[Path], Path]:
    """A NIfTI file of colours or of complex numbers."""

    def content() -> bytes:
        small = voxels()[::2, ::2, ::2]
        if kind == "complex":
            return bytes(nifti(small.astype(np.complex64)))
        colours = np.zeros(small.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
        return bytes(nifti(colours))

    return _written("scan.nii", content)


def _nrrd(body: Callable[[], bytes] = raw, **fields: str) -> Callable[[Path], Path]:
    return _written("scan.nrrd", lambda: nrrd_header(**fields).encode() + body())


def _metaimage(body: Callable[[], bytes] = raw, **fields: str) -> Callable[[Path], Path]:
    return _written("scan.mha", lambda: metaimage_header(**fields).encode() + body())


def _detached(kind: str, name: str) -> Callable[[Path], Path]:
    """A header whose data file is named ``name``; the voxels lie in a folder beside the header's."""

    def build(folder: Path) -> Path:
        (folder / "headers").mkdir()
        (folder / "voxels.raw").write_bytes(raw())
        named = name.format(folder=folder)
        path = folder / "headers" / f"scan.{kind}"
        text = nrrd_header(data_file=named) if kind == "nhdr" else metaimage_header(ElementDataFile=named)
        path.write_text(text)
        return path

    return build


def _linked(folder: Path) -> Path:
    path = _detached("mhd", "inside.raw")(folder)
    (path.parent / "inside.raw").symlink_to(folder / "voxels.raw")
    return path


def _compressed(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], Path]:
    return _metaimage(lambda: bytes(change(bytearray(zlib.compress(raw(), 1)))), CompressedData="True")


def _gzipped(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], Path]:
    return _nrrd(lambda: bytes(change(bytearray(gzip.compress(raw(), 1, mtime=0)))), encoding="gzip")


NAN = float("nan")

NIFTI: dict[str, BadInput] = {
    "nifti-gz-truncated": (_zipped(lambda file: file[: len(file) // 2]), "truncated"),
    "nifti-gz-without-its-end": (_zipped(lambda file: file[:-4]), "truncated"),
    "nifti-gz-cut-in-header": (_zipped(lambda file: file[:60]), "truncated"),
    "nifti-gz-flipped-bit": (_zipped(lambda file: _flipped(file, len(file) // 2)), "damaged"),
    "nifti-gz-wrong-checksum": (_zipped(lambda file: _flipped(file, len(file) - 6)), "damaged"),
    "nifti-gz-bomb": (_written("scan.nii.gz", _bomb), "bomb"),
    "nifti-gz-endless": (_written("scan.nii.gz", _endless), "damaged"),
    "nifti-truncated": (_written("scan.nii", lambda: bytes(nifti()[:-1000])), "truncated"),
    "nifti-header-alone": (_written("scan.nii", lambda: bytes(nifti()[:352])), "truncated"),
    "nifti-half-a-header": (_written("scan.nii", lambda: bytes(nifti()[:200])), "truncated"),
    "nifti-empty-file": (_written("scan.nii", lambda: b""), "truncated"),
    "nifti-no-magic": (_header_edit(344, "4s", b"abcd"), "bad-header"),
    "nifti-header-of-a-pair": (_written("scan.nii", _pair), "bad-header"),
    "nifti-unknown-type": (_header_edit(DATATYPE, "h", 999), "bad-header"),
    "nifti-offset-absurd": (_header_edit(VOX_OFFSET, "f", 1e12), "bad-header"),
    "nifti-offset-within-header": (_header_edit(VOX_OFFSET, "f", 10), "bad-header"),
    "nifti-rescale-absurd": (_header_edit(SCL_SLOPE, "2f", 1e30, 1e30), "bad-header"),
    "nifti-unknown-unit": (_header_edit(UNITS, "b", 5), "bad-header"),
    "nifti-dimensions-absurd": (_header_edit(DIM, "4h", 3, 32767, 32767, 32767), "too-large"),
    "nifti-dimensions-negative": (_header_edit(DIM, "4h", 3, -100, 80, 60), "bad-dimensions"),
    "nifti-dimensions-too-many": (_header_edit(DIM, "h", 9), "bad-header"),
    "nifti-4d": (_header_edit(DIM, "5h", 4, 100, 80, 30, 2), "not-3d"),
    "nifti-2d": (_header_edit(DIM, "3h", 2, 100, 80), "not-3d"),
    "nifti-three-slices": (_header_edit(DIM, "4h", 3, 100, 80, 3), "too-few-slices"),
    "nifti-colours": (_structured("rgb"), "not-numeric"),
    "nifti-complex": (_structured("complex"), "not-numeric"),
    "nifti-spacing-zero": (_header_edit(PIXDIM, "4f", 1, 4, 0, 5), "bad-spacing"),
    "nifti-spacing-nan": (_header_edit(PIXDIM, "4f", 1, 4, 4, NAN), "bad-spacing"),
    "nifti-spacing-in-metres": (_header_edit(UNITS, "b", 1), "bad-spacing"),
    "nifti-spacing-in-micrometres": (_header_edit(UNITS, "b", 3), "bad-spacing"),
    "nifti-no-orientation": (_written("scan.nii", _no_geometry), "no-geometry"),
    "nifti-rotation-impossible": (_written("scan.nii", _bad_rotation), "bad-geometry"),
    "nifti-affine-nan": (_header_edit(SROW_X, "4f", NAN, 0, 0, 0), "bad-geometry"),
    "nifti-affine-flat": (_header_edit(SROW_X, "8f", -4, -4, 0, 198, 0, 0, 0, 158), "bad-geometry"),
    "nifti-far-away": (_header_edit(SROW_X + 12, "f", 1e9), "bad-geometry"),
}

VALUES: dict[str, BadInput] = {
    "values-all-zero": (_values(np.zeros_like), "constant"),
    "values-only-air": (_values(lambda hu: np.minimum(hu, -980)), "empty"),
    "values-nan": (_values(lambda hu: np.where(hu < 0, np.float32(NAN), hu.astype(np.float32))), "not-a-number"),
    "values-never-rescaled": (_values(lambda hu: (hu + 1024).astype(np.uint16)), "rescaled-never"),
    "values-rescaled-twice": (_values(lambda hu: hu - 1024), "rescaled-twice"),
    "values-tenth": (_values(lambda hu: (hu / 10).astype(np.float32)), "wrong-slope"),
    "values-tenfold": (_values(lambda hu: hu * 10), "wrong-slope"),
    "values-half": (_values(lambda hu: hu // 2), "wrong-slope"),
    "values-8-bit": (_values(lambda hu: np.clip((hu + 1024) / 8, 0, 255).astype(np.uint8)), "eight-bit"),
    "values-0-to-1": (_values(lambda hu: ((hu + 1024) / 4095).astype(np.float32)), "normalised"),
    "values-minus-1-to-1": (_values(lambda hu: np.clip(hu / 1000, -1, 1).astype(np.float32)), "normalised"),
    "values-negated": (_values(lambda hu: -hu), "inverted"),
    "values-monochrome1": (_values(lambda hu: 4095 - (hu + 1024)), "inverted"),
    "values-windowed": (_values(lambda hu: np.clip(hu, -160, 240)), "windowed"),
    "values-shifted": (_values(lambda hu: hu + 400), "not-hounsfield"),
    "values-noise": (
        _values(lambda hu: np.random.default_rng(0).normal(800, 300, hu.shape).astype(np.int16)),
        "not-hounsfield",
    ),
}

NRRD: dict[str, BadInput] = {
    "nrrd-truncated": (_nrrd(lambda: raw()[:-1]), "truncated"),
    "nrrd-gz-truncated": (_gzipped(lambda data: data[: len(data) // 2]), "truncated"),
    "nrrd-gz-flipped-bit": (_gzipped(lambda data: _flipped(data, len(data) // 2)), "damaged"),
    "nrrd-not-compressed-after-all": (_nrrd(encoding="gzip"), "damaged"),
    "nrrd-unknown-version": (_written("scan.nrrd", lambda: b"NRRD0009\n\n"), "bad-header"),
    "nrrd-no-sizes": (_nrrd(sizes=""), "bad-header"),
    "nrrd-sizes-not-numbers": (_nrrd(sizes="100 eighty 60"), "bad-header"),
    "nrrd-header-without-colons": (_written("scan.nrrd", lambda: b"NRRD0004\ntype int16\n\n"), "bad-header"),
    "nrrd-line-without-end": (_written("scan.nrrd", lambda: b"NRRD0004\n" + b"a" * 100_000), "bad-header"),
    "nrrd-header-without-end": (_written("scan.nrrd", lambda: b"NRRD0004\n" + b"#\n" * 10_000), "bad-header"),
    "nrrd-sizes-absurd": (_nrrd(sizes="99999 99999 99999"), "too-large"),
    "nrrd-sizes-zero": (_nrrd(sizes="100 0 60"), "bad-dimensions"),
    "nrrd-vectors": (_nrrd(dimension="4", sizes="3 100 80 60"), "not-3d"),
    "nrrd-blocks": (_nrrd(type="block"), "not-numeric"),
    "nrrd-no-space": (_nrrd(space=""), "no-geometry"),
    "nrrd-no-origin": (_nrrd(space_origin=""), "no-geometry"),
    "nrrd-in-inches": (_nrrd(space_units='"inch" "inch" "inch"'), "bad-units"),
    "nrrd-as-text": (_nrrd(encoding="ascii"), "unsupported"),
    "nrrd-many-files": (_nrrd(data_file="slice%03d.raw 1 60 1"), "unsupported"),
    "nrrd-data-above": (_detached("nhdr", "../voxels.raw"), "escaping-path"),
    "nrrd-data-absolute": (_detached("nhdr", "{folder}/voxels.raw"), "escaping-path"),
    "nrrd-data-on-a-windows-drive": (_detached("nhdr", "C:\\voxels.raw"), "escaping-path"),
    "nrrd-data-missing": (_detached("nhdr", "elsewhere.raw"), "missing-data-file"),
}

METAIMAGE: dict[str, BadInput] = {
    "metaimage-truncated": (_metaimage(lambda: raw()[:-1]), "truncated"),
    "metaimage-zlib-truncated": (_compressed(lambda data: data[: len(data) // 2]), "truncated"),
    "metaimage-zlib-flipped-bit": (_compressed(lambda data: _flipped(data, len(data) // 2)), "damaged"),
    "metaimage-no-data-named": (_written("scan.mha", lambda: b"NDims = 3\n"), "bad-header"),
    "metaimage-not-a-header": (_written("scan.mha", lambda: b"hello\nworld\n"), "bad-header"),
    "metaimage-four-sizes": (_metaimage(DimSize="100 80 60 2"), "bad-header"),
    "metaimage-4d": (_metaimage(NDims="4"), "not-3d"),
    "metaimage-colours": (_metaimage(ElementNumberOfChannels="3"), "not-numeric"),
    "metaimage-unknown-type": (_metaimage(ElementType="MET_OTHER"), "not-numeric"),
    "metaimage-no-spacing": (_metaimage(ElementSpacing=""), "no-geometry"),
    "metaimage-no-directions": (_metaimage(TransformMatrix=""), "no-geometry"),
    "metaimage-spacing-infinite": (_metaimage(ElementSpacing="4 4 1e999"), "bad-header"),
    "metaimage-spacing-zero": (_metaimage(ElementSpacing="4 4 0"), "bad-spacing"),
    "metaimage-as-text": (_metaimage(BinaryData="False"), "unsupported"),
    "metaimage-many-files": (_metaimage(ElementDataFile="LIST"), "unsupported"),
    "metaimage-data-above": (_detached("mhd", "../voxels.raw"), "escaping-path"),
    "metaimage-data-by-link": (_linked, "escaping-path"),
    "metaimage-data-missing": (_detached("mhd", "elsewhere.raw"), "missing-data-file"),
}

FILE_BAD_INPUTS: dict[str, BadInput] = {**NIFTI, **VALUES, **NRRD, **METAIMAGE}
