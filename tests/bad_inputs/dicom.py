"""Bad DICOM scans: name → (what writes it under a folder and returns the path to give, the code of its refusal).

Every builder starts from the good synthetic series of ``dicom_series`` and breaks one thing.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from dicom_series import IDENTITY, INTERCEPT, edited, enhanced, moved, save, series_phantom, slices, write
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HEVCMP51,
    DeflatedExplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    SecondaryCaptureImageStorage,
)

BadInput = tuple[Callable[[Path], Path], str]


def _broken(edit: Callable[[Dataset], None], at: int | None = None) -> Callable[[Path], Path]:
    """A series after ``edit`` of every object, or of one."""
    return lambda folder: write(edited(slices(), edit, at), folder / "series")


def _with(**attributes: object) -> Callable[[Path], Path]:
    return lambda folder: write(slices(**attributes), folder / "series")


def _without(keyword: str, at: int | None = None) -> Callable[[Path], Path]:
    return _broken(lambda dataset: delattr(dataset, keyword), at)


def _kept(keep: Callable[[int], bool]) -> Callable[[Path], Path]:
    """A series of which only some slices are there."""
    return lambda folder: write([d for k, d in enumerate(slices()) if keep(k)], folder / "series")


def _sheared(degrees: float) -> Callable[[Path], Path]:
    """Axial planes whose stack leans toward Posterior."""

    def build(folder: Path) -> Path:
        lean = np.tan(np.radians(degrees))
        return write(edited(slices(), lambda d: moved(d, y=lean * float(d.ImagePositionPatient[2]))), folder / "series")

    return build


def _stored(values: Callable[[np.ndarray], np.ndarray], **attributes: object) -> Callable[[Path], Path]:
    """A series whose stored values were changed behind the header's back."""

    def build(folder: Path) -> Path:
        hu = values(series_phantom().hu.astype(np.int32))
        return write(slices(hu, **attributes), folder / "series")

    return build


def _different_duplicate(folder: Path) -> Path:
    twin = slices()[12]
    twin.SOPInstanceUID += ".7"
    twin.PixelData = bytes(reversed(twin.PixelData))
    return write([*slices(), twin], folder / "series")


def _one_slice_again_and_again(folder: Path) -> Path:
    copies = [slices()[12] for _ in range(12)]
    for i, dataset in enumerate(copies):
        dataset.SOPInstanceUID += f".{i}"
    return write(copies, folder / "series")


def _cut_file(keep: float, at: int = 9) -> Callable[[Path], Path]:
    """One file of the series cut to a fraction of its length."""

    def build(folder: Path) -> Path:
        path = sorted(write(slices(), folder / "series", shuffle=None).iterdir())[at]
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
        return path.parent

    return build


def _odd_size(folder: Path) -> Path:
    datasets = slices()
    datasets[14].Rows, datasets[14].PixelData = 32, datasets[14].PixelData[: 32 * 80 * 2]
    return write(datasets, folder / "series")


def _single_slice(folder: Path) -> Path:
    return sorted(write(slices(), folder / "series").iterdir())[0]


def _multiframe(edit: Callable[[Dataset], None]) -> Callable[[Path], Path]:
    """One Enhanced CT file after ``edit``."""

    def build(folder: Path) -> Path:
        whole = enhanced(slices(), range(30))
        edit(whole)
        folder.mkdir(parents=True, exist_ok=True)
        return save(whole, folder / "multiframe.dcm")

    return build


def _unplaced_frames(whole: Dataset) -> None:
    for own in whole.PerFrameFunctionalGroupsSequence:
        del own.PlanePositionSequence


def _encapsulated(payload: bytes, syntax: str, **attributes: object) -> Callable[[Path], Path]:
    """A series that claims to be compressed."""

    def build(folder: Path) -> Path:
        def compress(dataset: Dataset) -> None:
            dataset.file_meta = FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = syntax
            dataset.PixelData = encapsulate([payload])
            dataset["PixelData"].is_undefined_length = True

        return write(edited(slices(**attributes), compress), folder / "series")

    return build


def _float_pixels(dataset: Dataset) -> None:
    dataset.FloatPixelData = np.zeros((64, 80), dtype="<f4").tobytes()
    dataset.BitsAllocated = 32
    del dataset.PixelData


def _localizers(folder: Path) -> Path:
    return write(slices(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[:2], folder / "series")


def _colour(dataset: Dataset) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = bytes(64 * 80 * 3)


def _pet_and_capture(folder: Path) -> Path:
    write(slices(number=4, Modality="PT", SOPClassUID="1.2.840.10008.5.1.4.1.1.128"), folder / "study")
    return write(slices(number=5, SOPClassUID=SecondaryCaptureImageStorage), folder / "study")


def _garbage(folder: Path) -> Path:
    series = write(slices(), folder / "series")
    (series / "broken.dcm").write_bytes(bytes(128) + b"DICM" + bytes(range(256)) * 4)
    return series


def _dicomdir_only(folder: Path) -> Path:
    directory = Dataset()
    directory.SOPClassUID, directory.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    (folder / "cd").mkdir(parents=True)
    save(directory, folder / "cd" / "DICOMDIR")
    return folder / "cd"


def _no_dicom(folder: Path) -> Path:
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "readme.txt").write_text("no scan here")
    return folder / "notes"


def _empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir(parents=True)
    return folder / "empty"


def _text_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notes.txt").write_text("no scan here " * 40)
    return folder / "notes.txt"


def _deflate_bomb(folder: Path) -> Path:
    dataset = slices()[0]
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.file_meta = meta
    path = save(dataset, write(slices()[1:], folder / "series") / "bomb.dcm")
    whole = path.read_bytes()
    start = 144 + int.from_bytes(whole[140:144], "little")
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = bytes(2**24)
    path.write_bytes(whole[:start] + b"".join(packer.compress(block) for _ in range(4)) + packer.flush())
    return path.parent


def _zip(fill: Callable[[zipfile.ZipFile, Path], None]) -> Callable[[Path], Path]:
    """An archive filled by ``fill``, which also gets a folder to work in."""

    def build(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / "scan.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            fill(archive, folder)
        return folder / "scan.zip"

    return build


def _pack_series(archive: zipfile.ZipFile, folder: Path) -> None:
    for path in sorted(write(slices(), folder / "series").iterdir()):
        archive.write(path, path.name)


def _pack_named(name: str) -> Callable[[zipfile.ZipFile, Path], None]:
    def fill(archive: zipfile.ZipFile, folder: Path) -> None:
        _pack_series(archive, folder)
        archive.writestr(name, b"escaped")

    return fill


def _pack_link(archive: zipfile.ZipFile, folder: Path) -> None:
    _pack_series(archive, folder)
    link = zipfile.ZipInfo("slice.dcm")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    archive.writestr(link, "/etc/passwd")


def _pack_bomb(archive: zipfile.ZipFile, folder: Path) -> None:
    with archive.open("slice.dcm", "w", force_zip64=True) as member:
        for _ in range(8):
            member.write(bytes(2**24))


def _pack_archive(archive: zipfile.ZipFile, folder: Path) -> None:
    inner = _zip(_pack_series)(folder / "inner")
    archive.write(inner, "scan.zip")


def _pack_two_volumes(archive: zipfile.ZipFile, folder: Path) -> None:
    for name in ("a.nrrd", "b.nrrd"):
        archive.writestr(name, b"NRRD0004\ntype: short\n\n")


def _patched_zip(patch: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """A good archive of the series whose bytes were changed afterwards."""

    def build(folder: Path) -> Path:
        path = _zip(_pack_series)(folder)
        path.write_bytes(patch(path.read_bytes()))
        return path

    return build


def _encrypt(whole: bytes) -> bytes:
    """Bit 0 of the general purpose flags of the first member, in its local and its central header."""
    patched = bytearray(whole)
    patched[6] |= 1
    patched[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(patched)


def _flip_byte(whole: bytes) -> bytes:
    patched = bytearray(whole)
    patched[4000] ^= 0xFF
    return bytes(patched)


DICOM_BAD_INPUTS: dict[str, BadInput] = {
    "path that is not there": (lambda folder: folder / IDENTITY[0], "not-found"),
    "empty folder": (_empty_folder, "empty-folder"),
    "folder without DICOM": (_no_dicom, "no-dicom"),
    "DICOMDIR alone": (_dicomdir_only, "no-dicom"),
    "text file": (_text_file, "unknown-format"),
    "single slice": (_single_slice, "single-slice"),
    "five slices": (_kept(lambda k: k < 5), "too-few-slices"),
    "one slice again and again": (_one_slice_again_and_again, "too-few-slices"),
    "missing slice": (_kept(lambda k: k != 10), "missing-slices"),
    "three gaps": (_kept(lambda k: k not in (5, 6, 14, 20)), "missing-slices"),
    "slice far away": (_broken(lambda d: moved(d, z=2000), 29), "missing-slices"),
    "two images at one position": (_different_duplicate, "duplicate-slices"),
    "uneven slices": (_broken(lambda d: moved(d, z=4), 10), "uneven-slices"),
    "stack that leans 40 degrees": (_sheared(40), "gantry-tilt"),
    "slice shifted in its plane": (_broken(lambda d: moved(d, x=30), 10), "shifted-slices"),
    "slice of another size": (_odd_size, "missing-slices"),
    "MR": (_with(Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4"), "wrong-modality"),
    "PET": (_with(Modality="PT", SOPClassUID="1.2.840.10008.5.1.4.1.1.128"), "wrong-modality"),
    "PET and secondary capture": (_pet_and_capture, "no-ct-series"),
    "localizers": (_localizers, "localizer"),
    "secondary capture": (_with(SOPClassUID=SecondaryCaptureImageStorage), "secondary-capture"),
    "colour images": (_broken(_colour), "secondary-capture"),
    "maximum intensity projection": (_with(ImageType=["DERIVED", "SECONDARY", "MIP"]), "projection"),
    "no rescale tags": (_without("RescaleSlope"), "no-rescale"),
    "one slice without rescale": (_without("RescaleIntercept", 4), "no-rescale"),
    "rescale slope zero": (_with(RescaleSlope=0), "no-rescale"),
    "effective atomic number": (_with(RescaleType="Z_EFF"), "not-hu"),
    "inverted MONOCHROME1": (_stored(lambda hu: 2047 - hu, PhotometricInterpretation="MONOCHROME1"), "inverted"),
    "rescaled twice": (_stored(lambda hu: hu + INTERCEPT, PixelRepresentation=1), "rescaled-twice"),
    "never rescaled": (_with(RescaleIntercept=0), "rescaled-never"),
    "short pixel data": (_broken(lambda d: setattr(d, "PixelData", d.PixelData[:-200]), 7), "short-pixel-data"),
    "file cut in its pixels": (_cut_file(0.5), "short-pixel-data"),
    "file cut in its header": (_cut_file(0.02), "unreadable-file"),
    "no pixel data": (_without("PixelData", 3), "no-pixel-data"),
    "DICOM mark before garbage": (_garbage, "unreadable-file"),
    "pixel spacing zero": (_with(PixelSpacing=[0, 0]), "no-pixel-spacing"),
    "no pixel spacing": (_without("PixelSpacing"), "no-pixel-spacing"),
    "pixel spacing of 50 mm": (_with(PixelSpacing=[50, 50]), "bad-spacing"),
    "no position": (_without("ImagePositionPatient"), "no-position"),
    "one slice without position": (_without("ImagePositionPatient", 29), "no-position"),
    "no orientation": (_without("ImageOrientationPatient"), "no-position"),
    "rows and columns not at right angles": (_with(ImageOrientationPatient=[1, 0, 0, 0.7, 0.7, 0]), "no-position"),
    "65535 × 65535 header": (_with(Rows=65535, Columns=65535), "too-large"),
    "3000 × 3000 header": (_with(Rows=3000, Columns=3000), "short-pixel-data"),
    "32 bits a pixel": (_with(BitsAllocated=32, BitsStored=32, HighBit=31), "pixel-format"),
    "float pixels": (_broken(_float_pixels), "pixel-format"),
    "JPEG lossless": (_encapsulated(b"\xff\xd8\xff\xd9", JPEGLosslessSV1), "compressed-syntax"),
    "12-bit JPEG": (
        _encapsulated(b"\xff\xd8\xff\xd9", JPEGExtended12Bit, BitsStored=12, HighBit=11),
        "compressed-syntax",
    ),
    "HEVC video": (_encapsulated(bytes(64), HEVCMP51), "compressed-syntax"),
    "broken JPEG-LS": (_encapsulated(b"\xff\xd8" + bytes(40) + b"\xff\xd9", JPEGLSLossless), "bad-pixel-data"),
    "compressed 60000 × 60000": (_encapsulated(bytes(64), JPEGLSLossless, Rows=60000, Columns=60000), "too-large"),
    "deflate bomb": (_deflate_bomb, "unreadable-file"),
    "multi-frame short of pixels": (
        _multiframe(lambda d: setattr(d, "PixelData", d.PixelData[: 64 * 80 * 2 * 20])),
        "short-pixel-data",
    ),
    "multi-frame of two billion frames": (
        _multiframe(lambda d: setattr(d, "NumberOfFrames", 2**31 - 1)),
        "bad-multiframe",
    ),
    "multi-frame without positions": (_multiframe(_unplaced_frames), "no-position"),
    "CT with frames but no groups": (_with(NumberOfFrames=4), "bad-multiframe"),
    "zip that is empty": (_zip(lambda archive, folder: None), "zip-empty"),
    "zip without a scan": (_zip(lambda archive, folder: archive.writestr("a.txt", "none")), "zip-no-scan"),
    "zip in a zip": (_zip(_pack_archive), "zip-nested"),
    "zip of two volumes": (_zip(_pack_two_volumes), "zip-several"),
    "zip that climbs out": (_zip(_pack_named("../../escaped.dcm")), "zip-path"),
    "zip with an absolute path": (_zip(_pack_named("/tmp/escaped.dcm")), "zip-path"),
    "zip with a drive letter": (_zip(_pack_named("C:\\escaped.dcm")), "zip-path"),
    "zip with a link": (_zip(_pack_link), "zip-link"),
    "zip bomb": (_zip(_pack_bomb), "zip-bomb"),
    "encrypted zip": (_patched_zip(_encrypt), "zip-encrypted"),
    "zip cut short": (_patched_zip(lambda whole: whole[: len(whole) // 2]), "zip-damaged"),
    "zip with a flipped byte": (_patched_zip(_flip_byte), "zip-damaged"),
}
