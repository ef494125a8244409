"""Definition files from the package and from disk; `flows` itself reads no files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from flows.errors import DefinitionError, Refusal
from flows.library import Library
from flows.wording import is_pack, read_pack, worded

SUFFIXES = (".yaml", ".yml")


class NoDefinitions(Refusal):
    """Definitions that are asked for are not there; the message says what to do."""


@cache
def shipped_library() -> Library:
    """The flows and pathways that come with the assistant."""
    return Library.read(shipped_files())


def worded_library(packs: Path | None, own: Path | None = None) -> Library:
    """The shipped flows and the deployment's own, worded by the packs of the first folder.

    Own definitions stand beside the shipped ones and take no id of theirs.

    Raises:
        NoDefinitions: a folder does not exist, or holds no YAML file.
        DefinitionError: a definition is wrong, or a pack does not fit its flow.
    """
    library = shipped_library()
    if own is not None:
        library = Library.read({**shipped_files(), **read_paths([own])})
    return library if packs is None else _with_packs(library, read_paths([packs]))


def checked(files: Mapping[str, str]) -> Library:
    """The definitions among these files beside the shipped ones, with the packs among them.

    Raises:
        DefinitionError: a definition is wrong, or a pack does not fit.
    """
    packs = {name: text for name, text in files.items() if is_pack(text, name)}
    rest = {name: text for name, text in files.items() if name not in packs}
    return _with_packs(Library.read(rest, beside=shipped_library()), packs)


def _with_packs(library: Library, files: Mapping[str, str]) -> Library:
    packs, errors = [], []
    for name, text in files.items():
        try:
            packs.append(read_pack(text, name, library))
        except DefinitionError as error:
            errors.append(error)
    if errors:
        raise DefinitionError.of(errors)
    return worded(library, packs)


def shipped_files() -> Mapping[str, str]:
    """The shipped definition files: name, such as `definitions/odi.yaml`, to text."""
    return dict(_walk(files("flows") / "definitions", "definitions"))


def read_paths(paths: Iterable[Path]) -> Mapping[str, str]:
    """Definition files, and all that lie in folders, as name to text.

    Raises:
        NoDefinitions: a path does not exist or holds no YAML file.
        DefinitionError: a file is not UTF-8.
    """
    return {str(file): _text(file) for path in paths for file in _below(path)}


def _walk(folder: Traversable, name: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _walk(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(SUFFIXES):
            yield f"{name}/{entry.name}", entry.read_text(encoding="utf-8")


def _below(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NoDefinitions(f"{path}: there is no such file or folder; check the spelling")
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
    if not found:
        raise NoDefinitions(f"{path}: no .yaml file in this folder; name a file or another folder")
    return found


def _text(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DefinitionError(
            str(file), line, "this is not UTF-8; save the file as UTF-8"
        ) from None
