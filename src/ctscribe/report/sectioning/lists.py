"""Lists inside a sentence: their items, and the section of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ctscribe.report.sectioning.anatomy import mentions, own_region, usual_region
from ctscribe.report.sectioning.pages import page

ITEM = re.compile(
    r"\s*,\s*(?:(?:or|and|nor|as well as)\s+)?(?:no\s+)?|\s+(?:or|and|nor|as well as|together with|in addition to|"
    r"accompanied by)\s+(?:no\s+)?|\s*/\s*(?=[a-z])|-(?=(?:pleural|pericardial)\b)",
    re.IGNORECASE,
)
ITEM_OR_WITH = re.compile(rf"{ITEM.pattern}|\s+with\s+", re.IGNORECASE)
_NO_ITEM = re.compile(
    r"(?:suggest\w*|consistent|compatible|likely|possibl[ey]|probabl[ey]|may|might|measuring|with|without|in|at|of|on|up|due|"
    r"secondary|represent\w*|which|that|related|seen|associated|indicat\w*|favou?r\w*|extending|reaching|causing|involving|"
    r"mostly|(?:the\s+)?largest|including|especially|particularly|predominantly|more|most|mainly|where|some|each)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r",?\s+(?:suggest\w*|consistent|compatible|likely|possibly|probably|represent\w*|due|secondary|"
    r"indicat\w*|in keeping)\b",
    re.IGNORECASE,
)


def by_section(listed: str, default: str | None, joint: re.Pattern[str] = ITEM) -> list[tuple[str | None, str]]:
    """Items that follow one another in one section, in their words; empty where all belong to one section."""
    spans = _item_spans(listed, joint)
    items = _with_heads([listed[start:end] for start, end in spans])
    regions = _regions(items, default)
    if len(set(regions)) < 2 or None in regions:
        return []
    groups: dict[str | None, list[tuple[int, str]]] = {}
    for index, (item, region) in enumerate(zip(items, regions, strict=True)):
        groups.setdefault(region, []).append((index, item))
    return [(region, _together(listed, spans, group)) for region, group in groups.items()]


def _item_spans(listed: str, joint: re.Pattern[str]) -> list[tuple[int, int]]:
    starts, ends = [0], []
    for match in joint.finditer(listed):
        if match.start() > starts[-1] and not _NO_ITEM.match(listed, match.end()) and _parts(listed, match):
            ends.append(match.start())
            starts.append(match.end())
    return list(zip(starts, [*ends, len(listed)], strict=True))


def _parts(listed: str, joint: re.Match[str]) -> bool:
    """Whether a joint parts items: "with" only does between findings that each have a section of their own."""
    if joint[0].strip().lower() != "with":
        return True
    return all(_has_decisive(side) for side in (listed[: joint.start()], listed[joint.end() :]))


def _has_decisive(text: str) -> bool:
    return any(one.entity is not None and one.entity.decisive for one in mentions(text))


def _together(listed: str, spans: Sequence[tuple[int, int]], group: Sequence[tuple[int, str]]) -> str:
    """Items with what stood between them; items that were apart are joined anew."""
    said = ""
    for place, (index, filled) in enumerate(group):
        follows = place > 0 and index == group[place - 1][0] + 1
        followed = place + 1 < len(group) and group[place + 1][0] == index + 1
        between = listed[spans[index - 1][1] : spans[index][0]] if follows else ", " if place else ""
        # A bare adjective needs its noun only where the item that has it went elsewhere.
        said += between + (listed[slice(*spans[index])] if followed else filled)
    last = ITEM.search(said)
    if len(group) > 1 and last and " or " not in said and " and " not in said and " nor " not in said:
        word = "or" if re.search(r"\bn?or\b", listed) else "and"
        head, _, tail = said.rpartition(", ")
        said = f"{head} {word} {tail}" if head else said
    return said


def _with_heads(items: list[str]) -> list[str]:
    """Bare adjectives with the noun of the item after them: ``pleural`` before ``pericardial effusion``."""
    filled = list(items)
    for index in range(len(items) - 2, -1, -1):
        following = _adjective().match(filled[index + 1])
        bare = _adjective().match(filled[index])
        if bare and bare.end() == len(filled[index]) and following and following.end() < len(filled[index + 1]):
            noun = re.match(
                r"\s+[\w-]+(?:\s+(?:node|nodes|thickening|calcifications?))?", filled[index + 1][following.end() :]
            )
            filled[index] += noun[0] if noun else ""
    return filled


def _regions(items: Sequence[str], default: str | None) -> list[str | None]:
    """The section of every item; what is of any organ goes where the last item's place is, or with its neighbour."""
    place = re.search(r"\s(?:in|of|at|within)\s.+$", items[-1])
    shared = own_region(place[0]) if place else None
    named = [_ASIDE.split(item)[0] for item in items]
    regions = [own_region(item) or shared or default or usual_region(item) for item in named]
    for index, region in enumerate(regions):
        if region is None and index:
            regions[index] = regions[index - 1]
    for index in range(len(regions) - 2, -1, -1):
        regions[index] = regions[index] or regions[index + 1]
    return regions


@cache
def _adjective() -> re.Pattern[str]:
    names = "|".join(page("anatomy")["adjectives"])
    return re.compile(rf"(?:(?!(?:{names})\b)[\w-]+\s+){{0,2}}(?:{names})\b", re.IGNORECASE)
