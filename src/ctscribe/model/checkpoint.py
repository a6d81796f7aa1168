"""Where weights come from and where they go.

A model's folder holds ``config.json`` (the page), ``model.safetensors`` (encoders and streams), ``adapter/`` (LoRA or
DoRA, apart from its base), ``language/`` (the base, where it was trained or has no public name) and ``README.md``, the
model card. Parts that were taken from named public weights and that no stage trains are not copied: ``config.json``
names them. It is written last, so a folder without it is no model.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from peft import PeftModel, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from ctscribe.errors import BadInput
from ctscribe.files import check_output_folder, share
from ctscribe.model.card import model_card
from ctscribe.model.config import Page
from ctscribe.model.encoders import Encoder
from ctscribe.model.language import load_language
from ctscribe.model.language_files import has_weights, quiet
from ctscribe.model.report_model import ReportModel, ReportModelConfig

CONFIG, WEIGHTS, ADAPTER, LANGUAGE, CARD = "config.json", "model.safetensors", "adapter", "language", "README.md"


def new_model(page: Page, *, pretrained: bool = True, download: bool = False) -> ReportModel:
    """A model of a page, before any training.

    Parameters
    ----------
    page : the system.
    pretrained : start from the public weights that the page names, where it names any; else from random ones.
    download : fetch named weights that are not on this machine. Without it nothing is downloaded.

    Raises
    ------
    BadInput : named weights are not here, or do not fit.
    """
    config = ReportModelConfig(page=page.content())
    if not pretrained:
        return ReportModel(config)
    named = has_weights(page.language.model)
    model = ReportModel(config, load_language(page.language, download=download) if named else None)
    if named:
        model.config.named[LANGUAGE] = page.language.model
    for name, encoder in model.encoders.items():
        source = page.encoders[name].weights or getattr(encoder, "named_weights", None)
        if source is not None and isinstance(encoder, Encoder):
            encoder.load_weights(source, download=download)
            model.config.named[f"encoders.{name}"] = source
    return model


def save_model(model: ReportModel, folder: Path) -> None:
    """Write a model, complete or not at all."""
    check_output_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        written = Path(name)
        _write(model, written)
        for file in written.rglob("*.safetensors"):
            share(file)
        folder.mkdir(exist_ok=True)
        (folder / CONFIG).unlink(missing_ok=True)
        for part in (ADAPTER, LANGUAGE):  # of an older model, which may have had what this one has not
            shutil.rmtree(folder / part, ignore_errors=True)
        for entry in sorted(written.iterdir(), key=lambda path: path.name == CONFIG):
            entry.replace(folder / entry.name)


def load_model(folder: Path, *, page: Page | None = None, download: bool = False) -> ReportModel:
    """Load a model that was saved.

    Parameters
    ----------
    folder : where it lies.
    page : the system that it is expected to be.
    download : fetch named weights that its parts refer to and that are not on this machine.

    Raises
    ------
    BadInput : no model is there, it is one of another system, or its weights are incomplete.
    """
    if not (folder / CONFIG).is_file():
        raise BadInput(f"{folder} holds no model: {CONFIG} is missing", code="no-model")
    try:
        config = ReportModelConfig.from_pretrained(str(folder))
    except OSError:
        raise BadInput(f"{folder / CONFIG} is not JSON, or is cut short", code="broken-config") from None
    if not isinstance(config, ReportModelConfig) or not config.page:
        raise BadInput(f"{folder} holds no model of ctscribe", code="not-ours")
    saved = Page.check(config.page)
    if page is not None:
        _check_same(saved, page, folder)
    own = folder / LANGUAGE
    if not own.is_dir() and not config.keeps_named(LANGUAGE):
        raise _missing(own)
    model = ReportModel(config, load_language(saved.language, source=own if own.is_dir() else None, download=download))
    for part, source in config.named.items():
        if part != LANGUAGE and config.keeps_named(part):
            encoder = model.get_submodule(part)
            assert isinstance(encoder, Encoder)
            encoder.load_weights(source, download=download)
    _load_parts(model, folder)
    return model


def _write(model: ReportModel, folder: Path) -> None:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.own_state().items()}
    save_file(state, folder / WEIGHTS, metadata={"format": "pt", "system": model.page.name})
    language = model.language
    if isinstance(language, PeftModel):
        adapter = {name: tensor.detach().cpu() for name, tensor in _adapter_state(language).items()}
        (folder / ADAPTER).mkdir()
        save_file(adapter, folder / ADAPTER / "adapter_model.safetensors", metadata={"format": "pt"})
        # Its base by public name: the folder that it was loaded from is this machine's affair.
        options = replace(language.peft_config["default"], base_model_name_or_path=model.page.language.model)
        options.save_pretrained(str(folder / ADAPTER))
    if not model.config.keeps_named(LANGUAGE):
        base = language.get_base_model() if isinstance(language, PeftModel) else language
        assert isinstance(base, PreTrainedModel)
        with quiet():
            base.save_pretrained(str(folder / LANGUAGE), state_dict=_without_adapters(base))
    (folder / CARD).write_text(model_card(model.page), encoding="utf-8")
    model.config.save_pretrained(str(folder))


def _without_adapters(base: PreTrainedModel) -> dict[str, Tensor]:
    """The weights under the names that they have without adapters, which peft puts inside the layers."""
    state = base.state_dict()
    return {name.replace(".base_layer.", "."): tensor for name, tensor in state.items() if ".lora_" not in name}


def _load_parts(model: ReportModel, folder: Path) -> None:
    state = _read(folder / WEIGHTS)
    _check_keys(state, model.own_state(), folder / WEIGHTS)
    model.load_state_dict(state, strict=False)
    if isinstance(model.language, PeftModel):
        adapter = _read(folder / ADAPTER / "adapter_model.safetensors")
        _check_keys(adapter, _adapter_state(model.language), folder / ADAPTER)
        set_peft_model_state_dict(model.language, adapter)


def _adapter_state(language: PeftModel) -> dict[str, Tensor]:
    # Embeddings belong to the base; left to choose, peft asks the hub how many the public model has.
    return get_peft_model_state_dict(language, save_embedding_layers=False)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise _missing(path)
    try:
        return load_file(path)
    except SafetensorError:
        raise BadInput(f"{path} is not a safetensors file, or is cut short", code="broken-weights") from None


def _missing(path: Path) -> BadInput:
    return BadInput(f"{path} is missing", hint="the model was not saved completely", code="missing-weights")


def _check_keys(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    wrong = sorted(found.keys() ^ wanted.keys()) or [
        name for name, tensor in wanted.items() if found[name].shape != tensor.shape
    ]
    if wrong:
        kind = "lacks" if wrong[0] in wanted and wrong[0] not in found else "does not fit at"
        raise BadInput(
            f"{path}: these weights belong to another system: {kind} {wrong[0]!r} ({len(wrong)} such)",
            hint="load it with the page it was saved with",
            code="another-system",
        )


def _check_same(saved: Page, wanted: Page, folder: Path) -> None:
    wired = {"views", "encoders", "streams", "prompt", "language"}
    ours, theirs = wanted.model_dump(include=wired), saved.model_dump(include=wired)
    differing = [key for key in sorted(wired) if ours[key] != theirs[key]]
    if differing:
        raise BadInput(
            f"{folder} holds a model of {saved.name}, not of {wanted.name}: they differ in {', '.join(differing)}",
            hint="name the system that it was trained as",
            code="another-system",
        )
