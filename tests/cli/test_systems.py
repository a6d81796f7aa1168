"""``ctscribe systems``: the table, one system in words and in JSON, changes, and what a scan has."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.writing import write_labelmap
from ctscribe.cli.main import main
from ctscribe.systems import TWIN, page_names

KEYS = {"name", "paper", "visual_tokens", "streams", "trainable_parameters", "total_parameters", "stages"}


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    printed = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, printed.out, printed.err


@pytest.fixture
def two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages and their twins: the others take seconds each and would show nothing more."""
    names = ("hilt-tiny", "m3d-tiny", "rad3d-prefix-v2", "rad3d-prefix-v2-tiny")
    monkeypatch.setattr("ctscribe.systems.page_names", lambda: names)


def test_without_a_name_every_system_is_listed(capsys: pytest.CaptureFixture[str], two_pages: None) -> None:
    code, out, err = run(capsys, "systems")
    assert (code, err) == (0, "")
    assert "rad3d-prefix-v2" in out
    assert TWIN not in out
    assert "279" in out


def test_the_table_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctscribe.systems.page_names", lambda: ("m3d-tiny", "r2gengpt-tiny"))
    code, out, err = run(capsys, "systems", "--all", "--json")
    assert (code, err) == (0, "")
    assert [one["name"] for one in json.loads(out)["systems"]] == ["m3d-tiny", "r2gengpt-tiny", "r2gengpt-tiny:deep"]


def test_every_page_has_its_twin() -> None:
    twins = {name for name in page_names() if name.endswith(TWIN)}
    assert {name + TWIN for name in page_names()} - {name + TWIN for name in twins} == twins


def test_one_system_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "systems", "hilt-tiny")
    assert (code, err) == (0, "")
    lines = {line[:20].strip(): line[21:] for line in out.splitlines()}
    assert lines["visual tokens"] == "64"
    assert lines["view high"] == "1 × 32 × 64 × 64"
    assert lines["encoder vit"] == "vit3d"
    assert lines["stream tokens"].startswith("hilt over vit.low, vit.high: 64 ")
    assert lines["language model"] == "ctscribe/tiny-llama, lora"


def test_one_system_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "systems", "hsenet-tiny", "--json")
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert content.keys() >= KEYS
    assert content["visual_tokens"] == 128
    assert "scan_tokens" not in content


def test_changes_show(capsys: pytest.CaptureFixture[str]) -> None:
    changes = ("language.tuning=full", "streams.prefix.projector.length=7")
    _, plain, _ = run(capsys, "systems", "rad3d-prefix-v2-tiny", "--json")
    _, changed, _ = run(capsys, "systems", "rad3d-prefix-v2-tiny", *changes, "--json")
    before, after = json.loads(plain), json.loads(changed)
    assert (before["visual_tokens"], after["visual_tokens"]) == (10, 7)
    assert (before["tuning"], after["tuning"]) == ("frozen", "full")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["hlit"], "there is no system 'hlit'", "did you mean 'hilt'?"),
        (["hilt-tiny:scald"], "hilt-tiny has no variant 'scald'", "did you mean 'scaled'?"),
        (["hilt-tiny", "full"], "'full' is not key=value", "such as language.tuning=lora"),
        (["hilt-tiny", "langauge.tuning=full"], "hilt-tiny.langauge: no such key", "did you mean 'language'?"),
        (["--scan", "x.nii"], "--scan counts the tokens of one system", "name it first"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_hint(
    capsys: pytest.CaptureFixture[str], words: list[str], error: str, hint: str
) -> None:
    assert run(capsys, "systems", *words) == (2, "", f"error: {error}\nhint: {hint}\n")


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A drawn chest and its masks as NIfTI."""
    folder = tmp_path_factory.mktemp("chest")
    volume, labelmap = chest_phantom()
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine @ np.eye(4)[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(volume.hu.T, affine), folder / "scan.nii.gz")
    write_labelmap(labelmap, folder / "masks.nii.gz")
    return folder / "scan.nii.gz", folder / "masks.nii.gz"


def test_the_tokens_of_a_scan(capsys: pytest.CaptureFixture[str], scan: tuple[Path, Path]) -> None:
    given = ("systems", "medregion-tiny", "--scan", scan[0], "--masks", scan[1])
    code, out, err = run(capsys, *given, "--json")
    assert (code, err) == (0, "")
    content = json.loads(out)
    fast, slow = (content["scan_tokens"]["tokens"][kind] for kind in ("fast", "slow"))
    assert 0 < fast <= content["streams"]["tokens"]["tokens"]["fast"]
    assert 0 < slow < content["streams"]["tokens"]["tokens"]["slow"]
    code, out, _ = run(capsys, *given)
    assert code == 0
    assert f"  in this scan       {fast} fast + {slow} slow\n" in out


def test_masks_that_are_not_there_are_one_line(capsys: pytest.CaptureFixture[str], scan: tuple[Path, Path]) -> None:
    words = ("systems", "rad3d-prefix-v2-tiny", "--scan", scan[0], "--masks", scan[1].with_name("none.nii.gz"))
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] in (["error"], ["error", "hint"])
