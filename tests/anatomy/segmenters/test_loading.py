from __future__ import annotations

import subprocess
import sys

import pytest

from ctscribe.anatomy.segmenters import SEGMENTERS, load_segmenter
from ctscribe.errors import BadInput


def test_each_choice_gives_its_segmenter(tmp_path):
    masks = tmp_path / "masks.nii.gz"
    masks.touch()
    assert load_segmenter("atlas").name == "atlas"
    assert load_segmenter("totalsegmentator", device="cuda:2", fast=True).name == "totalsegmentator"
    assert load_segmenter(masks).name == "masks"
    assert load_segmenter(str(tmp_path)).name == "masks"


@pytest.mark.parametrize(
    ("choice", "hint"), [("atals", "atlas"), ("TotalSegmentator", "totalsegmentator"), ("no/such/masks.nii.gz", "path")]
)
def test_unknown_choices_are_refused_with_the_nearest(choice, hint):
    with pytest.raises(BadInput) as refusal:
        load_segmenter(choice)
    assert refusal.value.code == "unknown-segmenter"
    assert hint in (refusal.value.hint or "")


def test_the_table_costs_nothing_to_import():
    program = "import sys; from ctscribe.anatomy.segmenters import SEGMENTERS; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert list(SEGMENTERS) == ["atlas", "totalsegmentator", "MASKS"]


def test_only_what_is_there_can_be_imported():
    with pytest.raises(ImportError):
        from ctscribe.anatomy.segmenters import unload_segmenter  # noqa: F401
