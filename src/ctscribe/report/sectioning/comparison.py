"""Step two, temporal refinement: what was is left out, what is stays.

A finding that has changed stays with its current figures; one that has resolved becomes an absence, for that is what
the scan shows. "No new nodule" says nothing of the nodules there are, so it is left out.
"""

from __future__ import annotations

import re
from functools import cache

from ctscribe.report.sectioning.anatomy import mentions, speaks_of_findings
from ctscribe.report.sectioning.draft import Draft, Drop, tidy
from ctscribe.report.sectioning.nouns import there_is, there_is_no
from ctscribe.report.sectioning.pages import page

_JOINT = re.compile(
    r"(;\s+|,?\s+(?:but|while|whereas|although|though|however)\s+(?:otherwise\s+)?|,?\s+and\s+(?=(?:there|no|it|they)\s)|,\s+(?=no\s))"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|shows?|showed|appears?|appeared|measures?|measured|remains?|remained|contains?|"
    r"demonstrates?|reveals?|extends?|lies|lie|involves?|compress\w+|can|cannot|could|suggests?|persists?|ends?|reaches|"
    r"reached|occup\w+|do|does|did|causes?|exhibits?|represents?|displays?|narrows?|replaces?)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r",\s*(?:which|that)\b", re.IGNORECASE)
_COPULA_LEFT = re.compile(
    r"\s*,?\s*(?:(?:which|that|and)\s+)?\b(?:is|are|was|were|has|have|had|remains?|appears?|"
    r"been|to be|shows?|it|also)+$",
    re.IGNORECASE,
)
_PREDICATE = re.compile(rf"{_FINITE.pattern}\s+\w{{4}}", re.IGNORECASE)
_AFTER_COPULA = re.compile(r"\b(?:is|are|was|were|remains?)\s*(?=,|\.|$)", re.IGNORECASE)
_OPENING = re.compile(r"^(?:and|but|also|otherwise|with|which|that|,)\s+", re.IGNORECASE)


def refine(draft: Draft) -> Draft | Drop:
    """Cut every comparison with earlier scans; drop the sentence where nothing of the current one is left."""
    body = draft.text.rstrip(".")
    if not _trigger().search(body):
        return draft
    parts = _JOINT.split(body)
    kept: list[str] = []
    for index in range(0, len(parts), 2):
        joint = parts[index - 1] if index else ""
        current = _current(parts[index])
        if current:
            kept += [joint if kept else "", current]
    text = tidy("".join(kept))
    if text == tidy(body):
        return draft
    return draft.reworded(text, "comparison cut") if _states_something(text) else Drop(draft.source, "comparison")


def _current(clause: str) -> str:
    """What a clause says of the current scan; empty when nothing."""
    clause = _OPENING.sub("", clause.strip())
    rules = _rules()
    if any(pattern.search(clause) for pattern in rules["only_comparison"]):
        return ""
    gone = rules["no_longer"][0].search(clause) and not rules["partly"][0].search(clause)
    cut, compared = clause, False
    for name in ("figures", "phrases"):
        for pattern in rules[name]:
            shorter = pattern.sub(" ", cut)
            compared, cut = compared or shorter != cut, shorter
    cut = _current_figure(cut)
    for pattern in rules["words"]:
        cut = pattern.sub(" ", cut)
    cut = _spaced(cut)
    if gone and (match := rules["resolved"][0].search(cut)) and speaks_of_findings(cut[: match.start()]):
        return _absence(cut, match)
    return _without_change(cut, compared=compared or cut != _spaced(clause))


def _absence(clause: str, match: re.Match[str]) -> str:
    subject, rest = clause[: match.start()], clause[match.end() :]
    if _FINITE.search(subject):
        subject = re.sub(r"^there (?:is|are|was|were)\s+", "", subject, flags=re.IGNORECASE)
    return f"{there_is_no(_spaced(subject))} {rest}".strip()


def _current_figure(clause: str) -> str:
    """``increased from 6 to 8 mm`` → ``increased measuring 8 mm``."""
    change = rf"\b(?:from|between)\s+{_part('NUMBER')}\s+(?:to|and)\s+(?P<now>{_part('FIGURE')})"
    clause = re.sub(change, lambda match: f", measuring {match['now']}", clause, flags=re.IGNORECASE)
    grown = rf"(?P<change>\b{_part('LESS')}{_part('RESPECT')})\s+to\s+(?P<now>{_part('FIGURE')})"
    return re.sub(grown, lambda match: f"{match['change']}, measuring {match['now']}", clause, flags=re.IGNORECASE)


def _without_change(clause: str, *, compared: bool) -> str:
    """A clause without its predicate of change; what is left becomes a sentence."""
    rules = _rules()
    names = ["developed", "unchanged", "changed", *(["changed_when_compared"] if compared else [])]
    cut = clause
    for name in names:
        match = rules[name][0].search(cut)
        if match and not (name == "changed_when_compared" and _is_a_finding(cut[: match.start()], match[0])):
            cut = rules[name][0].sub(" ", cut)
    if not compared and cut == clause:
        return clause
    cut = _COPULA_LEFT.sub("", _spaced(cut))
    cut = re.sub(r",?\s*(?:and\s+)?\b(?:is|are|has|have)\s*,?\s*(?=,?\s*(?:and\s+)?(?:now\s+)?measur)", ", ", cut)
    cut = _spaced(re.sub(r",?\s+(?:and\s+)?(?=measures?\b)", " ", cut))
    cut = re.sub(rf"\b(?:is|are)\s+at\s+(?={_part('FIGURE')})", "measures ", cut)
    if not _FINITE.search(_RELATIVE.split(clause)[0]) or (_FINITE.search(cut) and not _dangling(cut)):
        return cut
    return _restated(cut)


def _is_a_finding(subject: str, predicate: str) -> bool:
    """Whether a predicate of change is itself what was found: "heart dimensions are increased"."""
    comparative = re.search(r"\b(?:larger|smaller|bigger|greater|more|less|new)\b", predicate, re.IGNORECASE)
    aside = predicate.lstrip().startswith(",")
    return bool(subject.strip()) and not speaks_of_findings(subject) and comparative is None and not aside


def _dangling(clause: str) -> bool:
    """Whether a finite verb lost what it went with."""
    return _AFTER_COPULA.search(clause) is not None


def _restated(clause: str) -> str:
    """A noun phrase as a sentence: a finding is there; an organ has its figure, and without one nothing is left."""
    phrase = _spaced(_AFTER_COPULA.sub("", clause))
    if not phrase or _FINITE.search(phrase):
        return phrase
    if speaks_of_findings(re.split(r",|\bmeasuring\b", phrase)[0]):
        return phrase if re.match(r"no\b", phrase, re.IGNORECASE) else there_is(phrase)
    figure = re.search(
        rf"^(?P<what>.+?),?\s+(?:at|measuring|of|with)\s+(?P<figure>(?:an?\s.*)?{_part('FIGURE')})", phrase, re.I
    )
    return f"{figure['what'].rstrip(' ,')} measures {figure['figure']}" if figure else ""


def _states_something(text: str) -> bool:
    """Whether a text names a finding, an organ or a figure, or says something of what was named before."""
    return bool(mentions(text)) or re.search(_part("FIGURE"), text) is not None or _PREDICATE.search(text) is not None


def _spaced(text: str) -> str:
    text = re.sub(r"\(\s*[,;]*\s*\)", "", text)
    text = re.sub(r"\s+([,;)])", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r"(,\s*)+,", ",", text).strip(" ,;:")


@cache
def _parts() -> dict[str, str]:
    """The named patterns, each with those before it filled in."""
    filled: dict[str, str] = {}
    for name, pattern in page("comparison")["parts"].items():
        filled[name] = _filled(pattern, filled)
    return filled


def _filled(pattern: str, parts: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z_]+)\}", lambda match: parts[match[1]], pattern)


def _part(name: str) -> str:
    return _parts()[name]


@cache
def _rules() -> dict[str, tuple[re.Pattern[str], ...]]:
    rules: dict[str, tuple[re.Pattern[str], ...]] = {}
    for name, patterns in page("comparison").items():
        if name != "parts":
            listed = [patterns] if isinstance(patterns, str) else patterns
            rules[name] = tuple(re.compile(_filled(one, _parts()), re.IGNORECASE) for one in listed)
    return rules


@cache
def _trigger() -> re.Pattern[str]:
    """Words without which a sentence compares nothing, so that most sentences are through at once."""
    return re.compile(
        r"\b(?:previous|prior|earlier|before|former|compar|interval|unchanged|stable|static|stationary|constant|persist|"
        r"new|again|still|now|since|known|pre-?exist|has|have|had|current|today|longer|any ?more|resolved|disappear|"
        r"ago|(?:19|20)\d\d|\d{1,2}[./]\d{1,2}[./]\d\d|last|old|initial|remain|similar|increas|decreas|progress|regress|"
        r"larger|smaller|change|grow|from|already|interim|follow|present|over time|long-?standing|same|versus|vs|"
        r"static|study|examination|findings?)",
        re.IGNORECASE,
    )
