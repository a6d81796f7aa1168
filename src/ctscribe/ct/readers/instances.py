"""One DICOM file read up to its pixels: what the pixels are, and where in the file they lie."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from ctscribe.ct.readers import tags
from ctscribe.ct.readers.attributes import IDENTITY, READ
from ctscribe.ct.volume import PatientIdentity
from ctscribe.errors import BadScan

DICOMDIR = "1.2.840.10008.1.3.10"

UNPARSABLE = (*tags.MALFORMED, OSError, EOFError, RecursionError, struct.error, zlib.error)
"""What reading a damaged file can raise."""

MAX_INFLATION, INFLATION_FROM_BYTES = 100, 2**25
"""How many times larger a deflated file may grow, once it grows beyond the second number; CT shrinks up to tenfold."""

_PIXEL_DATA = {(0x7FE0, 0x0008), (0x7FE0, 0x0009), (0x7FE0, 0x0010)}
"""Float, double and whole-number pixels; the first two allocate more bits than a CT may, and are refused for that."""

_UNDEFINED_LENGTH = 0xFFFFFFFF
_FIRST_GROUPS = {b"\x02\x00", b"\x08\x00", b"\x00\x08"}
_FIRST_ELEMENTS = {0x00, 0x01, 0x05, 0x08, 0x12, 0x16, 0x18}


@dataclass(frozen=True)
class PixelFormat:
    """How pixels are stored (PS3.3 C.7.6.3), and where: ``offset`` is ``None`` when the file holds none.

    ``held_bytes`` is what of them lies in the file, whatever the header announces. ``encapsulated`` pixels are
    compressed or otherwise not a plain little-endian array at ``offset``.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    padding: int | None
    padding_limit: int | None
    offset: int | None
    held_bytes: int
    encapsulated: bool

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame as a plain array."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8


@dataclass(frozen=True, eq=False)
class Instance:
    """A DICOM object without its pixels.

    ``place`` is how it is spoken of ("file 10 of 133"), since its name may be the patient's. ``header`` holds the
    attributes of ``READ`` and no others.
    """

    path: Path
    place: str
    syntax: str
    header: FileDataset = field(repr=False)
    pixels: PixelFormat
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    modality: str
    patient: PatientIdentity | None = field(repr=False)


def looks_like_dicom(start: bytes) -> bool:
    """From a file's first 132 bytes: the DICM mark, or a data set without preamble that opens as they do."""
    if start[128:132] == b"DICM":
        return True
    return len(start) >= 132 and start[:2] in _FIRST_GROUPS and (start[2] | start[3]) in _FIRST_ELEMENTS


def read_instance(path: Path, place: str, *, identity: bool) -> Instance | None:
    """The header of a DICOM file; ``None`` for a file that is something else, a DICOMDIR included.

    Raises
    ------
    BadScan : ``unreadable-file`` when it cannot be opened, or bears DICOM's mark and cannot be parsed.
    """
    marked = True
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = file.read(132)
            if not looks_like_dicom(start):
                return None
            marked = start[128:132] == b"DICM"
            header, pixels = _read_header(file, (*READ, *IDENTITY.values()) if identity else READ)
    except UNPARSABLE as error:
        if not marked:
            return None
        raise _unreadable(place) from error
    sop_class, series = tags.text(header, "SOPClassUID"), tags.text(header, "SeriesInstanceUID")
    if sop_class == DICOMDIR or tags.text(header.file_meta, "MediaStorageSOPClassUID") == DICOMDIR:
        return None
    if not series:
        if not marked:
            return None
        raise _unreadable(place)
    patient = PatientIdentity(**{name: tags.text(header, keyword) for name, keyword in IDENTITY.items()})
    return Instance(
        path=path,
        place=place,
        syntax=tags.text(header.file_meta, "TransferSyntaxUID"),
        header=header,
        pixels=pixels,
        sop_class_uid=sop_class,
        sop_instance_uid=tags.text(header, "SOPInstanceUID"),
        series_instance_uid=series,
        modality=tags.text(header, "Modality").upper(),
        patient=patient if identity else None,
    )


def _unreadable(place: str) -> BadScan:
    return BadScan(
        f"{place} starts as DICOM and cannot be read",
        hint="copy or export the scan again, or take the file out of the folder",
        code="unreadable-file",
    )


def _read_header(file: BinaryIO, wanted: Sequence[str]) -> tuple[FileDataset, PixelFormat]:
    """The wanted attributes, and where the pixels are."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    if DeflatedExplicitVRLittleEndian.encode() in file.read(2048):
        return _read_deflated(file, wanted)
    file.seek(0)
    header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(wanted))
    implicit, little = header.original_encoding
    start = file.read(12)
    if len(start) < 8:
        return header, _pixel_format(header, None, 0, encapsulated=False)
    order = "<" if little else ">"
    tag = struct.unpack(f"{order}HH", start[:4])
    length = struct.unpack(f"{order}I", start[4:8] if implicit else start[8:12])[0]
    offset = file.tell() - len(start) + (8 if implicit else 12)
    if tag not in _PIXEL_DATA:
        return header, _pixel_format(header, None, 0, encapsulated=False)
    if length == _UNDEFINED_LENGTH or not little:
        return header, _pixel_format(header, offset, size - offset, encapsulated=True)
    return header, _pixel_format(header, offset, max(0, min(length, size - offset)), encapsulated=False)


def _read_deflated(file: BinaryIO, wanted: Sequence[str]) -> tuple[FileDataset, PixelFormat]:
    """As ``_read_header`` for the deflated syntax, whose file is inflated whole, after a look at how far it grows."""
    file.seek(132)
    start = file.read(12)
    if start[:4] != b"\x02\x00\x00\x00":
        raise ValueError("no length of the file meta group")
    file.seek(struct.unpack("<I", start[8:])[0], os.SEEK_CUR)
    _refuse_inflation(file.read())
    file.seek(0)
    header = pydicom.dcmread(file, force=True, specific_tags=[*wanted, "PixelData"])
    if "PixelData" not in header:
        return header, _pixel_format(header, None, 0, encapsulated=True)
    held = len(header.PixelData)
    del header.PixelData
    return header, _pixel_format(header, 0, held, encapsulated=True)


def _refuse_inflation(packed: bytes) -> None:
    """Inflate piece by piece, keeping nothing, and give up on a bomb."""
    limit = max(INFLATION_FROM_BYTES, MAX_INFLATION * len(packed))
    inflater, grown = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while packed and not inflater.eof:
        grown += len(inflater.decompress(packed, 2**24))
        packed = inflater.unconsumed_tail
        if grown > limit:
            raise ValueError("grows beyond any CT object")


def _pixel_format(header: FileDataset, offset: int | None, held_bytes: int, *, encapsulated: bool) -> PixelFormat:
    """What the image pixel module says; what it leaves out is what a CT has by definition."""
    allocated = tags.integer(header, "BitsAllocated") or 16
    stored = tags.integer(header, "BitsStored") or allocated
    frames = tags.integer(header, "NumberOfFrames")
    high_bit = tags.integer(header, "HighBit")
    return PixelFormat(
        rows=tags.integer(header, "Rows") or 0,
        columns=tags.integer(header, "Columns") or 0,
        frames=1 if frames is None else frames,
        samples=tags.integer(header, "SamplesPerPixel") or 1,
        photometric=tags.text(header, "PhotometricInterpretation").upper() or "MONOCHROME2",
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high_bit is None else high_bit,
        signed=tags.integer(header, "PixelRepresentation") == 1,
        padding=tags.integer(header, "PixelPaddingValue"),
        padding_limit=tags.integer(header, "PixelPaddingRangeLimit"),
        offset=offset,
        held_bytes=held_bytes,
        encapsulated=encapsulated,
    )
