"""What every answer carries for the browser's safety.

The console's pages bring a policy of their own (ui_flutter/web/packer.py).
"""

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # answers of the API
SAFETY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": NOTHING,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)


def page_policy(style: str) -> str:
    """The policy of a page of ours that has one inline style and nothing else that acts."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"{NOTHING}; style-src 'sha256-{digest}'"


def strict_transport(seconds: int) -> str:
    return f"max-age={seconds}; includeSubDomains"
