from ctscribe.report.writers.sr_content import plain


def test_typographic_signs_are_written_as_people_type_them():
    assert plain("−12 HU, 12–13 mm, ≥ 5 × 3 mm") == "-12 HU, 12-13 mm, >= 5 × 3 mm"
    assert plain("−12 HU, 12–13 mm, ≥ 5 × 3 mm").encode("latin-1")
