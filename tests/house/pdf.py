"""What a PDF says: its text, title, language and tags. Enough for those that typst writes."""

from __future__ import annotations

import re
import zlib
from functools import cached_property
from itertools import pairwise

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PLAIN = rb"(?:[^()\\]|\\.)"
_LITERAL = rb"\(((?:" + _PLAIN + rb"|\(" + _PLAIN + rb"*\))*)\)"
_SHOWN = re.compile(
    rb"/(\w+) [\d.]+ Tf"  # a font is chosen
    rb"|<([0-9A-Fa-f]+)>|"
    + _LITERAL  # glyphs
    + rb"|(\bT[mdD*]\b|\bET\b)",  # another place
    re.DOTALL,
)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_HEX = rb"<([0-9A-Fa-f]+)>"


class Pdf:
    """A PDF that was written a moment ago."""

    def __init__(self, written: bytes) -> None:
        assert written.startswith(b"%PDF-")
        assert written.rstrip().endswith(b"%%EOF")
        self._objects = {int(number): body for number, body in _OBJECT.findall(written)}

    @cached_property
    def pages(self) -> int:
        """How many there are."""
        return len(self._of_type(b"Page"))

    @property
    def language(self) -> str:
        """The language that it is to be read aloud in."""
        return self._in_catalogue(rb"/Lang\((.*?)\)")

    @property
    def is_tagged(self) -> bool:
        """Whether it says of itself that its structure is there, shown with its title."""
        wanted = (b"/Marked true", b"/StructTreeRoot", b"/DisplayDocTitle true")
        (catalogue,) = self._of_type(b"Catalog")
        return all(each in catalogue for each in wanted)

    @property
    def metadata(self) -> str:
        """The XMP packet: title, standard."""
        (found,) = self._of_type(b"Metadata")
        return _unpacked(found).decode()

    def tags(self, name: str) -> int:
        """How often a structure element such as `TH` is there."""
        wanted = re.compile(rb"/S/" + name.encode() + rb"(?![A-Za-z])")
        return sum(len(wanted.findall(body)) for body in self._objects.values())

    @property
    def alternatives(self) -> list[str]:
        """What pictures are said to show."""
        wanted = re.compile(rb"/Alt(?:" + _HEX + rb"|" + _LITERAL + rb")", re.DOTALL)
        found = (wanted.search(body) for body in self._objects.values())
        return [_text(_string(match[1], match[2])) for match in found if match]

    @cached_property
    def text(self) -> str:
        """Every glyph of every page as its character, on one line."""
        pages = self._of_type(b"Page")
        return " ".join(" ".join(self._page_text(page) for page in pages).split())

    def _page_text(self, page: bytes) -> str:
        fonts = {
            name: self._characters(int(number))
            for name, number in re.findall(rb"/(\w+) (\d+) 0 R", self._fonts_of(page))
        }
        (contents,) = re.findall(rb"/Contents (\d+) 0 R", page)
        shown, font = [], {}
        for name, hexed, literal, place in _SHOWN.findall(_unpacked(self._objects[int(contents)])):
            if name:
                font = fonts[name]
            elif place:
                shown.append(" ")
            else:
                shown += [font.get(pair, "") for pair in _pairs(_string(hexed, literal))]
        return "".join(shown)

    def _fonts_of(self, page: bytes) -> bytes:
        inline = re.search(rb"/Font<<(.*?)>>", page, re.DOTALL)
        if inline:
            return inline[1]
        (resources,) = re.findall(rb"/Resources (\d+) 0 R", page)
        found = re.search(rb"/Font<<(.*?)>>", self._objects[int(resources)], re.DOTALL)
        assert found, "no font"
        return found[1]

    def _characters(self, font: int) -> dict[bytes, str]:
        """The characters of a font by glyph, two bytes each."""
        (number,) = re.findall(rb"/ToUnicode (\d+) 0 R", self._objects[font])
        table = _unpacked(self._objects[int(number)])
        found = {}
        for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
            for glyph, character in re.findall(_HEX + rb"\s*" + _HEX, part):
                text = bytes.fromhex(character.decode()).decode("utf-16-be")
                found[bytes.fromhex(glyph.decode())] = text
        return found

    def _in_catalogue(self, pattern: bytes) -> str:
        (catalogue,) = self._of_type(b"Catalog")
        found = re.search(pattern, catalogue)
        return found[1].decode() if found else ""

    def _of_type(self, name: bytes) -> list[bytes]:
        wanted = re.compile(rb"/Type ?/" + name + rb"(?![A-Za-z])")
        return [body for body in self._objects.values() if wanted.search(body)]


def _unpacked(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found, "no stream"
    return zlib.decompress(found[1]) if b"/FlateDecode" in body[: found.start()] else found[1]


def _string(hexed: bytes | None, literal: bytes) -> bytes:
    return bytes.fromhex(hexed.decode()) if hexed else _literal(literal)


def _literal(text: bytes) -> bytes:
    """A string in parentheses without its escapes."""

    def plain(escape: re.Match[bytes]) -> bytes:
        if escape[1].isdigit():
            return bytes([int(escape[1], 8)])
        return _ESCAPES.get(escape[1], escape[1])

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, text, flags=re.DOTALL)


def _text(raw: bytes) -> str:
    return raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _pairs(glyphs: bytes) -> list[bytes]:
    return [glyphs[first:end] for first, end in pairwise(range(0, len(glyphs) + 1, 2))]
