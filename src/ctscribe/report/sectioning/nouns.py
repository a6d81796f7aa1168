"""Noun phrases of findings: their number, and the sentence that says that they are there."""

from __future__ import annotations

import re

_BEFORE_HEAD_ENDS = re.compile(
    r",|\s\(|\s(?:in|of|at|on|with|within|along|adjacent|measuring|involving|throughout|near|from|around|between|"
    r"surrounding|up|without|containing|next|extending|located|and|or|seen|noted|which|that|up|for|to|by)\b",
    re.IGNORECASE,
)
_PLURAL_COUNT = re.compile(
    r"^(?:(?:some|few|several|multiple|many|numerous|both|various|two|three|four|five|six|seven|eight|nine|ten|"
    r"a few|a couple of|[2-9](?!\s*(?:mm|cm|ml|hu|%)\b)|\d\d(?!\s*(?:mm|cm|ml|hu|%)\b))\s)",
    re.IGNORECASE,
)
_SINGULAR_S = re.compile(r"(?:ss|us|is|as|itis|osis|asis|ax|pus)$", re.IGNORECASE)
_PLURAL = re.compile(
    r"(?:s|ae|foci|bronchi|emboli|thrombi|calculi|hila|diverticula|lungs|media|septa|bases|bullae)$", re.I
)
_MASS = re.compile(
    r"(?:emphysema|atelectasis|fibrosis|cardiomegaly|bronchiectasis|lymphadenopathy|adenopathy|steatosis|fluid|"
    r"scarring|thickening|dilatation|dilation|ectasia|sclerosis|ascites|pneumothorax|pneumonia|calcification|"
    r"attenuation|atherosclerosis|honeycombing|reticulation|oedema|edema|hepatomegaly|splenomegaly|hepatosteatosis|"
    r"scoliosis|kyphosis|osteoporosis|spondylosis|collapse|infiltration|trapping|plugging|narrowing|stenosis|air|"
    r"enlargement|loss|material|disease|elevation|density|hyperinflation|paving|gynaecomastia|gynecomastia)$",
    re.IGNORECASE,
)
_DETERMINER = re.compile(r"^(?:the|this|these|those|that|its|their|his|her|said)\s+", re.IGNORECASE)
_HAS_ARTICLE = re.compile(r"^(?:an?|one|some|no|any)\s", re.IGNORECASE)


def head(phrase: str) -> str:
    """The head noun: the last word before the first preposition, relative or comma."""
    ended = _BEFORE_HEAD_ENDS.search(phrase, 1)
    words = (phrase if ended is None else phrase[: ended.start()]).split()
    return words[-1].strip(".,;:()") if words else ""


def is_plural(phrase: str) -> bool:
    """Whether a noun phrase takes "are"."""
    if _PLURAL_COUNT.match(_DETERMINER.sub("", phrase)):
        return True
    noun = head(phrase)
    return _PLURAL.search(noun) is not None and (
        _SINGULAR_S.search(noun) is None or noun.lower() in {"bases", "masses"}
    )


def there_is(phrase: str) -> str:
    """``The nodule in the lingula`` → ``There is a nodule in the lingula``."""
    bare = _DETERMINER.sub("", phrase.strip(" ,;:."))
    if bare[:1].isupper() and not bare[1:2].isupper() and not bare[1:2].isdigit():
        bare = bare[0].lower() + bare[1:]
    if is_plural(bare):
        return f"There are {bare}"
    counted = _HAS_ARTICLE.match(bare) or _MASS.search(head(bare))
    return f"There is {bare}" if counted else f"There is a {bare}"


def there_is_no(phrase: str) -> str:
    """``The right pleural effusion`` → ``There is no right pleural effusion``."""
    bare = re.sub(r"^(?:an?|one|some|any)\s+", "", _DETERMINER.sub("", phrase.strip(" ,;:.")), flags=re.IGNORECASE)
    if bare[:1].isupper() and not bare[1:2].isupper() and not bare[1:2].isdigit():
        bare = bare[0].lower() + bare[1:]
    return f"There {'are' if is_plural(bare) else 'is'} no {bare}"
