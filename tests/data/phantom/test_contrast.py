import numpy as np
import pytest

from ctscribe.data.phantom.body import ENHANCEMENT, PHASES, draw_body
from ctscribe.data.phantom.canvas import Phase
from ctscribe.data.phantom.contrast import COMPARTMENTS, FULL, UNENHANCED_HU, compartments, gains, without_contrast

NUMBERS = {name: number for number, name in enumerate(COMPARTMENTS)}
LEVELS = {"tissue": 0, "blood": 340, "late_veins": 70, "liver": 75, "spleen": 170, "kidneys": 210, "bone": 600}


def scan(rng: np.random.Generator, enhanced: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """One plane a compartment, with noise; the first plane runs from air to bone."""
    compartment = np.zeros((len(NUMBERS), 30, 41), np.uint8)
    hu = np.zeros(compartment.shape, np.int16)
    for name, number in NUMBERS.items():
        compartment[number] = number
        level = LEVELS[name] if enhanced or name == "bone" else UNENHANCED_HU.get(name, 0)
        hu[number] = np.rint(rng.normal(level, 12, hu[number].shape))
    hu[0] = np.linspace(-1000, 340, 41).astype(np.int16)
    return hu, compartment


@pytest.mark.parametrize("name", UNENHANCED_HU)
def test_every_organ_comes_down_to_its_unenhanced_attenuation(name: str, rng: np.random.Generator) -> None:
    plain, uptake = without_contrast(*scan(rng))
    number = NUMBERS[name]
    assert np.median(plain[number]) == pytest.approx(UNENHANCED_HU[name], abs=6)
    assert plain[number].std() < 14
    assert np.median(uptake[number]) == pytest.approx(FULL, abs=8)


def test_soft_tissue_stays_and_vessels_in_it_become_blood(rng: np.random.Generator) -> None:
    hu, compartment = scan(rng)
    plain, uptake = without_contrast(hu, compartment)
    soft = hu[0] <= 60
    assert (plain[0] == hu[0])[soft].all()
    assert (uptake[0][soft] == 0).all()
    assert plain[0, 0, -1] == pytest.approx(UNENHANCED_HU["blood"], abs=2)
    assert uptake[0, 0, -1] == pytest.approx(FULL, abs=3)
    assert plain[0].max() <= 66


def test_bone_is_untouched(rng: np.random.Generator) -> None:
    hu, compartment = scan(rng)
    plain, uptake = without_contrast(hu, compartment)
    assert (plain[NUMBERS["bone"]] == hu[NUMBERS["bone"]]).all()
    assert not uptake[NUMBERS["bone"]].any()


def test_a_scan_without_contrast_medium_stays_and_can_still_be_enhanced(rng: np.random.Generator) -> None:
    hu, compartment = scan(rng, enhanced=False)
    hu[0] = 50
    plain, uptake = without_contrast(hu, compartment)
    assert (plain == hu).all()
    for name in UNENHANCED_HU:
        assert uptake[NUMBERS[name]].mean() > 0.85 * FULL
    assert not uptake[0].any()


def test_undiluted_contrast_medium_and_calcification_become_blood(rng: np.random.Generator) -> None:
    hu, compartment = scan(rng)
    hu[NUMBERS["blood"], :3] = 1400
    plain, uptake = without_contrast(hu, compartment)
    assert plain[NUMBERS["blood"], :3].max() <= 45
    assert uptake[NUMBERS["blood"], :3].max() <= 1.05 * FULL


@pytest.mark.parametrize("phase", PHASES)
def test_gains_bring_organs_to_the_body_s_attenuation(phase: Phase, rng: np.random.Generator) -> None:
    plain, uptake = without_contrast(*scan(rng))
    body = next(body for body in (draw_body(rng, set(), (8, 8, 8)) for _ in range(100)) if body.phase == phase)
    gain = gains(body)
    for name, wanted in (("blood", body.blood_hu), ("liver", body.liver_hu), ("kidneys", body.kidney_hu)):
        number = NUMBERS[name]
        hu = plain[number] + gain[number] * uptake[number].astype(float)
        assert np.median(hu) == pytest.approx(wanted, abs=0.06 * abs(wanted) + 4)
    assert gain[NUMBERS["bone"]] == 0
    assert ENHANCEMENT[phase][0][0] <= body.blood_hu <= ENHANCEMENT[phase][0][1]


def test_organs_and_bones_reach_into_unlabelled_voxels_but_not_into_others() -> None:
    names = {5: "liver", 52: "aorta", 27: "vertebrae_L5"}
    labels = np.zeros((5, 5, 20), np.uint8)
    labels[..., 5:8], labels[..., 8:10], labels[..., 15:18] = 5, 52, 27
    got = compartments(labels, names)[2, 2]
    liver, blood, bone = NUMBERS["liver"], NUMBERS["blood"], NUMBERS["bone"]
    assert got.tolist() == [0] * 3 + [liver] * 5 + [blood] * 2 + [0] * 3 + [bone] * 7
