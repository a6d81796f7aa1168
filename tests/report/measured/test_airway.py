from __future__ import annotations

import pytest
from report_cases import biomarker, make_case

from ctscribe.report.facts import Facts
from ctscribe.report.measured.airway import airway
from ctscribe.report.measured.statement import Importance


@pytest.mark.parametrize(
    ("width", "approximate", "text", "polarity"),
    [
        (16.2, False, "Trachea not narrowed, 16 mm at its narrowest.", "normal"),
        (12.0, False, "Trachea about 12 mm at its narrowest, borderline.", "uncertain"),
        (7.4, False, "The trachea is narrowed, 7.4 mm at its narrowest.", "present"),
        (16.2, True, "Trachea about 16 mm at its narrowest.", "uncertain"),
        (7.4, True, "Trachea about 7.4 mm at its narrowest, possibly narrowed.", "uncertain"),
    ],
)
def test_width_of_the_trachea(width: float, approximate: bool, text: str, polarity: str) -> None:
    case = make_case(biomarkers=[biomarker("tracheal_diameter", width, approximate=approximate)])
    (statement,) = airway(Facts(case)).statements
    assert (statement.finding.text, statement.finding.polarity) == (text, polarity)
    assert (statement.importance is Importance.NONE) == (width > 10)


def test_not_measured_is_said_with_its_reason() -> None:
    case = make_case(biomarkers=[biomarker("tracheal_diameter", None, reason="the trachea was not segmented")])
    draft = airway(Facts(case))
    assert draft.statements == []
    assert draft.gaps[0] == "width of the trachea (the trachea was not segmented)"
