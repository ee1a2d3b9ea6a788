"""Every activity stub in workflows.contracts has exactly one implementation, of the same name and signature (design §3)."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from temporalio import activity

import activities
import ingest
import workflows.contracts

Function = Callable[..., Any]


def _modules(package: Any) -> Iterator[Any]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def _defined_in(module: Any) -> Iterator[Function]:
    """Functions and methods ``module`` itself defines."""
    for member in vars(module).values():
        if getattr(member, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(member):
            yield member
        elif inspect.isclass(member):
            yield from (method for method in vars(member).values() if inspect.isfunction(method))


def _activities(package: Any) -> dict[str, list[Function]]:
    """Registered name -> functions registered under it."""
    found: dict[str, list[Function]] = {}
    for module in _modules(package):
        for function in _defined_in(module):
            definition = activity._Definition.from_callable(function)
            if definition is not None and definition.name is not None:
                found.setdefault(definition.name, []).append(function)
    return found


STUBS = _activities(workflows.contracts)


def _implementations() -> dict[str, list[Function]]:
    merged: dict[str, list[Function]] = {}
    for room in (activities, ingest):
        for name, functions in _activities(room).items():
            merged.setdefault(name, []).extend(functions)
    return merged


def _signature(function: Function) -> tuple[list[Any], Any]:
    """Types of the parameters after `self`, and of the answer."""
    hints = typing.get_type_hints(function)
    answer = hints.pop("return")
    return [hints[name] for name in inspect.signature(function).parameters if name != "self"], answer


@pytest.fixture(scope="module")
def implementations() -> dict[str, list[Function]]:
    return _implementations()


@pytest.mark.parametrize("name", STUBS)
def test_a_stub_has_exactly_one_implementation_of_its_signature(name: str, implementations: dict[str, list[Function]]) -> None:
    (stub,) = STUBS[name]
    made = implementations.get(name, [])
    assert len(made) == 1, f"{name} is implemented by {[f.__module__ for f in made]}"
    assert _signature(made[0]) == _signature(stub)
    assert inspect.iscoroutinefunction(made[0]) == inspect.iscoroutinefunction(stub)


def test_no_activity_is_implemented_without_a_stub(implementations: dict[str, list[Function]]) -> None:
    assert implementations.keys() <= STUBS.keys()


@pytest.mark.parametrize("name", STUBS)
def test_one_dataclass_goes_in_and_one_comes_out(name: str) -> None:
    parameters, answer = _signature(STUBS[name][0])
    assert len(parameters) == 1
    for kind in (*parameters, answer):
        assert kind.__dataclass_params__.frozen, f"{kind} is not a frozen dataclass"
        assert "__slots__" in vars(kind)
