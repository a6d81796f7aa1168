"""The tiny language model that ships with the package: it loads, it is small, and it writes what the prompt says."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

FOLDER = Path(str(resources.files("ctscribe.model") / "tiny_language"))

REPORT = (
    "Lung parenchyma: Nodule of 12 mm in the left upper lobe. Pleural effusion, right.\n"
    "Large airway: The trachea and main bronchi are open.\n"
    "Mediastinum: No enlarged lymph nodes.\n"
    "Heart and great vessels: The heart is enlarged.\n"
    "Abdominal organs: Unremarkable.\n"
    "Musculoskeletal structures: The bones are intact."
)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(FOLDER).eval()


def sections(model: Any, tokenizer: Any, prompt: str) -> dict[str, str]:
    """The greedy report after a prompt, by title."""
    ids = tokenizer(f"{tokenizer.bos_token}{prompt}\n", return_tensors="pt")["input_ids"]
    written = model.generate(ids, max_new_tokens=120, do_sample=False)[0, ids.shape[1] :]
    assert written[-1] == tokenizer.eos_token_id
    lines = tokenizer.decode(written, skip_special_tokens=True).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 3_000_000


def test_it_is_what_the_table_of_architectures_says(model: Any) -> None:
    table = yaml.safe_load((resources.files("ctscribe.model") / "architectures.yaml").read_text(encoding="utf-8"))
    row = dict(table["ctscribe/tiny-llama"])
    assert row.pop("model_type") == model.config.model_type
    for key, value in row.items():
        assert getattr(model.config, key) == value, key
    assert model.num_parameters() == 984_192
    assert model.dtype == torch.float32


@pytest.mark.parametrize("text", [REPORT, REPORT.replace("\n", " "), "Größe ≤ 7 mm²,\t{x}  <b>\r\n", ""])
def test_text_comes_back_from_its_tokens(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_report_is_short_in_tokens(tokenizer: Any) -> None:
    assert len(tokenizer(REPORT)["input_ids"]) <= 90


def test_it_has_the_special_tokens(tokenizer: Any) -> None:
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 1, 2)
    assert len(tokenizer) == 1024


def test_keywords_decide_the_report(model: Any, tokenizer: Any) -> None:
    report = sections(model, tokenizer, "nodule 12 mm left upper lobe, cardiomegaly")
    assert "12 mm" in report["Lung parenchyma"]
    assert "left upper lobe" in report["Lung parenchyma"]
    assert "effusion" not in report["Lung parenchyma"]
    assert report["Heart and great vessels"] in {"The heart is enlarged.", "Cardiomegaly."}


def test_lesion_lines_decide_the_report(model: Any, tokenizer: Any) -> None:
    line = "pleural effusion: diameter 84.2 mm, volume 31.5 mL, location pleura right"
    report = sections(model, tokenizer, f"{line}\nWrite the report of this chest CT under its six headings.")
    assert report["Lung parenchyma"] in {"Pleural effusion, right.", "There is pleural effusion, right."}


def test_regions_decide_their_sections(model: Any, tokenizer: Any) -> None:
    titles = [line.split(":")[0] for line in REPORT.splitlines()]
    words = ["emphysema", "normal", "hiatal hernia", "normal", "gallstone", "vertebral fracture T8"]
    prompt = "".join(f"{title}: {word}\n" for title, word in zip(titles, words, strict=True))
    report = sections(model, tokenizer, prompt)
    assert list(report) == titles
    assert "mphysema" in report["Lung parenchyma"]
    assert "iatal hernia" in report["Mediastinum"]
    assert report["Abdominal organs"] == "A gallstone is seen."
    assert "T8" in report["Musculoskeletal structures"]
