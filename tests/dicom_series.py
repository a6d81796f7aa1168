"""Small synthetic DICOM series, drawn from the chest phantom. They carry a patient's identity that must never leak."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from phantoms import chest_phantom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian

from ctscribe.ct.readers.frames import Frame, frames_of
from ctscribe.ct.readers.instances import read_instance
from ctscribe.ct.volume import CTVolume

ROOT = "1.2.826.0.1.3680043.8.498.77"
IDENTITY = ("ZEBRA^PATIENT", "MRN-90210", "19480229")
INTERCEPT = -1024


@cache
def series_phantom() -> CTVolume:
    """The phantom the series are drawn from: 30×64×80 voxels of 10×5×5 mm."""
    return chest_phantom((30, 64, 80), (10.0, 5.0, 5.0))[0]


def slices(
    hu: np.ndarray | None = None, affine: np.ndarray | None = None, *, number: int = 3, **attributes: object
) -> list[Dataset]:
    """One CT object a plane of ``hu`` (slice, row, column), whose ``affine`` maps an index to LPS mm.

    Parameters
    ----------
    number : series number, which is also in the UIDs.
    attributes : set on every object, over the defaults.
    """
    volume = series_phantom()
    hu, affine = volume.hu if hu is None else hu, volume.affine if affine is None else affine
    return [_slice(plane, affine, k, number, attributes) for k, plane in enumerate(hu)]


def write(
    datasets: Sequence[Dataset], folder: Path, *, syntax: str = ExplicitVRLittleEndian, shuffle: int | None = 0
) -> Path:
    """Write objects under names that say nothing of their order (``shuffle`` seeds it), and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.arange(len(datasets)) if shuffle is None else np.random.default_rng(shuffle).permutation(len(datasets))
    for name, dataset in zip(order, datasets, strict=True):
        save(dataset, folder / f"{dataset.get('SeriesNumber', 0)}-{name:03d}.dcm", syntax)
    return folder


def save(dataset: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write one object as a DICOM file; a transfer syntax it already carries (compressed pixels) is kept."""
    meta = dataset.file_meta if hasattr(dataset, "file_meta") else FileMetaDataset()
    if "TransferSyntaxUID" not in meta:
        meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)
    return path


def edited(datasets: Sequence[Dataset], edit: Callable[[Dataset], None], at: int | None = None) -> list[Dataset]:
    """The objects after ``edit`` of each of them, or of the one at ``at``."""
    for i, dataset in enumerate(datasets):
        if at is None or i == at:
            edit(dataset)
    return list(datasets)


def moved(dataset: Dataset, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
    """Shift an object's plane by mm toward Left, Posterior and Superior."""
    dataset.ImagePositionPatient = [float(p) + d for p, d in zip(dataset.ImagePositionPatient, (x, y, z), strict=True)]


def frames(datasets: Sequence[Dataset], folder: Path) -> list[Frame]:
    """The reader's frames of the objects, in the order of their shuffled files."""
    instances = [read_instance(p, p.name, identity=False) for p in sorted(write(datasets, folder / "series").iterdir())]
    return [frame for instance in instances if instance for frame in frames_of(instance)]


def enhanced(datasets: Sequence[Dataset], order: Sequence[int]) -> Dataset:
    """One Enhanced CT object of the planes in the given order, what they share in the shared functional groups."""
    first = datasets[0]
    whole = copy.deepcopy(first)
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.SOPInstanceUID = first.SOPInstanceUID + ".99"
    whole.NumberOfFrames = len(order)
    whole.PixelData = b"".join(datasets[i].PixelData for i in order)
    shared = Dataset()
    shared.PixelMeasuresSequence = [_part(first, "PixelSpacing", "SliceThickness")]
    shared.PlaneOrientationSequence = [_part(first, "ImageOrientationPatient")]
    shared.CTImageFrameTypeSequence = [Dataset()]
    shared.CTImageFrameTypeSequence[0].FrameType = first.ImageType
    shared.CTReconstructionSequence = [_part(first, "ConvolutionKernel")]
    shared.CTXRayDetailsSequence = [_part(first, "KVP")]
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = []
    for i in order:
        own = Dataset()
        own.PlanePositionSequence = [_part(datasets[i], "ImagePositionPatient")]
        own.PixelValueTransformationSequence = [_part(datasets[i], "RescaleSlope", "RescaleIntercept", "RescaleType")]
        whole.PerFrameFunctionalGroupsSequence.append(own)
    for moved in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "KVP"):
        del whole[moved]
    for moved in ("RescaleSlope", "RescaleIntercept", "RescaleType", "ConvolutionKernel", "AcquisitionNumber"):
        del whole[moved]
    return whole


def _part(dataset: Dataset, *keywords: str) -> Dataset:
    part = Dataset()
    for keyword in keywords:
        part[keyword] = dataset[keyword]
    return part


def _slice(plane: np.ndarray, affine: np.ndarray, k: int, number: int, attributes: dict[str, object]) -> Dataset:
    step, down, right = affine[:3, :3].T
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{ROOT}.{number}.{k + 1}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT}.1", f"{ROOT}.{number}"
    dataset.FrameOfReferenceUID = f"{ROOT}.2"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = IDENTITY
    dataset.PatientSex, dataset.AccessionNumber, dataset.StudyID, dataset.StudyDate = "F", "ACC-4711", "S1", "20200131"
    dataset.Modality, dataset.SeriesNumber, dataset.SeriesDescription = "CT", number, "Thorax 10.0"
    dataset.ImageType, dataset.Manufacturer = ["ORIGINAL", "PRIMARY", "AXIAL"], "ACME"
    dataset.ConvolutionKernel, dataset.KVP, dataset.SliceThickness = "B31f", 120, float(np.linalg.norm(step))
    dataset.AcquisitionNumber, dataset.InstanceNumber = 1, k + 1
    dataset.ImagePositionPatient = [float(v) for v in affine[:3, 3] + k * step]
    axes = [*(right / np.linalg.norm(right)), *(down / np.linalg.norm(down))]
    dataset.ImageOrientationPatient = [float(round(v, 9)) + 0.0 for v in axes]
    dataset.PixelSpacing = [float(np.linalg.norm(down)), float(np.linalg.norm(right))]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = plane.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = 1, INTERCEPT, "HU"
    dataset.PixelData = (plane.astype(np.int32) - INTERCEPT).astype("<u2").tobytes()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset
