"""Write the JSON Schema of report.json to docs/report.schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from ctscribe.report.schema import json_schema

PAGE = Path(__file__).resolve().parents[1] / "docs" / "report.schema.json"


def exported() -> str:
    """The schema as the page holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(exported(), encoding="utf-8")
