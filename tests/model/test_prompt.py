"""Prompts: what a page writes, what a case makes of it, and what a page may not write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import Lesion, LesionKind
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume
from ctscribe.errors import BadInput
from ctscribe.model.prompt import PromptConfig, PromptTemplate, lesion_lines, tokenise
from ctscribe.model.slots import Slot, Text, merged

MEDREGION: dict[str, Any] = {
    "template": "{tokens}\n{regions}{lesions}{instruction}\n",
    "regions": {"stream": "organs", "taxonomy": "chest6", "line": "{title}: {token}\n"},
    "lesions": {"line": "- {sentence}\n", "none": "no lesion\n"},
}


def template(config: Any, *streams: str) -> PromptTemplate:
    return PromptTemplate(PromptConfig.model_validate(config), streams)


def refusal(config: Any, *streams: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        template(config, *streams)
    assert "\n" not in caught.value.message
    return caught.value


def test_a_bare_string_is_the_template() -> None:
    assert PromptConfig.model_validate("{global}") == PromptConfig(template="{global}")
    assert template("{global}{local}{instruction}", "global", "local").render("Report.") == (
        Slot("global"),
        Slot("local"),
        Text("Report."),
    )


def test_the_pieces_come_in_the_order_of_the_page() -> None:
    pieces = template("A {two} B {one}{instruction}.", "one", "two").render("go")
    assert pieces == (Text("A "), Slot("two"), Text(" B "), Slot("one"), Text("go."))


def test_a_prompt_may_be_a_stream_alone() -> None:
    assert template("{prefix}", "prefix").render("unheard") == (Slot("prefix"),)


def test_every_region_has_its_line_and_its_own_token() -> None:
    pieces = template(MEDREGION, "tokens", "organs").render("Report.", lesions=["a nodule", "a cyst"])
    assert pieces == (
        Slot("tokens"),
        Text("\nLung parenchyma: "),
        Slot("organs", 0),
        Text("\nLarge airway: "),
        Slot("organs", 1),
        Text("\nMediastinum: "),
        Slot("organs", 2),
        Text("\nHeart and great vessels: "),
        Slot("organs", 3),
        Text("\nAbdominal organs: "),
        Slot("organs", 4),
        Text("\nMusculoskeletal structures: "),
        Slot("organs", 5),
        Text("\n- a nodule\n- a cyst\nReport.\n"),
    )


def test_an_absent_region_leaves_neither_slot_nor_words() -> None:
    present = {"organs": [True, False, True, True, False, True]}
    pieces = template(MEDREGION, "tokens", "organs").render("Report.", present=present)
    assert [piece.index for piece in pieces if isinstance(piece, Slot) and piece.stream == "organs"] == [0, 2, 3, 5]
    words = "".join(piece.text for piece in pieces if isinstance(piece, Text))
    assert "Large airway" not in words
    assert "Abdominal" not in words
    assert words.endswith("Musculoskeletal structures: \nno lesion\nReport.\n")


def test_without_any_region_only_the_other_words_stay() -> None:
    pieces = template(MEDREGION, "tokens", "organs").render("Report.", present={"organs": [False] * 6})
    assert pieces == (Slot("tokens"), Text("\nno lesion\nReport.\n"))


def test_braces_in_a_case_are_words() -> None:
    odd = "{sentence} {organs} }{ {0}"
    pieces = template("{{x}} {lesions}{instruction}").render("{lesions} {{", lesions=[odd])
    assert pieces == (Text("{x} " + odd + "\n{lesions} {{"),)


def test_the_same_taxonomy_must_be_meant() -> None:
    with pytest.raises(BadInput, match="has 5 regions, taxonomy chest-6 6") as caught:
        template(MEDREGION, "tokens", "organs").render("", present={"organs": [True] * 5})
    assert caught.value.code == "wrong-regions"


@pytest.mark.parametrize(
    ("config", "streams", "code", "hint"),
    [
        ("{globl}{instruction}", ["global"], "unknown-slot", "did you mean 'global'?"),
        ("{global!r}", ["global"], "unknown-slot", "did you mean 'global'?"),
        ("{global", ["global"], "wrong-template", "write a brace that is no slot twice: {{ or }}"),
        ("{instruction}", ["global"], "unused-stream", "add {global}"),
        ("{lesions}", ["lesions"], "reserved-name", "rename the stream"),
        ("{regions}", ["organs"], "missing-key", "say whose tokens they are: regions: {stream: NAME}"),
        ({"template": "{regions}", "regions": {"stream": "organ"}}, ["organs"], "unknown-stream", "mean 'organs'"),
        ({"template": "{organs}", "regions": {"stream": "organs"}}, ["organs"], "unused-key", "add {regions}"),
        ({"template": "{instruction}", "lesions": {}}, [], "unused-key", "add {lesions}"),
        ({"template": "{lesions}", "lesions": {"line": "-"}}, [], "missing-slot", "add {sentence}"),
        ({"template": "{regions}", "regions": {"stream": "o", "line": "-"}}, ["o"], "missing-slot", "add {token}"),
        ({"template": "{regions}", "regions": {"stream": "o", "taxonomy": "x"}}, ["o"], "unknown-taxonomy", "chest6"),
    ],
)
def test_what_a_page_may_not_write(config: Any, streams: list[str], code: str, hint: str) -> None:
    error = refusal(config, *streams)
    assert error.code == code
    assert hint in (error.hint or "")


def test_nothing_is_merged_across_a_slot() -> None:
    pieces = [Text(""), Text("a"), Text("b"), Slot("s"), Text(""), Slot("s"), Text("c")]
    assert merged(pieces) == (Text("ab"), Slot("s"), Slot("s"), Text("c"))


def lesion(kind: LesionKind, sub_region: str, volume_ml: float) -> Lesion:
    return Lesion(
        kind=kind,
        region="lung",
        sub_region=sub_region,
        volume_ml=volume_ml,
        diameter_mm=12.34,
        centroid_mm=(0.0, 0.0, 0.0),
        slices=(0, 0),
        key_slice=0,
        box=((0, 0), (0, 0), (0, 0)),
        mean_hu=None,
        source="test",
    )


def test_one_sentence_for_each_kind_and_place_is_the_largest(soft_volume: CTVolume) -> None:
    lesions = (
        lesion("lung_nodule", "lung_lower_lobe_left", 0.9),
        lesion("consolidation", "lung_lower_lobe_left", 0.8),
        lesion("lung_nodule", "lung_lower_lobe_left", 0.7),
        lesion("lung_nodule", "lung_upper_lobe_left", 0.6),
    )
    labels = LabelMap(np.zeros(soft_volume.hu.shape, np.uint8), {}, soft_volume.affine, "test")
    assert lesion_lines(Case(soft_volume, labels, lesions)) == (
        "lung nodule: diameter 12.3 mm, volume 0.9 mL, location lung lower lobe left",
        "consolidation: diameter 12.3 mm, volume 0.8 mL, location lung lower lobe left",
        "lung nodule: diameter 12.3 mm, volume 0.6 mL, location lung upper lobe left",
    )


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """Knows a, b and the pair ab, which it prefers."""
    words = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2, "<s>": 3}, [("a", "b")]))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>")


def as_lists(parts: tuple[torch.Tensor | Slot, ...]) -> list[list[int] | Slot]:
    return [part if isinstance(part, Slot) else part.tolist() for part in parts]


def test_a_slot_never_merges_words(tokenizer: PreTrainedTokenizerFast) -> None:
    pieces = (Text("ab a"), Slot("s"), Text("b"))
    assert as_lists(tokenise(pieces, tokenizer, begin=False)) == [[2, 0], Slot("s"), [1]]


def test_the_beginning_is_written_once_and_only_when_there_is_one(tokenizer: PreTrainedTokenizerFast) -> None:
    assert as_lists(tokenise((Slot("s"), Text("a")), tokenizer, begin=True)) == [[3], Slot("s"), [0]]
    tokenizer.bos_token = None
    assert as_lists(tokenise((Slot("s"), Text("a")), tokenizer, begin=True)) == [Slot("s"), [0]]


def test_text_without_a_token_leaves_nothing(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenise((Text(" "), Slot("s")), tokenizer, begin=False) == (Slot("s"),)
