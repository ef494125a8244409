"""What is sealed opens only in its own place, with its own key; nothing shows a key."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectory.keys import DEPLOYMENT, BadKeys, Ring, WrongKey

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()
WORDS = "min ryg gør ondt"


def test_words_come_back_as_they_were() -> None:
    sealer, key_id, wrapped = Ring.generate().new_sealer(7)
    sealed = sealer.seal_text("entry.text", 42, WORDS)
    assert WORDS.encode() not in sealed
    assert sealer.open_text("entry.text", 42, sealed) == WORDS
    assert (key_id, len(wrapped)) == ("k1", 60)


def test_the_same_words_are_never_sealed_the_same_way() -> None:
    sealer, _, _ = Ring.generate().new_sealer(7)
    assert len({sealer.seal_text("entry.text", 42, WORDS) for _ in range(50)}) == 50


@pytest.mark.parametrize(("place", "row"), [("outbox.body", 42), ("entry.text", 43)])
def test_sealed_words_moved_elsewhere_do_not_open(place: str, row: int) -> None:
    sealer, _, _ = Ring.generate().new_sealer(7)
    sealed = sealer.seal_text("entry.text", 42, WORDS)
    with pytest.raises(WrongKey, match=f"{place} of row {row} does not open"):
        sealer.open_text(place, row, sealed)


def test_another_patients_key_does_not_open() -> None:
    ring = Ring.generate()
    mine, _, _ = ring.new_sealer(7)
    other, _, _ = ring.new_sealer(8)
    with pytest.raises(WrongKey):
        other.open("entry.text", 42, mine.seal("entry.text", 42, b"x"))


@given(st.binary(max_size=60), st.integers(min_value=0))
def test_altered_bytes_do_not_open(data: bytes, position: int) -> None:
    sealer, _, _ = Ring.generate().new_sealer(7)
    sealed = bytearray(sealer.seal("entry.text", 42, data))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(WrongKey):
        sealer.open("entry.text", 42, bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12])
def test_bytes_that_were_never_sealed_do_not_open(sealed: bytes) -> None:
    sealer, _, _ = Ring.generate().new_sealer(7)
    with pytest.raises(WrongKey):
        sealer.open("entry.text", 42, sealed)


@given(st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(), st.lists))
def test_json_comes_back_as_it_was(value: object) -> None:
    sealer, _, _ = Ring.generate().new_sealer(7)
    assert sealer.open_json("session.body", 1, sealer.seal_json("session.body", 1, value)) == value


def test_a_wrapped_key_belongs_to_one_patient() -> None:
    ring = Ring.generate()
    sealer, key_id, wrapped = ring.new_sealer(7)
    sealed = sealer.seal("entry.text", 42, b"x")
    assert ring.unwrap(key_id, wrapped, 7).open("entry.text", 42, sealed) == b"x"
    with pytest.raises(WrongKey, match="the key of patient 8 does not open"):
        ring.unwrap(key_id, wrapped, 8)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_wraps() -> None:
    before = Ring.parse(f"old:{KEY}")
    after = Ring.parse(f"new:{OTHER},old:{KEY}")
    sealer, key_id, wrapped = before.new_sealer(DEPLOYMENT)
    sealed = sealer.seal("inbox.body", 1, b"x")
    new_id, rewrapped = after.rewrap(key_id, wrapped, DEPLOYMENT)
    assert (key_id, new_id) == ("old", "new")
    only_new = Ring.parse(f"new:{OTHER}")
    assert only_new.unwrap(new_id, rewrapped, DEPLOYMENT).open("inbox.body", 1, sealed) == b"x"
    with pytest.raises(WrongKey, match="the ring has no key 'old'"):
        only_new.unwrap(key_id, wrapped, DEPLOYMENT)


def test_what_was_hashed_with_an_old_key_is_still_found() -> None:
    stored = Ring.parse(f"old:{KEY}").find_hash("address.sms", "+4512345678")
    after = Ring.parse(f"new:{OTHER},old:{KEY}")
    assert stored in after.find_hashes("address.sms", "+4512345678")
    assert after.find_hash("address.sms", "+4512345678")[0] == "new"
    assert stored[1] != Ring.parse(f"old:{KEY}").find_hash("address.web", "+4512345678")[1]


def test_a_ring_is_written_as_it_is_read() -> None:
    ring = Ring.parse(f" a:{KEY} , b:{OTHER} ")
    assert ring.setting() == f"a:{KEY},b:{OTHER}"
    assert (ring.current, ring.key_ids) == ("a", ("a", "b"))
    assert Ring.parse(Ring.generate().setting()).current == "k1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "key 1: write it as id:base64"),
        (KEY, "key 1: write it as id:base64"),
        (f"a:{KEY},", "key 2: write it as id:base64"),
        (f"{KEY}:{KEY}", "key 1: write it as id:base64"),
        (f"a:{KEY}!", "key 1: what follows the colon is not base64"),
        (f"a:{KEY[:40]}", "key 1: has 30 bytes where 32 are needed"),
        (f"a:{KEY},a:{OTHER}", "key 2: its id is already taken"),
    ],
)
def test_a_ring_that_cannot_be_read_says_why_and_shows_nothing(text: str, reason: str) -> None:
    with pytest.raises(BadKeys) as refused:
        Ring.parse(text)
    assert str(refused.value).startswith(reason)
    assert KEY[:8] not in str(refused.value)


def test_nothing_shows_a_key() -> None:
    ring = Ring.parse(f"a:{KEY}")
    sealer, _, _ = ring.new_sealer(7)
    assert repr(ring) == "Ring(a)"
    assert "kkkk" not in repr(sealer)
    assert not hasattr(sealer, "__dict__")
