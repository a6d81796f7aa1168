from collections import Counter

from ctscribe.report.schema import Evidence, Finding
from ctscribe.report.writers.key_slices import MOST_SLICES, choose_key_slices, sentences, window_for
from ctscribe.report.writers.outlines import SliceAreas


def chosen(report, case):
    return choose_key_slices(report, case, SliceAreas(case))


def test_every_sentence_has_its_own_anchor(report):
    anchors = [sentence.anchor for sentence in sentences(report)]
    assert anchors[:2] == ["impression-1", "impression-2"]
    assert len(set(anchors)) == len(anchors)
    assert sum(len(section.findings) for section in report.sections) + len(report.impression) == len(anchors)


def test_a_named_slice_is_shown_itself(report, made_case):
    shown = chosen(report, made_case)
    for key_slice in shown:
        for request in key_slice.requests:
            if request.evidence.key_slice is not None:
                assert key_slice.k == request.evidence.key_slice
            assert key_slice.window is request.window


def test_the_windows_follow_what_is_looked_at(report):
    windows = {
        "lung": window_for(Evidence(structures=("lung_lower_lobe_left",), source="a"), "lung", report).name,
        "heart": window_for(Evidence(structures=("heart",), source="a"), "heart", report).name,
        "bone": window_for(Evidence(structures=("vertebrae_T12",), source="a"), None, report).name,
        "fluid": window_for(Evidence(structures=("pleura_right",), lesion=0, source="a"), "lung", report).name,
        "nodule": window_for(Evidence(lesion=1, source="a"), None, report).name,
    }
    assert windows == {"lung": "lung", "heart": "soft tissue", "bone": "bone", "fluid": "soft tissue", "nodule": "lung"}


def test_a_sentence_about_a_whole_organ_shares_a_slice_when_enough_of_it_shows(report, made_case):
    areas = SliceAreas(made_case)
    for key_slice in chosen(report, made_case):
        for request in key_slice.requests:
            if not request.exact:
                sections = areas.of(*request.evidence.structures)
                assert sections[key_slice.k] >= 0.5 * sections.max()


def test_slices_are_few_and_the_impression_comes_first(report, made_case):
    many = tuple(
        Finding(
            text=f"Vertebra {k}.",
            polarity="normal",
            origin="measured",
            evidence=(Evidence(structures=("vertebrae_T7",), key_slice=k, source="a"),),
        )
        for k in range(20)
    )
    bones = report.sections[-1].model_copy(update={"findings": many})
    crowded = report.model_copy(update={"sections": (*report.sections[:-1], bones)})
    shown = chosen(crowded, made_case)
    assert len(shown) == MOST_SLICES
    served = Counter(request.sentence.anchor for key_slice in shown for request in key_slice.requests)
    assert served["impression-1"] == served["impression-2"] == 1
    assert shown[0].requests[0].sentence.anchor == "impression-1"


def test_a_slice_outside_the_scan_is_not_shown(report, made_case):
    stray = Finding(
        text="Stray.",
        polarity="present",
        origin="model",
        evidence=(Evidence(key_slice=made_case.volume.shape[0], source="a"),),
    )
    alone = report.model_copy(update={"impression": (stray,), "sections": ()})
    assert chosen(alone, made_case) == ()


def test_what_was_not_assessed_shows_nothing(report, made_case):
    silent = Finding(
        text="Not assessed.",
        polarity="not_assessed",
        origin="measured",
        evidence=(Evidence(structures=("heart",), key_slice=3, source="a"),),
    )
    alone = report.model_copy(update={"impression": (silent,), "sections": ()})
    assert chosen(alone, made_case) == ()


def test_a_sentence_with_many_pieces_leaves_slices_to_the_others(report, made_case):
    pieces = tuple(Evidence(structures=("heart",), key_slice=k, source="a") for k in range(20))
    counted = Finding(text="Many.", polarity="present", origin="measured", evidence=pieces)
    section = report.sections[0].model_copy(update={"findings": (counted,)})
    crowded = report.model_copy(update={"sections": (section, *report.sections[1:])})
    shown = chosen(crowded, made_case)
    served = {request.sentence.anchor for key_slice in shown for request in key_slice.requests}
    assert {"heart-1", "heart-2", "musculoskeletal-1"} <= served
    assert len(shown) == MOST_SLICES
