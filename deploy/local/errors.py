"""What can go wrong at a start, told to the person who can put it right."""

import textwrap


class StartupError(Exception):
    """One paragraph for a human: what is wrong, with which setting or file, and what to do about it."""

    def __init__(self, paragraph: str) -> None:
        super().__init__(" ".join(textwrap.dedent(paragraph).split()))
