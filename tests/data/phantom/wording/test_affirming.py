from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from phantom_tables import random_finding, renamed

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.affirming import affirmed, concluded
from ctscribe.data.phantom.wording.document import HOSPITALS, Hospital
from ctscribe.data.phantom.wording.grammar import applies, written
from ctscribe.data.phantom.wording.grouping import grouped, kind_page
from ctscribe.data.phantom.wording.slots import Telling, telling
from ctscribe.data.phantom.wording.verification.matching import told_by
from ctscribe.data.phantom.wording.verification.reading import read


def tellings(kind: str, hospital: Hospital, rng: np.random.Generator) -> Iterator[tuple[list[PhantomFinding], Telling]]:
    """One to three findings of a kind as they may be told together."""
    for count in (1, 2, 3) * 5:
        first = random_finding(kind, rng)
        listed = kind_page(kind).get("listed")
        values = FINDING_KINDS[kind].attributes.get(listed, ())
        table = [renamed(first, **{listed: value}) if listed else first for value in (values or (None,) * 3)[:count]]
        if kind_page(kind)["group"] == "counted":
            table = [renamed(random_finding(kind, rng), **first.attributes) for _ in table]
        if kind == "pleural_effusion":
            sides = ("left", "right")[:count]
            table = [replace(first, structures=(f"pleura_{side}",), side=side) for side in sides]
        for members in grouped(table, rng, 1.0):
            yield table, telling(table, members, hospital, rng)


@pytest.mark.parametrize("hospital", HOSPITALS)
@pytest.mark.parametrize("kind", FINDING_KINDS)
def test_every_wording_of_a_kind_is_used_and_true(kind: str, hospital: Hospital):
    rng = np.random.default_rng(11)
    wording = kind_page(kind)
    unused = {
        (form, words) for form in ("one", "several", "impression") for words in wording.get(form, {}).get(hospital, ())
    }
    for table, told in tellings(kind, hospital, rng):
        spoken = "several" if told.several and "several" in wording else "one"
        for form in (spoken, "impression"):
            for template in (words for words in wording[form][hospital] if applies(words, told.slots)):
                text = " ".join(one.text for one in written(template, told.slots, rng))
                reading = read(text)
                assert (reading.kinds, reading.denied) == ({kind}, False), text
                assert set(told.members) <= set(told_by(reading, table)), text
                unused -= {(form, template)}
    assert not unused


def test_a_sentence_carries_what_it_prints(rng: np.random.Generator):
    finding = replace(random_finding("nodule", rng), diameter_mm=20.0)
    for hospital in HOSPITALS:
        for _ in range(20):
            told = telling([finding], (0,), hospital, rng)
            said = affirmed(told, [finding], rng)
            assert [figure.value for one in said for figure in one.figures] == [20.0]
            assert all(
                (one.section, one.kinds, one.findings, one.origin) == ("lung", ("nodule",), (0,), "finding")
                for one in said
            )
            assert concluded(told, rng).section == "lung"


def test_a_cause_is_suspected_only_where_it_fits(rng: np.random.Generator):
    smooth = renamed(random_finding("nodule", rng), density="solid", margin="smooth")
    spiculated = renamed(smooth, margin="spiculated")
    texts = {
        finding.attributes["margin"]: " ".join(
            one.text for _ in range(60) for one in affirmed(telling([finding], (0,), "a", rng), [finding], rng)
        )
        for finding in (smooth, spiculated)
    }
    assert "malignancy" in texts["spiculated"]
    assert "malignancy" not in texts["smooth"] and "may" not in texts["smooth"]
