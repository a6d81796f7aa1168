from pathlib import Path

import nibabel
import numpy as np
import pytest

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.writing import nifti_bytes, write_labelmap
from ctscribe.data.phantom.anatomy import Anatomy, packaged_anatomy, read_anatomy
from ctscribe.data.phantom.body import draw_body
from ctscribe.data.phantom.deformation import posed
from ctscribe.errors import BadInput

BONES = ("vertebrae_", "rib_", "sternum", "clavicula", "scapula")


def share(anatomy: Anatomy, names: tuple[str, ...], low: float, high: float, shift: tuple[int, int, int]) -> float:
    """Part of the classes' voxels whose attenuation lies between two values, the label map being shifted."""
    ids = [label for label, name in anatomy.names.items() if name.startswith(names)]
    hu = anatomy.hu[np.roll(np.isin(anatomy.labels, ids), shift, (0, 1, 2))]
    return float(((hu > low) & (hu < high)).mean())


def test_the_label_map_lies_where_the_scan_has_the_organs() -> None:
    anatomy = packaged_anatomy()
    for names, low, high in ((("lung_",), -1000.0, -500.0), (BONES, 100.0, 3000.0)):
        fits = share(anatomy, names, low, high, (0, 0, 0))
        assert fits > 0.75
        for shift in ((1, 0, 0), (-1, 0, 0), (0, 2, 0), (0, -2, 0), (0, 0, 2), (0, 0, -2)):
            assert share(anatomy, names, low, high, shift) < fits - 0.005


def test_nothing_abnormal_is_left() -> None:
    anatomy = packaged_anatomy()
    ids = {name: label for label, name in anatomy.names.items()}
    for vessel in ("heart", "aorta", "superior_vena_cava", "brachiocephalic_vein_right"):
        hu = anatomy.hu[anatomy.labels == ids[vessel]]
        assert hu.max() < 80
        assert 35 < np.median(hu) < 52
    # The mass: a ball of soft tissue 2 cm wide. Vessels are thinner.
    lobe = anatomy.labels == ids["lung_lower_lobe_left"]
    z, y, x = (slice(int(a.min()), int(a.max()) + 1) for a in np.nonzero(lobe))
    dense = (anatomy.hu > -300) & lobe
    where = dense[z, y, x]
    windows = np.lib.stride_tricks.sliding_window_view(where, (4, 8, 8))[::2, ::3, ::3]
    assert windows.mean(axis=(3, 4, 5)).max() < 0.6


def test_air_and_no_table_surround_the_body() -> None:
    anatomy = packaged_anatomy()
    assert (anatomy.hu[:, 224:] == -1000).all()
    assert (anatomy.hu[:, :20] == -1000).all()
    assert (anatomy.labels[anatomy.hu == -1000] == 0).mean() > 0.99


def test_it_is_read_once_and_known_by_its_content() -> None:
    anatomy = packaged_anatomy()
    assert packaged_anatomy() is anatomy
    assert len(anatomy.sha256) == 64
    assert anatomy.spacing == (2.5, 1.40625, 1.40625)
    assert set(LOBES) <= set(anatomy.names.values())


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A small scan with its masks, as a user has them: a phantom's, in portal phase, with a lesion."""
    stream = (draw_body(np.random.default_rng(seed), frozenset(), (40, 72, 72)) for seed in range(100))
    canvas = posed(packaged_anatomy(), next(body for body in stream if body.phase == "portal"))
    lesion = np.zeros(canvas.labels.shape, bool)
    middle = [int(np.median(axis)) for axis in np.nonzero(canvas.mask("lung_lower_lobe_right"))]
    lesion[middle[0] : middle[0] + 2, middle[1] : middle[1] + 3, middle[2] : middle[2] + 3] = True
    canvas.hu[lesion] = 60
    ct, masks = tmp_path / "ct.nii", tmp_path / "masks.nii.gz"
    ct.write_bytes(nifti_bytes(np.rint(canvas.hu).astype(np.int16), canvas.affine))
    write_labelmap(LabelMap(canvas.labels, canvas.names, canvas.affine, "test", {"lung_nodule": lesion}), masks)
    return ct, masks


def test_a_user_s_own_anatomy_is_made_normal_and_posed(files: tuple[Path, Path]) -> None:
    anatomy = read_anatomy(*files)
    assert anatomy.name == "ct.nii"
    ids = {name: label for label, name in anatomy.names.items()}
    assert np.median(anatomy.hu[anatomy.labels == ids["aorta"]]) == pytest.approx(42, abs=8)
    assert anatomy.uptake[anatomy.labels == ids["aorta"]].mean() > 70
    body = draw_body(np.random.default_rng(1), frozenset(), (24, 48, 48))
    canvas = posed(anatomy, body)
    assert all(canvas.mask(lobe).any() for lobe in LOBES)


def test_masks_without_a_heart_are_refused(files: tuple[Path, Path]) -> None:
    ct, masks = files
    image = nibabel.load(masks)
    labels = np.asarray(image.dataobj).copy()
    labels[labels == 51] = 0
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), masks)
    with pytest.raises(BadInput, match="heart") as caught:
        read_anatomy(ct, masks)
    assert caught.value.code == "anatomy-incomplete"


def test_a_scan_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_anatomy(tmp_path / "none.nii", tmp_path / "masks.nii")
