from collections import Counter

import numpy as np
import pytest

from ctscribe.data.phantom.wording.grammar import applies, listed, sentence, written


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a 8 mm nodule", "An 8 mm nodule"),
        ("a 18 mm nodule", "An 18 mm nodule"),
        ("a 11 mm cyst", "An 11 mm cyst"),
        ("a 1.1 cm nodule", "A 1.1 cm nodule"),
        ("a 110 mm mass", "A 110 mm mass"),
        ("there is a old fracture and a nodule", "There is an old fracture and a nodule"),
        ("an enlarged node", "An enlarged node"),
    ],
)
def test_a_sentence_begins_with_a_capital_and_has_its_articles_right(words: str, expected: str):
    assert sentence(words) == expected


def test_every_choice_is_made_equally_often_and_only_where_its_slots_are_known(rng: np.random.Generator):
    template = "it [is|was|{verb}] {here}"
    said = Counter(written(template, {"here": "here"}, rng)[0].text for _ in range(400))
    assert said.keys() == {"It is here", "It was here"}
    assert min(said.values()) > 150
    assert len({written(template, {"here": "here", "verb": "lies"}, rng)[0].text for _ in range(60)}) == 3


def test_choices_may_lie_inside_choices(rng: np.random.Generator):
    said = {written("a[ b[ c|]|]", {}, rng)[0].text for _ in range(60)}
    assert said == {"A", "A b", "A b c"}


def test_a_slash_parts_sentences_and_each_knows_its_slots(rng: np.random.Generator):
    first, second = written("A nodule of {size}. / It is {density}.", {"size": "8 mm", "density": "solid"}, rng)
    assert (first.text, first.slots) == ("A nodule of 8 mm.", {"size"})
    assert (second.text, second.slots) == ("It is solid.", {"density"})


def test_a_template_applies_when_its_slots_outside_choices_are_known():
    assert applies("{size} nodule[ with {margin} margins|]", {"size": "8 mm"})
    assert not applies("{size} nodule[ with {margin} margins|]", {"margin": "smooth"})


def test_words_are_listed():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert listed(["a", "b", "c"], "or") == "a, b or c"
