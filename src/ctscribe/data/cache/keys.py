"""What an entry of the cache depends on, as a digest: the view without what only finishes it, and the case's files.

A view is keyed, not a page: systems that sample the scan alike share their entries, and a change of training stages,
windows or scales leaves them valid. Files are known by size and time of change, as make and git know them: reading them
would take longer than caching does on a data set of terabytes. A file that is replaced by one of the same size under
its old time is not noticed.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from ctscribe.anatomy.segmenters.name_tables import names_file_beside, stem_of
from ctscribe.anatomy.taxonomy import load_taxonomy
from ctscribe.case import Case
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput
from ctscribe.model.views import VIEWS

SAMPLES_VERSION = 1
"""Counts up whenever the same view of the same scan is sampled differently than before, or is kept in another form."""

FINISHING: Mapping[str, frozenset[str]] = {
    "volume": frozenset({"clip", "scale", "normalise"}),
    "slices": frozenset({"clip", "windows", "scale", "mean", "std"}),
}
"""Options that a kind of view uses only when it finishes its samples; of any other kind every option counts."""

FILES_IN_EXTRA = ("readings",)
"""Entries of ``CaseRecord.extra`` that are paths."""

Recipe: TypeAlias = dict[str, Any]
"""All that an entry depends on besides its case, as plain JSON values."""


@runtime_checkable
class Cases(Protocol):
    """A data set: an index, or phantoms that are made when they are asked for.

    Records of a data set with a ``root`` name files below it. Without one its ``digest``, if it has any, stands for
    the content of all of them.
    """

    @property
    def records(self) -> Iterable[CaseRecord]:
        """One a case, in a fixed order."""
        ...

    def case(self, at: int, /) -> Case:
        """The case of a record."""
        ...


def sampling_recipes(views: Mapping[str, Mapping[str, Any]]) -> dict[str, Recipe]:
    """View → what its samples depend on, for the views of a page that are sampled from the case.

    Raises
    ------
    BadInput : an option that the view does not have.
    """
    return {name: _recipe(views, name, finished=False) for name, entry in views.items() if "of" not in entry}


def finished_recipe(views: Mapping[str, Mapping[str, Any]], name: str) -> Recipe:
    """What a finished view depends on: what an encoder's features of it depend on, besides the encoder."""
    return _recipe(views, name, finished=True)


def digest(content: object) -> str:
    """Sixteen hexadecimal digits for plain JSON values; the order of keys does not matter."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def case_keys(cases: Cases) -> dict[str, str]:
    """Case id → digest of what its samples depend on: where its files are, and their sizes and times of change.

    Raises
    ------
    BadInput : ``no-cases``; ``duplicate-id``.
    """
    root: Path | None = getattr(cases, "root", None)
    given = getattr(cases, "digest", "") if root is None else ""
    keys: dict[str, str] = {}
    for record in cases.records:
        if record.id in keys:
            raise BadInput(f"the index has two cases called {record.id}", code="duplicate-id")
        keys[record.id] = digest([given, *_content(record, root)])
    if not keys:
        raise BadInput("the index has no cases", code="no-cases")
    return keys


def resolved(signature: inspect.Signature, options: Mapping[str, Any]) -> dict[str, Any]:
    """A part's options with the defaults of those that are not given, as plain JSON values."""
    defaults = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty
    }
    return json.loads(json.dumps(defaults | dict(options)))


def _recipe(views: Mapping[str, Mapping[str, Any]], name: str, *, finished: bool) -> Recipe:
    options = {key: value for key, value in views[name].items() if key != "type"}
    kind = views[name]["type"]
    options = resolved(inspect.signature(VIEWS[kind]), VIEWS.options(kind, options, f"views.{name}"))
    if not finished:
        options = {key: value for key, value in options.items() if key not in FINISHING.get(kind, ())}
    for other in ("like", "of"):
        if other in options:  # what it is called there does not matter
            options[other] = _recipe(views, options[other], finished=finished)
    if "taxonomy" in options:
        regions = load_taxonomy(options["taxonomy"]).regions
        options["taxonomy"] = [[region.key, list(region.structures)] for region in regions]
    return {"samples": SAMPLES_VERSION, "view": kind, "options": options}


def _content(record: CaseRecord, root: Path | None) -> list[object]:
    content: list[object] = [record.id, record.volume, record.masks, dict(record.extra)]
    if root is not None:
        named = (record.volume, record.masks, *(record.extra.get(key) for key in FILES_IN_EXTRA))
        content += [_state(path) for name in named if name is not None for path in _with_companions(root / name)]
    return content


def _with_companions(path: Path) -> list[Path]:
    """A file and what is read along with it: the names of its labels, and the lesion masks."""
    beside = names_file_beside(path)
    lesions = path.with_name(f"{stem_of(path)}_lesions{path.name[len(stem_of(path)) :]}")
    return [path, *([beside] if beside else []), lesions]


def _state(path: Path) -> list[object]:
    """Name, size and time of change of a file, or of all files in a folder; empty when there is none."""
    files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
    stats = [(file.relative_to(path.parent).as_posix(), file.stat()) for file in files if file.exists()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
