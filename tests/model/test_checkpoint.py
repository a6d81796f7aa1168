"""Saving is all or nothing, adapters lie apart from their base, another system's model is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ctscribe.errors import BadInput
from ctscribe.model import checkpoint
from ctscribe.model.checkpoint import load_model, new_model, save_model
from ctscribe.model.encoders.image_tower import build_tower
from ctscribe.model.report_model import ReportModel, ReportModelConfig
from ctscribe.systems import page_names
from ctscribe.systems.pages import load_page

PLAIN = "rad3d-prefix-v2-tiny"
SMALL = ("streams.prefix.projector.layers=1", "encoders.volume.spatial_depth=1", "encoders.volume.temporal_depth=1")


def small(*changes: str, pretrained: bool = True) -> ReportModel:
    torch.manual_seed(0)
    return new_model(load_page(PLAIN, [*SMALL, *changes]), pretrained=pretrained)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def same(one: ReportModel, other: ReportModel) -> bool:
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def refusal(folder: Path, **options: object) -> BadInput:
    with pytest.raises(BadInput) as refused:
        ReportModel.from_pretrained(folder, **options)
    assert "\n" not in refused.value.message
    return refused.value


@pytest.mark.parametrize(
    ("changes", "pretrained", "parts"),
    [
        ((), True, set()),
        ((), False, {"language"}),
        (("language.tuning=lora",), True, {"adapter"}),
        (("language.tuning=dora", "language.trained=[embeddings]"), True, {"adapter", "language"}),
        (("language.tuning=full",), True, {"language"}),
    ],
)
def test_what_was_saved_comes_back(tmp_path: Path, changes: tuple[str, ...], pretrained: bool, parts: set[str]) -> None:
    model = small(*changes, pretrained=pretrained)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.1
    model.save_pretrained(tmp_path / "model")
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "config.json", "model.safetensors", "README.md", *parts
    }  # fmt: skip
    loaded = ReportModel.from_pretrained(tmp_path / "model")
    assert loaded.page == model.page
    assert same(loaded, model)


@pytest.mark.parametrize("name", page_names())
def test_a_saved_page_keeps_its_order(tmp_path: Path, name: str) -> None:
    """Views and encoders refer to those above them, so a page in alphabetical order would be another page."""
    content = load_page(name).content()
    ReportModelConfig(page=content).save_pretrained(str(tmp_path))
    loaded = ReportModelConfig.from_pretrained(str(tmp_path)).page
    assert loaded == content
    assert json.dumps(loaded) == json.dumps(content)


def test_an_interrupted_save_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "model_card", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(small("language.tuning=lora"), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_save_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = small()
    save_model(old, tmp_path / "model")
    before = files_of(tmp_path)
    monkeypatch.setattr(checkpoint, "model_card", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(small("language.tuning=full"), tmp_path / "model")
    assert files_of(tmp_path) == before
    assert same(load_model(tmp_path / "model"), old)


def _interrupted(page: object) -> str:
    raise KeyboardInterrupt


def test_half_a_move_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted while the files are put in place, the folder must not pass for the old model nor for the new one."""
    save_model(small(), tmp_path / "model")
    replace, moved = Path.replace, []

    def second_fails(source: Path, target: Path) -> Path:
        moved.append(source)
        if len(moved) == 2:
            raise KeyboardInterrupt
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", second_fails)
    with pytest.raises(KeyboardInterrupt):
        save_model(small("language.tuning=lora"), tmp_path / "model")
    assert refusal(tmp_path / "model").code == "no-model"


def test_a_second_save_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    trained = small("language.tuning=full")
    with torch.no_grad():
        trained.get_parameter("language.model.embed_tokens.weight").add_(1)
    trained.save_pretrained(folder)
    small("language.tuning=lora").save_pretrained(folder)
    assert not (folder / "language").exists()
    frozen = small()
    frozen.save_pretrained(folder)
    assert not (folder / "adapter").exists()
    assert same(load_model(folder), frozen)
    assert (folder / "notes.txt").read_text() == "mine"


def test_whoever_may_read_the_config_may_read_the_weights(tmp_path: Path) -> None:
    small("language.tuning=lora").save_pretrained(tmp_path / "model")
    assert len({file.stat().st_mode for file in (tmp_path / "model").rglob("*") if file.is_file()}) == 1


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    with pytest.raises(BadInput) as refused:
        small().save_pretrained(tmp_path / "model")
    assert refused.value.code == "output-is-a-file"


def test_adapters_lie_apart_from_their_base(tmp_path: Path) -> None:
    model = small("language.tuning=lora")
    model.save_pretrained(tmp_path / "model")
    adapter = load_file(tmp_path / "model" / "adapter" / "adapter_model.safetensors")
    assert adapter
    assert all("lora_" in name for name in adapter)
    own = load_file(tmp_path / "model" / "model.safetensors")
    assert {name.split(".")[0] for name in own} == {"encoders", "streams"}


def test_nothing_of_this_machine_is_saved(tmp_path: Path) -> None:
    small("language.tuning=lora", "language.trained=[embeddings]").save_pretrained(tmp_path / "model")
    packaged = str(Path(checkpoint.__file__).parent)
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".json", ".md")]
    assert len(texts) >= 4
    assert not [text for text in texts if packaged in text or str(tmp_path) in text]
    options = json.loads((tmp_path / "model" / "adapter" / "adapter_config.json").read_text())
    assert options["base_model_name_or_path"] == "ctscribe/tiny-llama"


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image tower of some weights that stand for public ones."""
    folder = tmp_path_factory.mktemp("weights") / "tower"
    torch.manual_seed(5)
    build_tower("ctscribe/tiny-clip", "mean").save_pretrained(folder)
    return folder


def test_named_frozen_weights_are_not_copied(tmp_path: Path, tower: Path) -> None:
    page = load_page("llava-slices-tiny", [f"encoders.slice.model={tower}"])
    model = new_model(page)
    assert model.config.named == {"language": "ctscribe/tiny-llama", "encoders.slice": str(tower)}
    model.save_pretrained(tmp_path / "model")
    own = load_file(tmp_path / "model" / "model.safetensors")
    assert own
    assert all(name.startswith("streams.") for name in own)
    assert not (tmp_path / "model" / "language").exists()
    assert same(load_model(tmp_path / "model"), model)


def test_trained_weights_are_copied_and_need_their_origin_no_more(tmp_path: Path) -> None:
    page = load_page("m3d-tiny", ["stages=[{name: report, train: [encoders.volume.blocks, streams, language]}]"])
    model = new_model(page)
    model.config.named["encoders.volume"] = "nowhere/public-weights"
    model.save_pretrained(tmp_path / "model")
    assert any(name.startswith("encoders.") for name in load_file(tmp_path / "model" / "model.safetensors"))
    assert same(load_model(tmp_path / "model"), model)


def test_cross_attention_that_no_public_model_has_is_saved(tmp_path: Path) -> None:
    page = load_page("clip-text-decoder-tiny", ["language.tuning=lora"])
    model = ReportModel.from_page(page)
    model.config.named["language"] = "gpt2"
    model.save_pretrained(tmp_path / "model")
    assert (tmp_path / "model" / "language" / "model.safetensors").is_file()
    assert same(load_model(tmp_path / "model"), model)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    small("language.tuning=lora").save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_the_page_that_it_was_saved_with_is_accepted(saved: Path) -> None:
    page = load_page(PLAIN, [*SMALL, "language.tuning=lora"])
    assert ReportModel.from_pretrained(saved, page=page).page == page


def test_stages_may_differ(saved: Path) -> None:
    page = load_page(PLAIN, [*SMALL, "language.tuning=lora", "stages=[{name: report, train: [streams], epochs: 3}]"])
    assert ReportModel.from_pretrained(saved, page=page)


def test_a_model_of_another_system_names_both_and_what_differs(saved: Path) -> None:
    error = refusal(saved, page=load_page("hilt-tiny"))
    assert error.code == "another-system"
    assert "a model of rad3d-prefix-v2-tiny, not of hilt-tiny" in error.message
    assert error.message.endswith("they differ in encoders, language, prompt, streams, views")
    error = refusal(saved, page=load_page(PLAIN, [*SMALL, "language.tuning=lora", "prompt='{prefix} Report:'"]))
    assert error.message.endswith("they differ in prompt")


def test_weights_of_another_system_are_refused(saved: Path) -> None:
    path = saved / "model.safetensors"
    weights = load_file(path)
    first = sorted(name for name in weights if name.startswith("streams."))[0]
    save_file({name: tensor for name, tensor in weights.items() if name != first}, path)
    assert refusal(saved).code == "another-system"
    assert f"lacks {first!r} (1 such)" in refusal(saved).message
    save_file(weights | {"streams.other.weight": torch.zeros(1)}, path)
    assert "does not fit at 'streams.other.weight'" in refusal(saved).message
    save_file(weights | {first: torch.zeros(1)}, path)
    assert f"does not fit at {first!r}" in refusal(saved).message


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("config.json", "no-model"),
        ("model.safetensors", "missing-weights"),
        ("adapter/adapter_model.safetensors", "missing-weights"),
    ],
)
def test_a_missing_file_is_named(saved: Path, file: str, code: str) -> None:
    (saved / file).unlink()
    error = refusal(saved)
    assert error.code == code
    assert Path(file).name in error.message


def test_a_missing_trained_language_model_is_not_replaced_by_the_public_one(tmp_path: Path) -> None:
    small("language.tuning=full").save_pretrained(tmp_path)
    (tmp_path / "language").rename(tmp_path / "elsewhere")
    error = refusal(tmp_path)
    assert error.code == "missing-weights"
    assert error.message == f"{tmp_path / 'language'} is missing"


@pytest.mark.parametrize("file", ["model.safetensors", "adapter/adapter_model.safetensors", "config.json"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_file_cut_short_is_named(saved: Path, file: str, share: float) -> None:
    whole = (saved / file).read_bytes()
    (saved / file).write_bytes(whole[: int(len(whole) * share)])
    error = refusal(saved)
    assert error.code in ("broken-weights", "broken-config")
    assert str(saved / file) in error.message


def test_a_model_of_something_else_is_not_ours(tmp_path: Path, tower: Path) -> None:
    assert refusal(tower).code == "not-ours"
    assert refusal(tmp_path / "nowhere").code == "no-model"


def test_named_weights_that_are_not_here_are_one_line() -> None:
    with pytest.raises(BadInput) as refused:
        new_model(load_page(PLAIN, ["encoders.volume.weights=nowhere.safetensors"]))
    assert "nowhere.safetensors" in refused.value.message
    assert "\n" not in refused.value.message
