from __future__ import annotations

import pytest

from ctscribe.anatomy.lesions import KINDS
from ctscribe.anatomy.segmenters.class_names import Meaning, claim_order, meaning_of, nearest_names
from ctscribe.anatomy.taxonomy import totalsegmentator_classes


def test_every_class_and_every_kind_means_itself():
    for name in totalsegmentator_classes().values():
        meaning = meaning_of(name)
        assert meaning is not None and meaning.structure == name
    for kind in KINDS:
        assert meaning_of(kind) == Meaning(None, (kind,))


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Vertebrae_t12", Meaning("vertebrae_T12")),
        (" Lung-Upper Lobe Left", Meaning("lung_upper_lobe_left")),
        ("heart_ventricle_left", Meaning("heart")),
        ("lung_nodules", Meaning(None, ("lung_nodule",))),
        ("Pleural effusion left", Meaning(None, ("pleural_effusion",))),
        ("kidney_cyst_left", Meaning("kidney_cyst_left", ("kidney_cyst",))),
        ("Kidney cysts", Meaning(None, ("kidney_cyst",))),
        ("consolidation+lung_nodule", Meaning(None, ("consolidation", "lung_nodule"))),
        ("consolidation+unheard_of", None),
        ("lung", None),
        ("", None),
    ],
)
def test_meaning(name, meaning):
    assert meaning_of(name) == meaning


def test_the_nearest_name_is_hinted_at():
    assert "lung_upper_lobe_left" in nearest_names(["zzz", "lung_upper_lobe_lft"])
    assert "lung_upper_lobe_left" in nearest_names([])


def test_a_part_claims_before_the_whole_and_total_before_other_tasks():
    names = ["lung_airways", "heart", "pulmonary_artery", "lung_lower_lobe_left"]
    ordered = sorted(names, key=lambda name: claim_order(meaning_of(name) or Meaning()))
    assert ordered == ["pulmonary_artery", "heart", "lung_lower_lobe_left", "lung_airways"]
