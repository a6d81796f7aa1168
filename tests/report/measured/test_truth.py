"""Every sentence the measured reporter writes is true of its case: checked word by word, from the case alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from report_cases import STRUCTURES, random_case

from ctscribe.anatomy.contrast import contrast_enhanced
from ctscribe.case import Case
from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Finding

PLACES = {
    "left upper lobe": "lung_upper_lobe_left",
    "left lower lobe": "lung_lower_lobe_left",
    "right upper lobe": "lung_upper_lobe_right",
    "right middle lobe": "lung_middle_lobe_right",
    "right lower lobe": "lung_lower_lobe_right",
    "left kidney": "kidney_left",
    "right kidney": "kidney_right",
}

ORGANS = dict.fromkeys(("lung_nodule", "consolidation", "ground_glass", "pleural_effusion"), STRUCTURES[:5])
ORGANS |= {"pericardial_effusion": ("heart",), "kidney_cyst": ("kidney_left", "kidney_right")}


def near(text: str, value: float) -> bool:
    """The text is a rounding of the value to its own last digit, or to two significant digits and more."""
    said = float(text.replace(",", "").replace("−", "-"))
    step = 10.0 ** -len(text.partition(".")[2]) if value < 1000 else 10
    return abs(said - value) <= step / 2 + 1e-9


def distrusted(case: Case) -> bool:
    return case.labelmap.confidence.get("lung_overlap", 1) < 0.85


def sub_region(words: str, case: Case) -> str:
    side_and_lobe = re.fullmatch(r"(left|right) lung, probably (\w+ lobe)", words)
    if side_and_lobe:
        name = PLACES[f"{side_and_lobe[1]} {side_and_lobe[2]}"]
        assert name in case.labelmap.approximate
        return name
    assert PLACES[words] not in case.labelmap.approximate or "kidney" in words
    return PLACES[words]


def of_kind(case: Case, kind: str, where: str | None = None) -> list:
    return [one for one in case.lesions if one.kind == kind and where in (None, one.sub_region)]


def sure(case: Case, lesions: list) -> bool:
    return not distrusted(case) and any(one.confidence is None or one.confidence >= 0.5 for one in lesions)


def value(case: Case, name: str) -> float:
    (found,) = [one.value for one in case.biomarkers if one.name == name]
    assert found is not None
    return found


def claimable(case: Case, *names: str) -> bool:
    return not distrusted(case) and not any(one.approximate for one in case.biomarkers if one.name in names)


def nodule(match: re.Match[str], case: Case, finding: Finding) -> bool:
    possible, size, noun, where, volume, number, total, count = match.groups()
    for one in of_kind(case, "lung_nodule", sub_region(where, case)):
        if near(size, one.diameter_mm) and near(volume, one.volume_ml) and int(number) == int(total) - one.key_slice:
            assert int(total) == case.volume.shape[0]
            assert (noun == "mass") == (round(one.diameter_mm) > 30)
            assert (possible is None) == sure(case, [one]) == (finding.polarity == "present")
            return count is None or counted(count, case)
    return False


def counted(words: str, case: Case) -> bool:
    nodules = of_kind(case, "lung_nodule")
    masses = sum(round(one.diameter_mm) > 30 for one in nodules)
    said = {noun: int(number) for number, noun in re.findall(r"(\d+) pulmonary (mass|nodule)", words)}
    return said == {k: v for k, v in {"mass": masses, "nodule": len(nodules) - masses}.items() if v}


def count_sentence(match: re.Match[str], case: Case, finding: Finding) -> bool:
    return counted(match[2], case) and len(of_kind(case, "lung_nodule")) > 5


def extent(volume: str, parts: str | None, number: str, total: str, lesions: list) -> bool:
    largest = max(lesions, key=lambda one: one.volume_ml)
    assert parts is None or int(parts) == len(lesions)
    return near(volume, sum(one.volume_ml for one in lesions)) and int(number) == int(total) - largest.key_slice


def opacity(match: re.Match[str], case: Case, finding: Finding) -> bool:
    possible, name, where, *rest, lobes = match.groups()
    kind = "consolidation" if name.lower() == "consolidation" else "ground_glass"
    assert lobes is None or int(lobes) == len({one.sub_region for one in of_kind(case, kind)}) > 1
    lesions = of_kind(case, kind, sub_region(where, case))
    return (possible is None) == sure(case, lesions) and extent(*rest, lesions)


def pleural(match: re.Match[str], case: Case, finding: Finding) -> bool:
    possible, grade, side, *rest, _ = match.groups()
    lesions = of_kind(case, "pleural_effusion", f"pleura_{side}")
    total = sum(one.volume_ml for one in lesions)
    low, high = {"small": (0, 590), "moderate": (590, 1070), "large": (1070, math.inf)}[grade.lower()]
    return low - 5 <= total < high + 5 and (possible is None) == sure(case, lesions) and extent(*rest, lesions)


def pericardial(match: re.Match[str], case: Case, finding: Finding) -> bool:
    lesions = of_kind(case, "pericardial_effusion")
    fluid = "physiological" in finding.text
    assert fluid == (sum(one.volume_ml for one in lesions) <= 50.5)
    assert not fluid or finding.polarity == "uncertain"
    return extent(*match.groups()[1:-1], lesions)


def cyst(match: re.Match[str], case: Case, finding: Finding) -> bool:
    _, number, where, size, *rest, _ = match.groups()
    lesions = of_kind(case, "kidney_cyst", PLACES[where])
    assert int(number or 1) == len(lesions)
    largest = max(one.diameter_mm for one in lesions)
    assert (finding.polarity == "present") == (sure(case, lesions) and largest >= 9.95)
    return near(size, largest) and extent(*rest, lesions)


def absent(kind: str) -> Callable[[re.Match[str], Case, Finding], bool]:
    def check(match: re.Match[str], case: Case, finding: Finding) -> bool:
        assert kind in case.labelmap.lesions and not case.labelmap.lesions[kind].any() and not of_kind(case, kind)
        assert finding.polarity == "absent" and not distrusted(case)
        assert all(set(item.structures) <= case.labelmap.present and item.structures for item in finding.evidence)
        seen = np.isin(case.labelmap.labels, [k for k, name in case.labelmap.names.items() if name in ORGANS[kind]])
        assert (match.groups()[-1] is not None) == bool(seen[-1].any())
        sides = {name.rsplit("_")[-1] for item in finding.evidence for name in item.structures}
        assert sides == {name.rsplit("_")[-1] for name in ORGANS[kind]}
        assert kind != "lung_nodule" or bool(match[2]) == bool(of_kind(case, "consolidation"))
        thickest = max(case.volume.spacing[0], case.volume.meta.slice_thickness_mm or 0)
        return kind != "lung_nodule" or int(match[1]) >= max(6, 2 * thickest)

    return check


def banded(*names: str, words: dict[str, str]) -> Callable[[re.Match[str], Case, Finding], bool]:
    """``words``: polarity → condition on v, the figure as printed."""

    def check(match: re.Match[str], case: Case, finding: Finding) -> bool:
        said = float(match[1].replace("−", "-"))
        assert near(match[1], value(case, names[0]))
        if finding.polarity != "uncertain":
            assert claimable(case, *names)
            assert "about" not in finding.text
        return eval_band(words, finding.polarity, said)

    return check


def eval_band(words: dict[str, str], polarity: str, said: float) -> bool:
    relation, limit = words.get(polarity, ">= -1e9").split()
    return (
        said >= float(limit) if relation == ">=" else said < float(limit) if relation == "<" else said <= float(limit)
    )


def emphysema(match: re.Match[str], case: Case, finding: Finding) -> bool:
    said = float(match[1])
    assert near(match[1], value(case, "emphysema_index"))
    if match[2]:
        assert near(match[2], value(case, "lung_volume_total"))
    if finding.polarity == "normal":
        return said < 3 and not contrast_enhanced(case.volume, case.labelmap) and claimable(case, "emphysema_index")
    if finding.polarity == "present":
        return said >= 5 and case.volume.meta.kernel != "LUNG" and claimable(case, "emphysema_index")
    return True


def liver(match: re.Match[str], case: Case, finding: Finding) -> bool:
    assert near(match[1], value(case, "liver_attenuation"))
    alone = float(match[1].replace("−", "-"))
    against = float(match[2].replace("−", "-")) if match[2] else None
    if against is not None:
        assert near(match[2], value(case, "liver_minus_spleen"))
    if finding.polarity == "uncertain":
        return True
    assert contrast_enhanced(case.volume, case.labelmap) is False and case.volume.meta.kvp in (None, 120)
    if finding.polarity == "present":
        return alone <= 40 or (against is not None and against <= -10)
    return alone > 53 and (against is None or 4 < against <= 18)


def bone(match: re.Match[str], case: Case, finding: Finding) -> bool:
    assert near(match[2], value(case, f"vertebral_attenuation_{match[1]}"))
    assert match[1] == "L1" or "vertebral_attenuation_L1" not in [
        b.name for b in case.biomarkers if b.value is not None
    ]
    said = float(match[2].replace("−", "-"))
    if finding.polarity == "uncertain":
        return True
    assert case.volume.meta.kvp in (None, 120) and claimable(case, f"vertebral_attenuation_{match[1]}")
    return said <= 110 if finding.polarity == "present" else said > 170


def calcium(name: str) -> Callable[[re.Match[str], Case, Finding], bool]:
    def check(match: re.Match[str], case: Case, finding: Finding) -> bool:
        if finding.polarity == "absent":
            return value(case, name) < 0.005 and claimable(case, name)
        assert near(match[1], value(case, name))
        return finding.polarity == "uncertain" or (value(case, name) >= 0.015 and claimable(case, name))

    return check


SHOWN = r"( in the part of the \w+ that the scan shows)?\."
FIGURE = r"(−?[\d.,]+)"
EXTENT = r"\(([\d.,]+) mL(?: in (\d+) parts, the largest at|,) slice (\d+) of (\d+)\)(?:; (\d) lobes in all)?\."
ONE_NODULE = r"([Pp]ossible )?([\d.]+) mm (nodule|mass) in the (.+?) \(([\d.,]+) mL, slice (\d+) of (\d+)\)"
TRUTHS: list[tuple[str, Callable[[re.Match[str], Case, Finding], bool]]] = [
    (ONE_NODULE + r"(?:; (.*) in all)?\.", nodule),
    (r"(Possible )?(.*) were detected in all; the 5 described are the most notable\.", count_sentence),
    (
        r"No solid pulmonary nodule of (\d+) mm or more was detected( outside the dense opacity)?" + SHOWN,
        absent("lung_nodule"),
    ),
    (r"(Possible )?([Cc]onsolidation|[Gg]round-glass opacity) in the (.+?) " + EXTENT, opacity),
    (
        r"(Possible )?[Dd]ense (opacity) in the (.+?) \((?:.+?)\): consolidation, collapse or tumour\.",
        lambda match, case, finding: finding.labels == ("Lung opacity",) and bool(finding.evidence),
    ),
    (r"No consolidation of 3 mL or more was detected" + SHOWN, absent("consolidation")),
    (r"No ground-glass opacity of 5 mL or more was detected" + SHOWN, absent("ground_glass")),
    (r"(Possible )?(\w+) (left|right) pleural effusion " + EXTENT, pleural),
    (r"No pleural effusion of 20 mL or more was detected" + SHOWN, absent("pleural_effusion")),
    (r"(Possible )?[Pp]ericardial (?:effusion|fluid of physiological amount) " + EXTENT, pericardial),
    (r"No pericardial effusion of 30 mL or more was detected" + SHOWN, absent("pericardial_effusion")),
    (r"(Possible )?(?:[Cc]yst|(\d+) cysts) in the (.+ kidney), (?:up to )?([\d.]+) mm " + EXTENT, cyst),
    (r"No kidney cyst was detected" + SHOWN, absent("kidney_cyst")),
    (
        r"(?:No emphysema by density|Emphysema by density|Emphysema cannot be judged firmly): "
        rf"attenuation below −950 HU in (?:about )?{FIGURE} % of the lung(?: volume of {FIGURE} mL)?\.",
        emphysema,
    ),
    (
        rf"(?:Heart size|The heart) .*\(cardiothoracic ratio (?:about )?{FIGURE}\)\.",
        banded("cardiothoracic_ratio", words={"normal": "< 0.48", "present": ">= 0.55"}),
    ),
    (
        rf"(?:Trachea|The trachea) .*?{FIGURE} mm at its narrowest.*\.",
        banded("tracheal_diameter", words={"normal": ">= 14.5", "present": "<= 8"}),
    ),
    (
        rf"Ascending aorta .*?{FIGURE} mm.*\.",
        banded("ascending_aorta_diameter", words={"normal": "< 38", "present": ">= 40"}),
    ),
    (
        rf"Descending aorta .*?{FIGURE} mm.*\.",
        banded("descending_aorta_diameter", words={"normal": "< 28", "present": ">= 30"}),
    ),
    (
        rf"Pulmonary trunk .*?{FIGURE} mm.*\.",
        banded("pulmonary_trunk_diameter", words={"normal": "< 27", "present": ">= 32"}),
    ),
    (
        rf"(?i:.*calcification of the aortic wall(?: \((?:about )?{FIGURE} mL\)| was measured)\.)",
        calcium("aortic_calcification_volume"),
    ),
    (
        rf"(?i:.*coronary artery calcification(?: \((?:about )?{FIGURE} mL\)| was measured)\.)",
        calcium("coronary_calcification_volume"),
    ),
    (
        rf".*[Ss]teatosis .*: liver attenuation (?:about )?{FIGURE} HU(?:, minus spleen (?:about )?{FIGURE} HU)?\.",
        liver,
    ),
    (rf".*: trabecular attenuation of (\w+) (?:about )?{FIGURE} HU\.", bone),
]


def is_true(finding: Finding, case: Case) -> bool:
    forms = [(match, check) for form, check in TRUTHS if (match := re.fullmatch(form, finding.text))]
    assert len(forms) == 1, f"{len(forms)} known forms for {finding.text!r}"
    return forms[0][1](forms[0][0], case, finding)


@pytest.mark.parametrize("block", range(4))
def test_every_sentence_of_random_cases_is_true(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        case = random_case(seed)
        report = MeasuredReporter()(case)
        for section in report.sections:
            *said, unseen = section.findings
            assert unseen.polarity == "not_assessed" and unseen.text.startswith("Not assessed: ")
            for finding in said:
                assert is_true(finding, case), f"seed {seed}: {finding.text}"
        for finding in report.impression[: -1 if "present" not in {f.polarity for f in report.impression} else None]:
            assert is_true(finding, case), f"seed {seed}: {finding.text}"


def test_the_checker_can_say_no() -> None:
    checked = 0
    for seed in range(60):
        case = random_case(seed)
        for section in MeasuredReporter()(case).sections:
            for finding in section.findings[:-1]:
                if " mm " in finding.text and re.search(r"\d+ mm (nodule|mass)", finding.text):
                    wrong = re.sub(
                        r"\d+(?=(?:\.\d)? mm )", lambda found: str(int(found[0]) + 70), finding.text, count=1
                    )
                    assert not is_true(finding.model_copy(update={"text": wrong}), case)
                    checked += 1
    assert checked > 20
