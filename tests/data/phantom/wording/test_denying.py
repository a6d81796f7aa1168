import re
from collections import Counter

import numpy as np
from phantom_tables import EVERYTHING

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.truth import FINDING_KINDS
from ctscribe.data.phantom.wording.denying import (
    Denial,
    clear_lungs,
    deniable,
    named_together,
    normal_statements,
    seen,
    something,
)
from ctscribe.data.phantom.wording.verification.reading import read


def test_only_what_is_absent_and_in_view_can_be_denied():
    kinds = deniable("abdomen", frozenset({"liver_cyst"}), EVERYTHING)
    assert kinds == ["kidney_cyst", "hepatic_steatosis"]
    assert deniable("abdomen", frozenset(), frozenset({"liver", "heart"})) == ["liver_cyst", "hepatic_steatosis"]
    assert deniable("abdomen", frozenset(), frozenset({"spleen"})) == []
    assert not seen("kidney_cyst", frozenset({"liver"}))
    assert seen("nodule", frozenset({"lung_upper_lobe_left"}))


def test_no_statement_denies_what_is_present(rng: np.random.Generator):
    for _ in range(300):
        present = frozenset(kind for kind in FINDING_KINDS if rng.random() < 0.3)
        for section in (region.key for region in CHEST6):
            said, denials = normal_statements(section, deniable(section, present, EVERYTHING), EVERYTHING, "mixed", rng)
            denied = [kind for sentence in said for kind in read(sentence.text).kinds]
            denied += [kind for denial in denials for kind in denial.kinds]
            assert not present.intersection(denied)
            assert max(Counter(denied).values(), default=1) == 1, "a kind is denied twice"


def test_findings_of_two_sections_named_together_can_be_named_apart(rng: np.random.Generator):
    denials = [
        Denial("lung", ("pleural_effusion",), ("pleural effusion",)),
        Denial("heart", ("pericardial_effusion",), ("pericardial effusion",)),
    ]
    fused = set()
    for _ in range(40):
        together, *each = named_together(denials, "b", rng)
        assert read(together).kinds == {"pleural_effusion", "pericardial_effusion"}
        assert [read(text).kinds for text in each] == [{"pleural_effusion"}, {"pericardial_effusion"}]
        fused.add(together)
    assert "No pleural or pericardial effusion." in fused


def test_a_section_always_finds_something_to_say(rng: np.random.Generator):
    for section in (region.key for region in CHEST6):
        absent = deniable(section, frozenset(), EVERYTHING)
        assert something(section, absent, EVERYTHING, "a", rng).text
        assert re.search(
            "not within|did not enter|outside|not imaged", something(section, [], frozenset(), "b", rng).text
        )


def test_lungs_are_called_clear_only_when_they_are(rng: np.random.Generator):
    said = clear_lungs(frozenset({"pleural_effusion"}), EVERYTHING, "b", rng)
    assert said is not None and set(said.kinds) == read(said.text).kinds
    assert clear_lungs(frozenset({"atelectasis"}), EVERYTHING, "b", rng) is None
    assert clear_lungs(frozenset(), frozenset({"liver"}), "b", rng) is None
