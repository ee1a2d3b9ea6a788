"""Write the OpenAPI document into docs/: `python -m api.openapi_export`. A test fails when it is not the present one."""

from pathlib import Path
from typing import Final

import orjson

from activities.infra.settings import Settings
from api.app import create_app

TARGET: Final = Path(__file__).parents[1] / "docs" / "openapi.json"


def document() -> bytes:
    return orjson.dumps(create_app(Settings()).openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


if __name__ == "__main__":
    TARGET.write_bytes(document())
