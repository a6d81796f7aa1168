import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from ctscribe.ct.volume import PatientIdentity
from ctscribe.report.schema import RESEARCH_USE
from ctscribe.report.writers.html import write_html
from ctscribe.report.writers.key_slices import sentences

VOID = {"meta", "br", "image", "path", "line"}


class Page(HTMLParser):
    """Elements in order, and whether every one is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    def all(self, tag, name=None):
        return [found for kind, found in self.elements if kind == tag and (name is None or name in found)]


@pytest.fixture(scope="module")
def text(report, made_case):
    return write_html(report, made_case)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_every_element_is_closed_and_every_id_is_unique(page):
    assert page.open == []
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(set(ids)) == len(ids)


def test_nothing_is_loaded_from_anywhere(text, page):
    assert "http://" not in text
    assert "https://" not in text
    for _, found in page.elements:
        assert not {"src", "srcset"} & set(found)
        if "href" in found:
            assert found["href"].startswith(("#", "data:image/jpeg;base64,"))
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


def test_every_sentence_is_on_the_page_escaped(text, page, report):
    words = " ".join("".join(page.words).split())
    for sentence in sentences(report):
        assert sentence.finding.text in words
    assert "<b>&</b>" not in text
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in text


def test_research_use_stands_at_the_top_and_at_the_bottom(page):
    words = "".join(page.words)
    assert words.index(RESEARCH_USE) < words.index("Impression")
    assert words.rindex(RESEARCH_USE) > words.index("Musculoskeletal")


def test_every_sentence_has_its_polarity_and_origin_in_words(page, report):
    claims = [found for found in page.all("li", "class") if found["class"].startswith("claim ")]
    spoken = list(sentences(report))
    assert [claim["id"] for claim in claims] == [sentence.anchor for sentence in spoken]
    assert [claim["class"].split()[1] for claim in claims] == [sentence.finding.polarity for sentence in spoken]
    assert "".join(page.words).count("measured on this scan") >= 1


def test_sentences_lead_to_the_figure_that_outlines_what_they_speak_of(page):
    figures = {found["id"] for found in page.all("figure", "id")}
    marks = {found["data-key"] for found in page.all("g", "data-key")}
    for claim in [found for found in page.all("li", "data-figure") if "claim" in found.get("class", "")]:
        assert f"figure-{claim['data-figure']}" in figures
        assert set(claim["data-keys"].split()) & marks
    assert {"lesion-0", "lesion-1"} <= marks
    for link in page.all("a", "href"):
        if link["href"].startswith("#figure-"):
            assert link["href"][1:] in figures


def test_pictures_have_descriptions_and_true_proportions(text, page, made_case):
    panels = page.all("svg", "role")
    assert panels
    assert all(len(panel["aria-label"]) > 10 for panel in panels)
    assert any("left lower lobe" in panel["aria-label"] for panel in panels)
    coronal = next(p for p in panels if p["aria-label"].startswith("Coronal"))
    _, _, _, height = map(float, coronal["viewbox"].split())
    assert height == pytest.approx(made_case.volume.size_mm[0])
    assert "Slice 23 of 40" in text


def test_the_outline_lies_on_the_lesion(text, made_case):
    """The nodule's path in the first figure encloses its centroid."""
    first = text[text.index('id="figure-1"') :]
    group = re.search(r'data-key="lesion-1">.*?d="M([^"]+)Z"', first, re.DOTALL)
    points = np.array([[float(value) for value in pair.split()] for pair in group[1].split("L")])
    size = np.ptp(points, axis=0)
    nodule = made_case.lesions[1]
    assert max(size) == pytest.approx(nodule.diameter_mm, abs=0.2)


def test_measurements_say_their_value_or_why_there_is_none(page):
    words = " ".join("".join(page.words).split())
    assert "Cardiothoracic ratio" in words
    assert "0.46" in words
    assert "not assessable: the organ is cut" in words
    assert "T12 182 HU" in words


def test_it_is_small(text):
    assert len(text) < 1_000_000


def test_a_case_without_any_label_or_lesion_still_has_a_page(report, made_case):
    empty = replace(made_case.labelmap, labels=np.zeros_like(made_case.labelmap.labels), lesions={})
    bare = report.model_copy(update={"lesions": (), "biomarkers": (), "impression": (), "sections": ()})
    page = Page(write_html(bare, replace(made_case, labelmap=empty, lesions=(), biomarkers=())))
    assert page.open == []
    assert page.all("figure", "id") == []


def test_identity_never_reaches_the_page(dicom_report, dicom_case):
    patient = PatientIdentity(name="Planted^Name", patient_id="PLANTED-ID", birth_date="19310405")
    meta = dicom_case.volume.meta
    known = replace(dicom_case.volume, meta=replace(meta, dicom=replace(meta.dicom, patient=patient)))
    text = write_html(dicom_report, replace(dicom_case, volume=known))
    assert not re.search("Planted|PLANTED|19310405", text)
    assert meta.dicom.study_instance_uid not in text


@pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("pdfinfo")), reason="needs chromium and pdfinfo")
def test_it_prints_on_two_pages(text, tmp_path):
    source, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    source.write_text(text, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}/p"]
    subprocess.run(
        ["chromium", *flags, f"--print-to-pdf={printed}", source.as_uri()], check=True, capture_output=True, timeout=90
    )
    pages = subprocess.run(["pdfinfo", str(printed)], check=True, capture_output=True, text=True).stdout
    assert int(re.search(r"Pages:\s+(\d+)", pages)[1]) <= 2
