"""Feature flags (R-FLAGS): `feature_flags.yaml`, packed with the software, and over it the installation's own file."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import yaml
from yaml import MappingNode, Node, ScalarNode
from yaml.constructor import SafeConstructor

from workflows.domain.flags import Flag, Flags

FILE: Final = "feature_flags.yaml"
_PROJECT: Final = "stam-replacer"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_NULL: Final = "tag:yaml.org,2002:null"


class Environment(StrEnum):
    DEV = "dev"
    STAGE = "stage"
    PROD = "prod"


class BadFlags(ValueError):  # noqa: N818 - what is wrong, in one sentence for whoever wrote the file
    """A flags file that cannot be read, or says what no flag means."""


class Layer(StrEnum):
    """Where a flag was decided; a later one goes over an earlier."""

    PACKED = "PACKED"
    PACKED_ENVIRONMENT = "PACKED_ENVIRONMENT"
    OWN = "OWN"
    OWN_ENVIRONMENT = "OWN_ENVIRONMENT"


@dataclass(frozen=True, slots=True)
class Decided:
    on: bool
    layer: Layer


def load(environment: Environment, own: Path | None) -> Flags:
    """Raises BadFlags, naming file, line and key."""
    return Flags(frozenset(flag for flag, decided in decide(environment, own).items() if decided.on))


def decide(environment: Environment, own: Path | None) -> Mapping[Flag, Decided]:
    """As `load`, with the layer of each. What no file names is not among them: it is off."""
    files = [(packed(), (Layer.PACKED, Layer.PACKED_ENVIRONMENT))]
    if own is not None:
        files.append((own, (Layer.OWN, Layer.OWN_ENVIRONMENT)))
    decided: dict[Flag, Decided] = {}
    for path, layers in files:
        for switched, layer in zip(_switched(path, environment), layers, strict=True):
            decided |= {flag: Decided(on, layer) for flag, on in switched.items()}
    return decided


def packed() -> Path:
    """The file that came with the software: beside the packages in a checkout, among the data files of an installed wheel."""
    beside = Path(__file__).parents[2] / FILE
    if beside.exists():
        return beside
    for file in importlib.metadata.files(_PROJECT) or ():
        if file.name == FILE:
            return Path(str(file.locate()))
    raise BadFlags(f"{FILE} is not part of this installation. Install the whole project again.")


def _switched(path: Path, environment: Environment) -> tuple[dict[Flag, bool], dict[Flag, bool]]:
    """For every environment, and for this one."""
    sections = {name: node for _, name, node in _members(path, _root(path), "the file")}
    for name in sections.keys() - {"flags", "environments"}:
        raise BadFlags(f"{path}: {name} is no section; there are flags and environments.")
    switched = _flags(path, sections.get("flags"), "flags")
    layers = {name: node for _, name, node in _members(path, sections.get("environments"), "environments")}
    for name in layers.keys() - set(Environment):
        raise BadFlags(f"{path}: environments.{name} is no environment; there are {', '.join(Environment)}.")
    checked = {name: _flags(path, node, f"environments.{name}") for name, node in layers.items()}
    return switched, checked.get(environment, {})


def _root(path: Path) -> Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadFlags(f"{path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        raise BadFlags(f"{path} is no YAML: {' '.join(str(error).split())}") from None


def _flags(path: Path, section: Node | None, where: str) -> dict[Flag, bool]:
    found: dict[Flag, bool] = {}
    for line, name, node in _members(path, section, where):
        if name not in set(Flag):
            raise BadFlags(f"{path}, line {line}: {where}.{name} is no flag; there are {', '.join(Flag)}.")
        if not isinstance(node, ScalarNode) or node.tag != _BOOLEAN:
            raise BadFlags(f"{path}, line {line}: {where}.{name} must be true or false.")
        found[Flag(name)] = SafeConstructor.bool_values[node.value.lower()]
    return found


def _members(path: Path, section: Node | None, where: str) -> Iterator[tuple[int, str, Node]]:
    """(line, key, value) of a mapping; nothing of an empty one."""
    if section is None or section.tag == _NULL:
        return
    if not isinstance(section, MappingNode):
        raise BadFlags(f"{path}, line {section.start_mark.line + 1}: {where} must be keys with values.")
    seen: set[str] = set()
    for key, value in section.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in seen:
            raise BadFlags(f"{path}, line {line}: {where}.{name} is there twice.")
        seen.add(name)
        yield line, name, value
