"""The five systems, as tiny twins, learn three scans by heart, and what they write then follows the scan."""

from __future__ import annotations

import pytest
from eight_scans import eight_scans
from memorises import memorise

from ctscribe.systems.pages import load_page

MAIN = ("medregion-tiny", "rad3d-prefix-v3-tiny", "amosmm-tiny", "hilt-tiny", "hsenet-tiny")
NORMAL, CONSOLIDATION, EFFUSION = 0, 5, 6


@pytest.mark.parametrize("name", MAIN)
def test_reports_follow_the_scans_and_not_the_prompts(name: str) -> None:
    scans = eight_scans()
    three = [scans[NORMAL], scans[CONSOLIDATION], scans[EFFUSION]]
    outcome = memorise(load_page(name), three, steps=600, known=0.002)  # knowing nothing of three costs 0.018
    assert outcome.remembered == 1
    assert outcome.follows_scan == 1
    assert outcome.follows_prompt == 0
