"""``ctscribe data phantom`` and ``ctscribe data baselines``, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctscribe.cli.main import main
from ctscribe.data.index import read_index
from ctscribe.data.phantom.ladder.scores import EASY
from ctscribe.report.findings import CT_RATE_LABELS


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    printed = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, printed.out, printed.err


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few")
    words = ["data", "phantom", "-n", 12, "--split", "6,3,3", "--level", "hard", "--size", "32,80,80", "-o", folder]
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    assert left.value.code == 0
    return folder


def test_the_cases_are_those_asked_for(capsys: pytest.CaptureFixture[str], few: Path) -> None:
    assert read_index(few).splits == {"train": 6, "validation": 3, "test": 3}
    words = ("--split", "6,3,3", "--level", "hard", "--size", "32,80,80", "-o", few, "--json")
    code, out, err = run(capsys, "data", "phantom", "-n", 12, *words)
    assert (code, err) == (0, "")
    assert json.loads(out)["cases"] == {"train": 6, "validation": 3, "test": 3}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--level", "harder"), "there is no level 'harder'"),
        (("--size", "8,8,8"), "--size 8,8,8 is out of range"),
        (("--seed", "1"), "phantoms made with seed 0, not 1"),
        (("--anatomy", "nowhere.nii.gz:masks.nii.gz"), "nowhere.nii.gz"),
    ],
)
def test_what_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], few: Path, words: tuple[str, ...], complaint: str
) -> None:
    given = {"--level": "hard", "--size": "32,80,80"} | dict(zip(words[::2], words[1::2], strict=True))
    code, out, err = run(
        capsys, "data", "phantom", "-n", 1, "-o", few, *(word for pair in given.items() for word in pair)
    )
    assert (code, out) == (2, "")
    assert complaint in err.splitlines()[0]
    assert "Traceback" not in err


def test_the_ladder_has_every_rung(capsys: pytest.CaptureFixture[str], few: Path) -> None:
    code, out, _ = run(capsys, "data", "baselines", few, "--json")
    rungs = {rung["name"]: rung for rung in json.loads(out)["rungs"]}
    assert code == 0
    assert list(rungs) == [
        "commonest report",
        "drawn by prevalence",
        "always positive",
        "region histograms, scans shuffled",
        "region histograms",
    ]
    labels = [record.labels for record in read_index(few).split("test").records]
    share = {label: sum(case[k] for case in labels) / 3 for k, label in enumerate(CT_RATE_LABELS)}
    always = rungs["always positive"]
    assert always["f1"] == pytest.approx({label: 2 * p / (1 + p) for label, p in share.items() if p})
    hard = [value for label, value in always["f1"].items() if label not in EASY]
    assert always["macro_f1_hard"] == pytest.approx(sum(hard) / len(hard))


def test_the_ladder_through_a_degraded_map(capsys: pytest.CaptureFixture[str], few: Path) -> None:
    code, out, _ = run(capsys, "data", "baselines", few, "--masks", "atlas")
    assert code == 0 and "region histograms" in out
    code, _, err = run(capsys, "data", "baselines", few, "--masks", "atlsa")
    assert code == 2 and "masks_atlsa" in err


def test_an_index_without_masks_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "data", "baselines", tmp_path)
    assert code == 2 and "there is no index" in err
