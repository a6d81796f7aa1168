"""From stored pixels to Hounsfield units, frame by frame.

Plain little-endian pixels are read straight into an array; everything else goes through pydicom's decoders. Whatever
the header announces is held against the bytes that are there before anything is allocated.

MONOCHROME1 asks a viewer to show low values white; it does not change what the values mean (PS3.3 C.7.6.3.1.2). They
are therefore rescaled like any others, and the check of the HU scale refuses a file whose values were inverted too.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pydicom
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.uid import AllTransferSyntaxes, JPEGExtended12Bit

from ctscribe.ct.checks import AIR, check_size
from ctscribe.ct.readers.frames import Frame
from ctscribe.ct.readers.instances import UNPARSABLE, Instance
from ctscribe.errors import BadScan

SYNTAXES = {str(uid): uid for uid in AllTransferSyntaxes}

HU_TYPES = frozenset({"", "HU", "HU_MOD", "US"})
"""Rescale types that give Hounsfield units; US (unspecified) is what many scanners write."""

HIGHEST = 3071
"""Top of the 12-bit HU scale."""

MAX_SIDE = 16384
"""Rows or columns that a compressed frame may have: the decoders allocate what the header announces."""


def check_pixels(frames: Sequence[Frame]) -> None:
    """Refuse what cannot be turned into HU, before any pixel is read.

    Raises
    ------
    BadScan : ``no-pixel-data``, ``pixel-format``, ``compressed-syntax``, ``short-pixel-data``, ``no-rescale``,
        ``not-hu``, ``too-large``.
    """
    for instance in {id(f.instance): f.instance for f in frames}.values():
        _check_format(instance)
        _check_length(instance)
    for frame in frames:
        _check_rescale(frame)
    rows, columns = frames[0].instance.pixels.rows, frames[0].instance.pixels.columns
    check_size((len(frames), rows, columns), 2)


def stored_planes(frames: Sequence[Frame]) -> list[np.ndarray]:
    """The stored values of each frame, (row, column), int16 or uint16, as they are in the file.

    Raises
    ------
    BadScan : ``bad-pixel-data`` when compressed pixels cannot be decoded, ``unreadable-file``.
    """
    wanted: dict[int, list[int]] = {}
    for i, frame in enumerate(frames):
        wanted.setdefault(id(frame.instance), []).append(i)
    planes: list[np.ndarray] = [np.empty(0)] * len(frames)
    for places in wanted.values():
        instance = frames[places[0]].instance
        numbers = [(frames[i].number or 1) - 1 for i in places]
        read = _decoded if instance.pixels.encapsulated else _plain
        for i, plane in zip(places, read(instance, numbers), strict=True):
            planes[i] = plane
    return planes


def hounsfield(stored: np.ndarray, frame: Frame) -> np.ndarray:
    """HU of a frame: int16 where they are whole numbers in range, else float32. Padding above the scale becomes air.

    Padding below the scale stays as it is: every format's reader clamps it in the same way later.
    """
    pixels, slope, intercept = frame.instance.pixels, frame.slope, frame.intercept
    assert slope is not None and intercept is not None
    padding = _padding(stored, frame)
    values = _significant(stored, frame) if pixels.bits_allocated == 16 else stored
    ends = [int(v) * slope + intercept for v in (values.min(), values.max())]
    whole = slope.is_integer() and intercept.is_integer()
    if whole and min(ends) >= -(2**15) and max(ends) < 2**15:
        # Modulo 2^16 nothing is lost on the way, since the results fit.
        scaled = values.view(np.uint16) * np.uint16(int(slope) % 2**16) if slope != 1 else values.view(np.uint16)
        hu = (scaled + np.uint16(int(intercept) % 2**16)).view(np.int16)
    else:
        hu = (values * slope + intercept).astype(np.float32)
    if padding is not None:
        hu[padding] = AIR
    return hu


def _check_format(instance: Instance) -> None:
    pixels, place = instance.pixels, instance.place
    if pixels.offset is None or pixels.held_bytes == 0:
        raise BadScan(f"{place} holds no pixels", hint="copy or export the scan again", code="no-pixel-data")
    sensible = 1 <= pixels.bits_stored <= pixels.bits_allocated and pixels.bits_stored - 1 <= pixels.high_bit
    if pixels.bits_allocated not in (8, 16) or not sensible or pixels.high_bit >= pixels.bits_allocated:
        raise BadScan(
            f"{place} stores {pixels.bits_stored} of {pixels.bits_allocated} bits a pixel, a CT has up to 16 of 16",
            hint="export the original series instead of a processed one",
            code="pixel-format",
        )
    if pixels.encapsulated and _decoder(instance) is None:
        syntax = SYNTAXES[instance.syntax].name if instance.syntax in SYNTAXES else "an unknown syntax"
        raise BadScan(
            f"{place} is compressed as {syntax}, which cannot be decoded here",
            hint="convert the series to uncompressed or JPEG-LS DICOM (for instance dcmdjpeg of dcmtk)",
            code="compressed-syntax",
        )


def _decoder(instance: Instance) -> Decoder | None:
    """pydicom's decoder for the object's transfer syntax, where there is one and what it needs is installed."""
    if instance.syntax == JPEGExtended12Bit and instance.pixels.bits_stored > 8:
        # The decoder that pydicom finds for it, Pillow's, stops at eight bits.
        return None
    try:
        decoder = get_decoder(SYNTAXES[instance.syntax])
    except (KeyError, NotImplementedError):
        return None
    return decoder if decoder.is_available else None


def _check_length(instance: Instance) -> None:
    pixels = instance.pixels
    check_size((pixels.frames, pixels.rows, pixels.columns), 2)
    needed = pixels.frame_bytes * pixels.frames
    if not pixels.encapsulated and pixels.held_bytes < needed:
        raise BadScan(
            f"{instance.place} is cut short: its pixels need {needed} bytes, {pixels.held_bytes} are there",
            hint="copy or export the scan again",
            code="short-pixel-data",
        )
    if pixels.encapsulated and max(pixels.rows, pixels.columns) > MAX_SIDE:
        raise BadScan(f"{instance.place} announces {pixels.rows}×{pixels.columns} pixels", code="too-large")


def _check_rescale(frame: Frame) -> None:
    if not frame.slope or frame.intercept is None:
        raise BadScan(
            f"{frame.place} has no rescale slope and intercept, so its values cannot be turned into Hounsfield units",
            hint="export the original CT series from the PACS",
            code="no-rescale",
        )
    if frame.rescale_type not in HU_TYPES:
        raise BadScan(
            f"{frame.place} does not hold Hounsfield units by its own rescale type",
            hint="choose the series of CT images instead of a material or effective-atomic-number map",
            code="not-hu",
        )


def _plain(instance: Instance, numbers: list[int]) -> list[np.ndarray]:
    """Frames of an uncompressed little-endian object by 0-based number, straight from the file."""
    pixels = instance.pixels
    kind = "i" if pixels.signed else "u"
    count = pixels.rows * pixels.columns
    try:
        with instance.path.open("rb") as file:
            planes = []
            for number in numbers:
                file.seek((pixels.offset or 0) + number * pixels.frame_bytes)
                planes.append(np.fromfile(file, dtype=f"<{kind}{pixels.bits_allocated // 8}", count=count))
    except OSError as error:
        raise BadScan(f"{instance.place} can no longer be read", code="unreadable-file") from error
    if any(p.size < count for p in planes):
        raise BadScan(f"{instance.place} changed while it was read", code="unreadable-file")
    return [p.reshape(pixels.rows, pixels.columns).astype(f"{kind}2", copy=False) for p in planes]


def _decoded(instance: Instance, numbers: list[int]) -> list[np.ndarray]:
    """Frames of any other object by 0-based number, through pydicom's decoder of its transfer syntax."""
    pixels, decoder = instance.pixels, _decoder(instance)
    assert decoder is not None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(instance.path, force=True)
            planes = [plane for plane, _ in decoder.iter_array(header, indices=numbers, raw=True)]
    except (*UNPARSABLE, RuntimeError) as error:
        raise BadScan(
            f"the compressed pixels of {instance.place} cannot be decoded",
            hint="copy or export the scan again",
            code="bad-pixel-data",
        ) from error
    if any(p.shape != (pixels.rows, pixels.columns) for p in planes):
        raise BadScan(f"the pixels of {instance.place} are not of the size its header says", code="bad-pixel-data")
    return [p.astype("i2" if pixels.signed else "u2", copy=True) for p in planes]


def _significant(stored: np.ndarray, frame: Frame) -> np.ndarray:
    """The stored bits moved to the low end and, if signed, their sign extended: other bits may hold overlays."""
    pixels = frame.instance.pixels
    if pixels.bits_stored == 16:
        return stored
    upper = stored.view(np.uint16) << (15 - pixels.high_bit)
    return upper.view(stored.dtype) >> (16 - pixels.bits_stored)


def _padding(stored: np.ndarray, frame: Frame) -> np.ndarray | None:
    """Where a frame is padded with a value above the HU scale; a value within it may be tissue and is let stand."""
    pixels, slope, intercept = frame.instance.pixels, frame.slope or 1.0, frame.intercept or 0.0
    if pixels.padding is None:
        return None
    # Many files write the attribute as unsigned although their pixels are signed.
    ends = [
        int(np.array(v % 2**16, dtype=np.uint16).view(stored.dtype))
        for v in (pixels.padding, pixels.padding if pixels.padding_limit is None else pixels.padding_limit)
    ]
    if min(v * slope + intercept for v in ends) <= HIGHEST:
        return None
    return (stored >= min(ends)) & (stored <= max(ends))
