from pathlib import Path

import numpy as np
import pytest
from bad_inputs.dicom import DICOM_BAD_INPUTS
from dicom_series import IDENTITY, enhanced, save, slices, write

from ctscribe.ct.readers import list_series, read_volume
from ctscribe.errors import BadScan


@pytest.mark.parametrize("name", DICOM_BAD_INPUTS)
def test_bad_scan_is_refused_with_its_code_in_one_line(name: str, tmp_path: Path):
    build, code = DICOM_BAD_INPUTS[name]
    with pytest.raises(BadScan) as refused:
        read_volume(build(tmp_path), identity=True)
    error = refused.value
    assert error.code == code
    said = f"{error.message} {error.hint}"
    assert "\n" not in said
    assert len(error.message) < 240
    assert not any(planted in said for planted in (*IDENTITY, "ZEBRA", "ACC-4711", "20200131", "19480229"))


@pytest.mark.parametrize("name", ["zip that climbs out", "zip with an absolute path", "zip with a link", "zip bomb"])
def test_nothing_is_left_or_written_outside(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))
    scan = DICOM_BAD_INPUTS[name][0](tmp_path / "input")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadScan):
        list_series(scan)
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/escaped.dcm").exists()


def test_bad_inputs_are_many_and_distinct():
    assert len(DICOM_BAD_INPUTS) >= 35
    assert len({code for _, code in DICOM_BAD_INPUTS.values()}) >= 30


def test_message_says_which_file_without_its_name(tmp_path: Path):
    with pytest.raises(BadScan, match=r"^file 10 of 30 is cut short"):
        read_volume(DICOM_BAD_INPUTS["file cut in its pixels"][0](tmp_path))


@pytest.mark.parametrize("multiframe", [False, True])
def test_random_damage_gives_a_scan_or_a_refusal(multiframe: bool, tmp_path: Path, rng: np.random.Generator):
    scan = write(slices()[:10], tmp_path / "series", shuffle=None)
    victim = sorted(scan.iterdir())[4]
    if multiframe:
        scan = victim = save(enhanced(slices(), range(30)), tmp_path / "multiframe")
    good = victim.read_bytes()
    refused = 0
    for _ in range(25):
        damaged = bytearray(good)
        for at in rng.integers(0, 8000 if multiframe else 1400, size=3):
            damaged[at : at + int(rng.integers(0, 30))] = rng.bytes(int(rng.integers(0, 30)))
        victim.write_bytes(damaged)
        try:
            read_volume(scan, identity=True)
        except BadScan as error:
            refused += 1
            assert not any(planted in error.message for planted in IDENTITY)
    assert refused > 10
