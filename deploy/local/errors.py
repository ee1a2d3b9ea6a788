"""What can go wrong at a start, told to the person who can put it right."""

import textwrap

from pydantic import ValidationError


class StartupError(Exception):
    """One paragraph for a human: what is wrong, with which setting or file, and what to do about it."""

    def __init__(self, paragraph: str) -> None:
        super().__init__(" ".join(textwrap.dedent(paragraph).split()))


def unusable_settings(error: ValidationError) -> StartupError:
    """Names the settings and what is wrong with them, but never their values: some are secrets."""
    wrong = "; ".join(f"STAM_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors())
    return StartupError(f"These settings cannot be used: {wrong}. Correct them (environment, or files in /run/secrets).")
