import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ctscribe.ct.volume import PatientIdentity
from ctscribe.errors import BadInput
from ctscribe.report.writers import FORMATS, FormatRefused, available_formats, write_report_files


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_dicom_scan_gives_all_forms(dicom_report, dicom_case, tmp_path):
    folder = tmp_path / "new" / "out"
    files = write_report_files(dicom_report, dicom_case, folder)
    assert files == {name: folder / form.file_name for name, form in FORMATS.items()}
    assert files_in(folder) == ["report.dcm", "report.fhir.json", "report.html", "report.json", "report.txt"]
    assert json.loads(files["json"].read_text(encoding="utf-8"))["research_use"].startswith("AI generated")


def test_only_what_was_asked_for_is_written(report, made_case, tmp_path):
    assert list(write_report_files(report, made_case, tmp_path, ["text", "text"])) == ["text"]
    assert files_in(tmp_path) == ["report.txt"]


def test_without_dicom_the_other_forms_are_written_and_the_refusal_follows(report, made_case, tmp_path):
    assert available_formats(made_case) == ("text", "json", "html", "fhir")
    with pytest.raises(FormatRefused, match="needs a DICOM scan") as refused:
        write_report_files(report, made_case, tmp_path)
    assert refused.value.code == "no-dicom-source"
    assert refused.value.exit_code == 2
    assert refused.value.hint
    assert set(refused.value.written) == {"text", "json", "html", "fhir"}
    assert files_in(tmp_path) == ["report.fhir.json", "report.html", "report.json", "report.txt"]


def test_an_impossible_form_alone_writes_nothing(report, made_case, tmp_path):
    folder = tmp_path / "out"
    with pytest.raises(BadInput) as refused:
        write_report_files(report, made_case, folder, ["dicom-sr"])
    assert not isinstance(refused.value, FormatRefused)
    assert not folder.exists()


def test_an_unknown_form_writes_nothing(report, made_case, tmp_path):
    folder = tmp_path / "out"
    with pytest.raises(BadInput, match="no report format 'pdf'") as refused:
        write_report_files(report, made_case, folder, ["text", "pdf"])
    assert "html" in refused.value.hint
    assert not folder.exists()


def test_a_failure_leaves_the_older_report_as_it_was(report, made_case, tmp_path, monkeypatch):
    (tmp_path / "report.txt").write_text("older", encoding="utf-8")
    (tmp_path / "report.json").write_text("older", encoding="utf-8")

    def broken(report, case, written):
        raise OSError("no space left")

    monkeypatch.setitem(FORMATS, "json", replace(FORMATS["json"], render=broken))
    with pytest.raises(OSError, match="no space"):
        write_report_files(report, made_case, tmp_path, ["text", "json"])
    assert files_in(tmp_path) == ["report.json", "report.txt"]
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "older"


def test_identity_is_in_the_forms_for_the_hospitals_systems_only(dicom_report, dicom_case, tmp_path):
    patient = PatientIdentity(
        name="Planted^Name", patient_id="PLANTED-ID", birth_date="19310405", study_date="20190607"
    )
    meta = dicom_case.volume.meta
    known = replace(dicom_case.volume, meta=replace(meta, dicom=replace(meta.dicom, patient=patient)))
    planted = re.compile(rb"Planted|PLANTED|19310405|20190607|2019-06-07")
    anonymous = write_report_files(dicom_report, dicom_case, tmp_path / "anonymous")
    assert not any(planted.search(path.read_bytes()) for path in anonymous.values())
    named = write_report_files(dicom_report, replace(dicom_case, volume=known), tmp_path / "named")
    assert {name for name, path in named.items() if planted.search(path.read_bytes())} == {"dicom-sr", "fhir"}


def test_the_documentation_names_every_form():
    docs = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    for name, form in FORMATS.items():
        assert re.search(rf"`{re.escape(name)}`.*`{re.escape(form.file_name)}`", docs)
