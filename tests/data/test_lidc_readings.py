"""Outlines of several readers as one mask; against the mask that another tool made of the same readings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import shared
from data.sources.trees import SQUARE, lidc, lidc_xml
from dicom_series import ROOT, edited, slices, write

from ctscribe.anatomy.segmenters.mask_files import read_mask_image
from ctscribe.anatomy.segmenters.placing import place
from ctscribe.ct.readers import read_volume
from ctscribe.data.lidc_readings import marked_nodules
from ctscribe.errors import BadMasks


def test_voxels_by_the_number_of_readers(tmp_path: Path) -> None:
    folder = lidc(tmp_path) / "LIDC-IDRI/LIDC-IDRI-0001/study/series"
    volume = read_volume(folder)
    counts = [marked_nodules(folder / "069.xml", folder, volume, agreement=n).sum() for n in (1, 2, 3, 4)]
    assert counts == [81, 81, 80, 0]
    everyone = marked_nodules(folder / "069.xml", folder, volume, agreement=3)
    assert not everyone[4, 25, 35]
    assert everyone[4, 24, 34]


def test_readings_of_another_scan_are_refused(tmp_path: Path) -> None:
    folder = write(slices(), tmp_path / "series")
    volume = read_volume(folder)
    file = tmp_path / "readings.xml"
    file.write_text(lidc_xml([[("1.2.3", True, SQUARE)]]))
    with pytest.raises(BadMasks, match="on slices that the scan does not have"):
        marked_nodules(file, folder, volume)
    with pytest.raises(BadMasks, match="the scan is not made of those"):
        marked_nodules(file, folder, replace(volume, meta=replace(volume.meta, dicom=None)))


def test_slices_that_run_another_way_are_refused(tmp_path: Path) -> None:
    def turn(dataset: object) -> None:
        dataset.ImageOrientationPatient = [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0]  # pyright: ignore[reportAttributeAccessIssue]

    folder = write(edited(slices(), turn), tmp_path / "series")
    file = tmp_path / "readings.xml"
    file.write_text(lidc_xml([[(f"{ROOT}.3.5", True, SQUARE)]]))
    with pytest.raises(BadMasks, match="the scan is not made of those"):
        marked_nodules(file, folder, read_volume(folder))


@pytest.mark.parametrize("text", ["<broken", "<other/>", "no xml"])
def test_what_is_no_reading_is_refused(tmp_path: Path, text: str) -> None:
    folder = write(slices(), tmp_path / "series")
    (tmp_path / "readings.xml").write_text(text)
    with pytest.raises(BadMasks) as caught:
        marked_nodules(tmp_path / "readings.xml", folder, read_volume(folder))
    assert caught.value.code == "bad-readings"


def test_the_real_nodule_is_the_one_that_is_known() -> None:
    folder = shared("lidc0001")
    volume = read_volume(folder / "dicom")
    known = place(read_mask_image(folder / "lidc0001_nodules_1p5mm.nii.gz"), volume)[0] > 0
    found = marked_nodules(folder / "lidc0001_nodules_lidc.xml", folder / "dicom", volume)
    dice = 2 * (found & known).sum() / (found.sum() + known.sum())
    # The known mask has been resampled to 1.5 mm and back.
    assert dice > 0.92
    centres = [np.argwhere(mask).mean(axis=0) for mask in (found, known)]
    assert np.abs(centres[0] - centres[1]).max() < 0.5
