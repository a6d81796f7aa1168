"""The words that turn a finding into something absent, open, or not said at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from ctscribe.report.labels.pages import page


class Effect(StrEnum):
    """What a cue does, and on which side of it; ``no_effect`` keeps words from being taken for another cue."""

    no_effect = "no_effect"
    nothing_before = "nothing_before"
    doubt_before = "doubt_before"
    denies_before = "denies_before"
    nothing_after = "nothing_after"
    doubt_after = "doubt_after"
    denies_after = "denies_after"


@dataclass(frozen=True)
class Cue:
    """A cue where it stands in a sentence."""

    start: int
    end: int
    effect: Effect


def cues(text: str) -> list[Cue]:
    """The cues of a sentence; where several begin in one place, the effect that ``Effect`` lists first counts."""
    if not _MAYBE.search(text):
        return []
    found: list[Cue] = []
    for match in _all_cues().finditer(text):
        found += [Cue(match.start(), match.end(), effect) for effect in _effects(match.lastgroup or "")]
    return found


_MAYBE = re.compile(
    r"\b(?:no|not|nor|non|nil|zero|none|never|neither|without|absen|lack|free|clear|negative|devoid|rul|r/o|exclu|resol|"
    r"resorb|disap|vanish|regress|gone|remov|withdr|taken|extract|unlikely|rather|instead|cannot|could|may|might|possib|"
    r"perhaps|question|equivoc|susp|doubt|uncert|unclear|border|concern|worris|vs|versus|upper|high|differ|histor|known|"
    r"diagnos|anamn|follow|operat|treat|surg|post|status|evaluat|assess|check|screen|search|look|investig|request|refer|"
    r"exclude|clinic|terms|regard|in case|if|query|previous|prior|earlier|former|old|last|preceding|initial|baseline|"
    r"past|outside|risk|predis|proph|complic|chance|rais|hardly|physiol|partial|almost|difficult|unable|hard|imaged|scanned|zero)"
    r"|n't\b|\?|[:-] ?-|\s-"
)
_BOTH = {"versus": (Effect.doubt_before, Effect.doubt_after)}


@cache
def _all_cues() -> re.Pattern[str]:
    """One pattern, a group an effect."""
    parts: dict[str, str] = {}
    for name, text in page("cues")["parts"].items():
        parts[name] = _filled(text, parts)
    groups = [r"(?P<versus>(?:versus|vs\.?)(?=\s))"]
    for effect in Effect:
        groups.append(rf"(?P<{effect}>{'|'.join(_filled(one, parts) for one in page('cues')['kinds'][effect])})")
    # A cue begins a word, or is one of these signs.
    return re.compile(rf"(?:(?<![\w'-])(?=[a-z])|(?=[?:(-]|\s(?:\(?\?|-)))(?:{'|'.join(groups)})")


def _filled(text: str, parts: dict[str, str]) -> str:
    return re.sub(r"\{([A-Z]+)\}", lambda match: parts[match[1]], text)


def _effects(group: str) -> tuple[Effect, ...]:
    return _BOTH.get(group) or (Effect(group),)
