from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from report_cases import lesion, make_case, random_case

from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import Report, json_schema
from ctscribe.report.writers.json import write_json

DOCS = Path(__file__).resolve().parents[2] / "docs"
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def problems(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> list[str]:
    """Every place where a value breaks a JSON Schema, for the keywords that the report's schema uses."""
    if "$ref" in schema:
        return problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    if "anyOf" in schema:
        tried = [problems(value, option, root, at) for option in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    kind = schema.get("type")
    if kind == "null":
        return [] if value is None else [f"{at} is not null"]
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{at} is not {kind}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is not one of {schema['enum']}")
    if ("minimum" in schema and value < schema["minimum"]) or ("maximum" in schema and value > schema["maximum"]):
        found.append(f"{at} is out of range")
    if isinstance(value, dict):
        found += [f"{at}.{key} is missing" for key in schema.get("required", []) if key not in value]
        for key, item in value.items():
            if key in schema["properties"]:
                found += problems(item, schema["properties"][key], root, f"{at}.{key}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{at}.{key} is unknown")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{at} has {len(value)} items")
        items = schema.get("prefixItems") or [schema["items"]] * len(value)
        for number, (item, page) in enumerate(zip(value, items, strict=False)):
            found += problems(item, page, root, f"{at}[{number}]")
    return found


def test_the_exported_schema_is_current() -> None:
    exported = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
    assert exported == json_schema(), "run python tools/export_report_schema.py"


@pytest.mark.parametrize("seed", range(12))
def test_reports_follow_the_schema(seed: int) -> None:
    written = json.loads(write_json(MeasuredReporter()(random_case(seed))))
    assert problems(written, json_schema(), json_schema()) == []


def test_the_schema_refuses_what_it_should() -> None:
    whole = json.loads(write_json(MeasuredReporter()(make_case([lesion()]))))
    for spoil in (
        lambda page: page.pop("technique"),
        lambda page: page.update(extra=1),
        lambda page: page["sections"][0]["findings"][0].update(polarity="maybe"),
        lambda page: page["sections"][0]["findings"][0].update(confidence=1.5),
        lambda page: page["lesions"][0].update(slices=[1]),
        lambda page: page["lesions"][0].update(diameter_mm="12"),
    ):
        page = json.loads(json.dumps(whole))
        spoil(page)
        assert problems(page, json_schema(), json_schema())
        with pytest.raises(ValidationError):
            Report.model_validate_json(json.dumps(page), strict=True)


def test_every_key_is_in_the_documentation() -> None:
    page = (DOCS / "report.md").read_text(encoding="utf-8")
    schema = json_schema()
    keys = set(schema["properties"]).union(*(part.get("properties", {}) for part in schema["$defs"].values()))
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
