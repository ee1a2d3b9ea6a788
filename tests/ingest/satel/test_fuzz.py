"""A bounded run of the fuzz target, so that it stays alive and its invariants stay true."""

from pathlib import Path

import pytest

from tests.fuzz import fuzz_satel


@pytest.mark.parametrize("seed", range(4))
def test_a_bounded_run_finds_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert fuzz_satel.run(seed=seed, runs=5000) == 5000


def test_the_seeds_reach_every_target() -> None:
    reached = {data[0] % len(fuzz_satel.TARGETS) for data in fuzz_satel.seeds()}
    assert reached == set(range(len(fuzz_satel.TARGETS)))


def test_a_finding_leaves_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def broken(reader: fuzz_satel.Reader) -> None:
        raise ValueError

    monkeypatch.setattr(fuzz_satel, "TARGETS", (broken,))
    with pytest.raises(ValueError):
        fuzz_satel.run(seed=1, runs=1)
    with pytest.raises(ValueError):
        fuzz_satel.one_input((tmp_path / "fuzz-satel-crash.bin").read_bytes())
