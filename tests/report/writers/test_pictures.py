import base64
import io

import numpy as np
import pytest
from PIL import Image

from ctscribe.ct.volume import CTVolume, canonical_affine
from ctscribe.report.writers.pictures import (
    LUNG,
    Plane,
    Window,
    full_box,
    grey,
    path_of,
    scale_bar_mm,
    square_box,
)


def decoded(uri):
    header, data = uri.split(",")
    assert header == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.fixture
def volume(rng):
    """Coarse slices: 8 mm between slices, 2 mm pixels."""
    hu = rng.integers(-1000, 400, (12, 40, 50)).astype(np.int16)
    return CTVolume(hu, canonical_affine((8.0, 2.0, 2.0), (-50.0, -40.0, -300.0)))


def test_grey_is_the_window_line_clipped(rng):
    hu = rng.integers(-2000, 2000, (9, 7)).astype(np.int16)
    window = Window("any", -160, 240)
    expected = np.empty(hu.shape)
    for place, value in np.ndenumerate(hu):
        expected[place] = min(255, max(0, round((int(value) - -160) / 400 * 255)))
    assert np.array_equal(grey(hu, window), expected)


def test_the_window_reads_as_width_and_level():
    assert LUNG.text == "lung window, W 1500 L −600"


def test_the_picture_has_square_pixels_whatever_the_voxels(volume):
    plane = Plane(volume, "coronal", 20, full_box(12, 50))
    pixels = decoded(plane.picture(LUNG))
    height, width = pixels.shape
    assert width / height == pytest.approx((50 * 2) / (12 * 8), rel=0.01)
    assert plane.width_mm == 100
    assert plane.height_mm == 96


def test_the_coronal_picture_has_the_head_up():
    hu = np.full((10, 8, 9), -1000, dtype=np.int16)
    hu[-1] = 200
    plane = Plane(CTVolume(hu, canonical_affine((5.0, 5.0, 5.0))), "coronal", 3, full_box(10, 9))
    pixels = decoded(plane.picture(LUNG))
    assert pixels[2].mean() > 200 > 100 > pixels[-3].mean()


def test_the_patients_left_is_on_the_viewers_right():
    hu = np.full((3, 20, 20), -1000, dtype=np.int16)
    hu[:, :, 15:] = 200  # canonical x runs toward the patient's left
    plane = Plane(CTVolume(hu, canonical_affine((5.0, 1.0, 1.0))), "axial", 1, full_box(20, 20))
    pixels = decoded(plane.picture(LUNG))
    assert pixels[:, -20:].mean() > 200 > 100 > pixels[:, :20].mean()
    assert plane.letters == {"left": "R", "right": "L", "top": "A", "bottom": "P"}


@pytest.mark.parametrize("orientation", ["axial", "coronal"])
def test_a_position_projects_onto_its_voxels_centre(volume, orientation, rng):
    rows = 40 if orientation == "axial" else 12
    plane = Plane(volume, orientation, 5, ((2, rows), (7, 50)))
    for _ in range(10):
        z, y, x = (int(rng.integers(0, size)) for size in volume.shape)
        u, v = plane.project(volume.position((z, y, x)))
        down = (y - 2 + 0.5) * 2 if orientation == "axial" else (11 - z - 2 + 0.5) * 8
        assert (u, v) == pytest.approx(((x - 7 + 0.5) * 2, down))


def test_a_path_is_closed_and_in_millimetres():
    curve = np.array([[0.0, 0.0], [10.04, 0.0], [10.04, 5.06], [0.0, 0.0]])
    assert path_of(curve) == "M0.0 0.0L10.0 0.0L10.0 5.1Z"


@pytest.mark.parametrize(("width", "length"), [(350, 100), (200, 50), (70, 20), (40, 10), (12, 5)])
def test_the_scale_bar_takes_at_most_a_third(width, length):
    assert scale_bar_mm(width) == length


def test_a_square_at_the_border_keeps_its_size():
    assert square_box((1.0, 25.0), 20.0, (2.0, 1.0), (40, 50)) == ((0, 10), (15, 35))
    assert square_box((39.0, 49.0), 20.0, (2.0, 1.0), (40, 50)) == ((30, 40), (30, 50))
    assert square_box((5.0, 5.0), 500.0, (1.0, 1.0), (40, 50)) == ((0, 40), (0, 50))
