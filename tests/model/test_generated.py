"""Generated text: sentences, their confidence, and what is shown while it comes."""

from __future__ import annotations

import pytest
from language_twins import tokenizer

from ctscribe.model.generated import Generated, TextStreams, decoded


def test_a_sentence_is_as_sure_as_the_geometric_mean_of_its_tokens():
    words = tokenizer()
    parts = ["The lungs are clear.", " No effusion of 5.2 mm."]
    first, second = (words.encode(part, add_special_tokens=False) for part in parts)
    assert len(first) > 1
    assert len(second) > 1
    confidences = [0.9] * (len(first) - 1) + [0.3] + [0.5] * len(second)
    written = Generated.of([*first, *second], confidences, words)
    assert written.text == "".join(parts)
    assert [sentence.text for sentence in written.sentences] == ["The lungs are clear.", "No effusion of 5.2 mm."]
    product = 1.0
    for confidence in confidences[: len(first)]:
        product *= confidence
    assert written.sentences[0].confidence == pytest.approx(product ** (1 / len(first)))
    assert written.sentences[1].confidence == pytest.approx(0.5)


def test_nothing_written_has_no_sentences():
    assert Generated.of([], [], tokenizer()) == Generated((), "", (), ())


def test_a_token_without_any_chance_leaves_a_number():
    words = tokenizer()
    ids = words.encode("Clear.", add_special_tokens=False)
    assert 0 < Generated.of(ids, [0.0] * len(ids), words).sentences[0].confidence < 1e-20


def test_half_a_character_is_never_shown():
    words = tokenizer()
    ids = words.encode("5 µm × 3 – é", add_special_tokens=False)
    pieces: list[str] = []
    with TextStreams(1, words, lambda _, piece: pieces.append(piece)) as streams:
        for token in ids:
            streams.put(0, token)
    assert "".join(pieces) == decoded(ids, words) == "5 µm × 3 – é"
    assert not any("\ufffd" in piece for piece in pieces)


def test_text_cut_within_a_character_is_shown_as_it_is_returned():
    words = tokenizer()
    ids = words.encode("é", add_special_tokens=False)
    if len(ids) == 1:
        pytest.skip("the tokenizer has this character as one token")
    pieces: list[str] = []
    with TextStreams(1, words, lambda _, piece: pieces.append(piece)) as streams:
        streams.put(0, ids[0])
    written = Generated.of(ids[:1], [0.5], words)
    assert "".join(pieces) == written.text == "\ufffd"
    assert [sentence.confidence for sentence in written.sentences] == [0.5]
