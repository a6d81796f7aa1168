"""One image plane, whether it is a file of its own or a frame of an Enhanced CT object.

An Enhanced CT says what holds for all frames once (shared functional groups) and the rest frame by frame (PS3.3
C.7.6.16); nothing is assumed about the order of its frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydicom.dataset import Dataset

from ctscribe.ct.readers import tags
from ctscribe.ct.readers.instances import Instance
from ctscribe.errors import BadScan

CT_IMAGES = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
"""CT, Enhanced CT, Legacy Converted Enhanced CT Image Storage."""

SQUARE = 1e-2
"""How far the direction cosines of an image's rows and columns may be from unit length and from a right angle."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A plane of pixels and where it lies. What the header leaves out or garbles is ``None``.

    Parameters
    ----------
    number : 1-based frame number of a multi-frame object, ``None`` for an object of one frame.
    position : LPS mm of the centre of the first pixel.
    orientation : direction cosines of increasing column, then of increasing row.
    spacing : mm between rows, mm between columns.
    slope, intercept : stored value → HU.
    moment : what tells apart volumes that share a series: attribute in words → value.
    """

    instance: Instance
    number: int | None
    image_type: tuple[str, ...]
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    slope: float | None
    intercept: float | None
    rescale_type: str
    thickness_mm: float | None
    kernel: str
    kvp: float | None
    moment: dict[str, str]

    @property
    def place(self) -> str:
        """How the frame is spoken of."""
        return self.instance.place if self.number is None else f"frame {self.number} of {self.instance.place}"

    @property
    def is_localizer(self) -> bool:
        """Whether it is a scout view."""
        return "LOCALIZER" in self.image_type

    @property
    def is_placed(self) -> bool:
        """Whether its position, orientation and pixel spacing are known and make sense."""
        has_spacing = self.spacing is not None and min(self.spacing) > 0
        return self.position is not None and self.axes is not None and has_spacing

    @cached_property
    def axes(self) -> np.ndarray | None:
        """Rows: unit vectors of increasing row, of increasing column, and the normal; ``None`` if they are not so."""
        if self.orientation is None:
            return None
        along_row, along_column = np.array(self.orientation).reshape(2, 3)
        lengths = np.linalg.norm([along_row, along_column], axis=1)
        if np.abs(lengths - 1).max() > SQUARE or abs(along_row @ along_column) > SQUARE:
            return None
        along_row, along_column = along_row / lengths[0], along_column / lengths[1]
        normal = np.cross(along_row, along_column)
        return np.array([along_column, along_row, normal / np.linalg.norm(normal)])


def frames_of(instance: Instance) -> tuple[Frame, ...]:
    """The planes of an object; one without geometry for an object that is no CT image.

    Raises
    ------
    BadScan : ``bad-multiframe`` when an Enhanced CT does not describe each of its frames.
    """
    header = instance.header
    classic = "PerFrameFunctionalGroupsSequence" not in header and instance.pixels.frames == 1
    if classic or instance.sop_class_uid not in CT_IMAGES:
        return (_frame(instance, None, ()),)
    described = tags.items(header, "PerFrameFunctionalGroupsSequence")
    if len(described) != instance.pixels.frames:
        raise BadScan(
            f"{instance.place} announces {instance.pixels.frames} frames and describes {len(described)} of them",
            hint="export the series again, as Enhanced CT or as one file a slice",
            code="bad-multiframe",
        )
    shared = tags.items(header, "SharedFunctionalGroupsSequence")
    return tuple(_frame(instance, number, (own, *shared)) for number, own in enumerate(described, start=1))


def _frame(instance: Instance, number: int | None, groups: tuple[Dataset, ...]) -> Frame:
    """A frame from its functional groups, its own before the shared; a classic image's header holds them all."""
    header = instance.header

    def macro(sequence: str) -> Dataset:
        found = (item for group in groups for item in tags.items(group, sequence))
        return header if number is None else next(found, Dataset())

    content, rescale = macro("FrameContentSequence"), macro("PixelValueTransformationSequence")
    measures, kind = macro("PixelMeasuresSequence"), macro("CTImageFrameTypeSequence")
    kernel = tags.text(macro("CTReconstructionSequence"), "ConvolutionKernel")
    image_type = tags.texts(kind, "FrameType") or tags.texts(header, "ImageType")
    return Frame(
        instance=instance,
        number=number,
        image_type=tuple(v.upper() for v in image_type),
        position=tags.numbers(macro("PlanePositionSequence"), "ImagePositionPatient", 3),
        orientation=tags.numbers(macro("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        spacing=tags.numbers(measures, "PixelSpacing", 2),
        slope=tags.number(rescale, "RescaleSlope"),
        intercept=tags.number(rescale, "RescaleIntercept"),
        rescale_type=tags.text(rescale, "RescaleType").upper(),
        thickness_mm=tags.number(measures, "SliceThickness"),
        kernel=kernel,
        kvp=tags.number(macro("CTXRayDetailsSequence"), "KVP"),
        moment={
            "image type": "/".join(image_type).upper(),
            "acquisition number": tags.text(content, "FrameAcquisitionNumber" if number else "AcquisitionNumber"),
            "temporal position": tags.text(content, "TemporalPositionIndex")
            or tags.text(content, "TemporalPositionIdentifier"),
            "kernel": kernel,
            "stack": tags.text(content, "StackID"),
            "content time": tags.text(content, "ContentTime"),
        },
    )
