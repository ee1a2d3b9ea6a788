"""Which worker of pytest-xdist runs what, and in which order."""

from typing import Final

import pytest
from xdist.scheduler import LoadFileScheduling

_ON_THE_SYSTEM: Final = ("tests/scenarios/", "tests/ui/test_walk.py")
_IN_A_BROWSER: Final = ("tests/ui/test_browser.py", "tests/ui/test_pwa.py", "tests/ui/test_session.py")
_LONG: Final = (*_ON_THE_SYSTEM, *_IN_A_BROWSER, "tests/api/test_contract.py", "tests/deploy/")


class OneSystem(LoadFileScheduling):  # type: ignore[misc]
    """By file; but all files that need the whole system are one, or each worker would start one of its own. So are those that
    share a console in a browser."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if file.startswith(_ON_THE_SYSTEM):
            return "system"
        return "browser" if file.startswith(_IN_A_BROWSER) else file


def long_ones_first(items: list[pytest.Item]) -> None:
    """Or at the end two workers wait for the third. xdist's own order, most tests first, puts few long ones last."""
    items.sort(key=lambda item: next((place for place, path in enumerate(_LONG) if item.nodeid.startswith(path)), len(_LONG)))
