"""The masks that a user brings, in whatever form, as a segmenter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap, label_counts
from ctscribe.anatomy.segmenters.belonging import check_belongs
from ctscribe.anatomy.segmenters.class_names import meaning_of, nearest_names
from ctscribe.anatomy.segmenters.dicom_seg import is_dicom, read_segmentation, segmentation_files
from ctscribe.anatomy.segmenters.gathering import Gathering
from ctscribe.anatomy.segmenters.mask_files import MaskImage, is_mask_file, read_mask_image
from ctscribe.anatomy.segmenters.mask_folder import gather_folder, mask_files
from ctscribe.anatomy.segmenters.name_tables import NameTable, names_file_beside, read_name_table, stem_of
from ctscribe.anatomy.taxonomy import totalsegmentator_classes
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadMasks

SOURCE = "masks given by the user"

ASSUMED = "The masks name no labels; their ids were read as those of TotalSegmentator's task total."

MIN_INSIDE = 0.5
"""Masks of which a smaller part lies inside the scan are another scan's."""

WELL_INSIDE = 0.95


class UserMasks:
    """Organs and lesions from files.

    Parameters
    ----------
    path : a multi-label NIfTI, NRRD or MetaImage; a folder with one file a class; a DICOM segmentation or a folder of
        them; or what ``anatomy.writing`` wrote.
    names : the names file of a multi-label image, when it does not lie beside it.
    force : go on although the masks do not fit the scan; the label map's notes then say that they do not.

    Labels are named, in this order, by ``names``, by ``<stem>.json`` or ``.csv`` beside the image, by the image's own
    header, or by its file name if it is one mask. Otherwise they are read as TotalSegmentator's ``total`` ids, which
    the label map's notes then say.
    """

    name = "masks"

    def __init__(self, path: Path, names: Path | None = None, *, force: bool = False) -> None:
        if not path.exists():
            raise BadMasks(f"there are no masks at {path.name}", hint="check the path", code="masks-not-found")
        self.path = path
        self.names = names
        self.force = force

    def __call__(self, volume: CTVolume) -> LabelMap:
        """The masks on the volume's grid.

        Raises
        ------
        BadMasks : the masks cannot be read or named, are empty, or are not of this scan.
        """
        gathering = Gathering(volume)
        table = self._gather(gathering)
        _check_content(gathering)
        labelmap = LabelMap(
            labels=gathering.tidy_labels(),
            names=gathering.names,
            affine=volume.affine,
            source=f"{table.source}, from a file" if table.source else SOURCE,
            lesions=gathering.lesions,
            confidence=table.confidence,
            approximate=table.approximate,
            notes=(*table.notes, *gathering.notes, *_further_notes(gathering)),
        )
        return replace(labelmap, notes=labelmap.notes + self._fit(labelmap, volume))

    def _fit(self, labelmap: LabelMap, volume: CTVolume) -> tuple[str, ...]:
        try:
            return check_belongs(labelmap, volume)
        except BadMasks as misfit:
            if not self.force:
                raise
            return (f"{misfit.message[0].upper()}{misfit.message[1:]}.",)

    def _gather(self, gathering: Gathering) -> NameTable:
        if self.path.is_dir():
            images = mask_files(self.path)
            if len(images) == 1 and not meaning_of(stem_of(images[0])):
                return _gather_image(images[0], self.names, gathering)
            if images:
                gather_folder(images, gathering)
            else:
                _gather_segmentations(segmentation_files(self.path), gathering)
            return NameTable({})
        if is_mask_file(self.path):
            return _gather_image(self.path, self.names, gathering)
        if is_dicom(self.path):
            _gather_segmentations([self.path], gathering)
            return NameTable({})
        raise BadMasks(
            f"{self.path.name} is in no known mask format",
            hint="known are NIfTI, NRRD, MetaImage, DICOM SEG and folders of one file a class",
            code="unknown-mask-format",
        )


def _gather_segmentations(files: list[Path], gathering: Gathering) -> None:
    for path in files:
        for image, names in read_segmentation(path, gathering.volume):
            gathering.add(image, names)


def _gather_image(path: Path, names_file: Path | None, gathering: Gathering) -> NameTable:
    image = read_mask_image(path)
    present = [int(label) for label in np.flatnonzero(label_counts(image.labels.T)) if label]
    table = _given_names(image, present, path, names_file)
    named = table is not None
    if table is None:
        table = NameTable(totalsegmentator_classes() if len(present) > 1 else {})
        gathering.note(ASSUMED)
    _refuse_unnamed([label for label in present if label not in table.names], path)
    gathering.add(image, table.names, looked_for=named)
    if table.lesions is not None:
        suffix = path.name[len(stem_of(path)) :]
        lesions = path.with_name(f"{stem_of(path)}_lesions{suffix}")
        if not lesions.is_file():
            raise BadMasks(
                f"the lesion masks {lesions.name} are missing beside {path.name}",
                hint="keep the files of one label map together",
                code="lesion-masks-missing",
            )
        gathering.add(read_mask_image(lesions), table.lesions)
    return table


def _given_names(image: MaskImage, present: list[int], path: Path, names_file: Path | None) -> NameTable | None:
    names_file = names_file or names_file_beside(path)
    if names_file is not None:
        return read_name_table(names_file)
    if image.names:
        return NameTable(image.names)
    if len(present) == 1 and meaning_of(stem_of(path)):
        return NameTable({present[0]: stem_of(path)})
    return None


def _refuse_unnamed(unnamed: list[int], path: Path) -> None:
    if unnamed:
        shown = ", ".join(map(str, unnamed[:5])) + (f" and {len(unnamed) - 5} more" if len(unnamed) > 5 else "")
        raise BadMasks(
            f"{path.name} has labels without a name: {shown}",
            hint='put a names file beside it, {"5": "liver", …} as JSON or id,name as CSV',
            code="unnamed-labels",
        )


def _check_content(gathering: Gathering) -> None:
    if gathering.given_ml == 0:
        raise BadMasks("the masks are empty", hint="every voxel is background: segment again", code="empty-masks")
    if not gathering.names and not gathering.lesions:
        raise BadMasks(
            f"the masks name no class that ctscribe knows: {', '.join(gathering.unknown[:5])}",
            hint=nearest_names(gathering.unknown),
            code="no-known-classes",
        )
    if gathering.inside < MIN_INSIDE:
        raise BadMasks(
            f"only {gathering.inside:.0%} of what the masks cover lies inside the scan",
            hint="give the masks of this very scan",
            code="masks-of-another-scan",
        )


def _further_notes(gathering: Gathering) -> tuple[str, ...]:
    notes = []
    if gathering.inside < WELL_INSIDE:
        notes.append(f"{1 - gathering.inside:.0%} of what the masks cover lies outside the scan.")
    if gathering.unknown:
        count = len(gathering.unknown)
        notes.append(f"{count} mask{'s' if count > 1 else ''} of classes that ctscribe does not know were not used.")
    return tuple(notes)
