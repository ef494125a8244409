"""Keys: the ring of the deployment, and each patient's own key wrapped by it.

A ring is written `id:base64,id2:base64` with keys of 32 bytes; the first is current. New
patients' keys are wrapped with the current one; the others still open what they have wrapped.
Nothing here ever shows key material, neither in a repr nor in an error.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flows.errors import Refusal

DEPLOYMENT = 0
"""Stands in place of a patient's id for the deployment's own key."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class BadKeys(Refusal, ValueError):
    """The text of a ring cannot be read; says which key by its place, never by its content."""


class WrongKey(Refusal):
    """Sealed bytes do not open: another key, another row, or altered bytes."""


class Sealer:
    """Seals and opens what belongs to one patient (or to the deployment).

    `place` is `table.column` and `row` the row's id: sealed bytes open nowhere else.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, place: str, row: int, data: bytes) -> bytes:
        """Encrypt for one place; a fresh nonce each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, f"{place}:{row}".encode())

    def open(self, place: str, row: int, sealed: bytes) -> bytes:
        """Decrypt; raises WrongKey."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, f"{place}:{row}".encode())
        except (InvalidTag, ValueError):
            raise WrongKey(
                f"{place} of row {row} does not open: it was sealed with another key or for "
                "another row, or the stored bytes were altered"
            ) from None

    def seal_text(self, place: str, row: int, text: str) -> bytes:
        """`seal` for a string."""
        return self.seal(place, row, text.encode())

    def open_text(self, place: str, row: int, sealed: bytes) -> str:
        """`open` for a string; raises WrongKey."""
        return self.open(place, row, sealed).decode()

    def seal_json(self, place: str, row: int, value: Any) -> bytes:
        """`seal` for anything that JSON can say."""
        return self.seal(place, row, orjson.dumps(value))

    def open_json(self, place: str, row: int, sealed: bytes) -> Any:
        """`open` for JSON; raises WrongKey."""
        return orjson.loads(self.open(place, row, sealed))


class Ring:
    """The deployment's keys by id; the first is current."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.current = next(iter(self._keys))
        self._wrapping = {name: AESGCM(_derive(key, "wrap")) for name, key in keys.items()}
        self._finding: dict[str, tuple[tuple[str, bytes], ...]] = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id:base64,id2:base64`; raises BadKeys."""
        keys: dict[str, bytes] = {}
        for place, part in enumerate(text.split(","), start=1):
            name, key = _read(place, part.strip())
            if name in keys:
                raise BadKeys(f"key {place}: its id is already taken by an earlier key")
            keys[name] = key
        return cls(keys)

    @classmethod
    def generate(cls, name: str = "k1") -> Self:
        """A ring with one new key from the operating system."""
        return cls({name: os.urandom(_KEY_BYTES)})

    def setting(self) -> str:
        """The ring as `parse` reads it: a secret, for a key file or a secret store only."""
        parts = (f"{name}:{base64.b64encode(key).decode()}" for name, key in self._keys.items())
        return ",".join(parts)

    def with_new_key(self, name: str, *, last: bool = False) -> Self:
        """The same ring with a new key in front, or as the last one. Raises BadKeys."""
        if not _KEY_ID.fullmatch(name):
            raise BadKeys("a key's id is of letters, digits, _ . or -")
        if name in self._keys:
            raise BadKeys(f"the ring has a key {name} already; choose another id")
        key = {name: os.urandom(_KEY_BYTES)}
        return type(self)(self._keys | key if last else key | self._keys)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the current one first."""
        return tuple(self._keys)

    def new_sealer(self, patient_id: int) -> tuple[Sealer, str, bytes]:
        """A new key for a patient: its sealer, and what to store (key id, wrapped key)."""
        key = os.urandom(_KEY_BYTES)
        return Sealer(key), self.current, self._wrap(key, patient_id)

    def unwrap(self, key_id: str, wrapped: bytes, patient_id: int) -> Sealer:
        """The sealer of a stored key; raises WrongKey."""
        return Sealer(self._unwrap(key_id, wrapped, patient_id))

    def rewrap(self, key_id: str, wrapped: bytes, patient_id: int) -> tuple[str, bytes]:
        """The same patient's key, wrapped with the current key; raises WrongKey."""
        return self.current, self._wrap(self._unwrap(key_id, wrapped, patient_id), patient_id)

    def pseudonym(self, key_id: str, wrapped: bytes, patient_id: int, study: str) -> str:
        """What a study calls a patient: 80 bits out of the patient's own key; raises WrongKey.

        It stays when the ring's keys are changed, and once the patient's key is erased nobody
        can tell any more whose it was.
        """
        own = _derive(self._unwrap(key_id, wrapped, patient_id), f"research:{study}")
        return f"p{base64.b32encode(own[:10]).decode().lower()}"

    def find_hash(self, purpose: str, text: str) -> tuple[str, bytes]:
        """The keyed hash to store so that `text` can be found again; with its key id."""
        key_id, key = self._finding_keys(purpose)[0]
        return key_id, hmac.digest(key, text.encode(), "sha256")

    def find_hashes(self, purpose: str, text: str) -> list[tuple[str, bytes]]:
        """Every keyed hash that `text` may be stored under, the current key's first."""
        data = text.encode()
        return [
            (key_id, hmac.digest(key, data, "sha256"))
            for key_id, key in self._finding_keys(purpose)
        ]

    def __repr__(self) -> str:
        return f"Ring({', '.join(self._keys)})"

    def _finding_keys(self, purpose: str) -> tuple[tuple[str, bytes], ...]:
        keys = self._finding.get(purpose)
        if keys is None:
            keys = tuple((n, _derive(k, f"find:{purpose}")) for n, k in self._keys.items())
            self._finding[purpose] = keys
        return keys

    def _wrap(self, key: bytes, patient_id: int) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._wrapping[self.current]
        return nonce + cipher.encrypt(nonce, key, f"key:{patient_id}".encode())

    def _unwrap(self, key_id: str, wrapped: bytes, patient_id: int) -> bytes:
        cipher = self._wrapping.get(key_id)
        if cipher is None:
            raise WrongKey(f"the ring has no key {key_id!r}; the keys setting must still list it")
        nonce, rest = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, rest, f"key:{patient_id}".encode())
        except (InvalidTag, ValueError):
            raise WrongKey(
                f"the key of patient {patient_id} does not open with ring key {key_id!r}; "
                "the keys setting holds another key under this id"
            ) from None


def _read(place: int, part: str) -> tuple[str, bytes]:
    name, colon, encoded = part.partition(":")
    if not colon or not _KEY_ID.fullmatch(name):
        raise BadKeys(f"key {place}: write it as id:base64, the id of letters, digits, _ . or -")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadKeys(f"key {place}: what follows the colon is not base64") from None
    if len(key) != _KEY_BYTES:
        raise BadKeys(f"key {place}: has {len(key)} bytes where {_KEY_BYTES} are needed")
    return name, key


def _derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose only, so that no two uses ever share one (RFC 5869)."""
    info = f"backtrace:{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)
