from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.segments import folded, is_gsm7, segments

# 3GPP TS 23.038, table 6.2.1 and its extension, typed out a second time, row by row.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå" "Δ_ΦΓΛΩΠΨΣΘΞ" "ÆæßÉ" " !\"#¤%&'()*+,-./" "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO" "PQRSTUVWXYZÄÖÑÜ§" "¿abcdefghijklmno" "pqrstuvwxyzäöñüà"
)  # fmt: skip
EXTENDED = "\f^{}\\[~]|€"
EMOJI = "\N{SLIGHTLY SMILING FACE}"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("æøåÆØÅé" * 22, 1),
        ("\n" * 160, 1),
    ],
)
def test_plain_letters_fill_160_alone_and_153_in_parts(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize("character", EXTENDED)
def test_a_character_of_the_extension_takes_two_places(character: str) -> None:
    assert is_gsm7(character)
    assert segments("a" * 158 + character) == 1
    assert segments("a" * 159 + character) == 2
    assert segments(character * 80) == 1
    assert segments(character * 81) == 2


def test_a_character_of_two_places_is_never_cut_at_a_border() -> None:
    assert segments("a" * 152 + "€" + "a" * 152) == 3
    assert segments("a" * 151 + "€" + "a" * 153) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("ę" * 70, 1),
        ("ę" * 71, 2),
        ("ę" * 134, 2),
        ("ę" * 135, 3),
        ("a" * 69 + "ę", 1),
        ("a" * 70 + "ę", 2),
        ("“quotes”", 1),
        ("a" * 70 + "\N{EN DASH}", 2),
    ],
)
def test_one_other_letter_makes_all_of_them_cost_double(text: str, count: int) -> None:
    assert not is_gsm7(text)
    assert segments(text) == count


def test_an_emoji_takes_two_units_and_is_never_cut_at_a_border() -> None:
    assert segments(EMOJI * 35) == 1
    assert segments(EMOJI * 36) == 2
    assert segments("ę" * 69 + EMOJI) == 2
    assert segments("ę" * 66 + EMOJI + "ę" * 65) == 2
    assert segments("ę" * 66 + EMOJI + "ę" * 66) == 3


def test_the_alphabet_is_that_of_the_standard_and_nothing_else() -> None:
    assert len(BASIC) == 127
    assert all(is_gsm7(character) for character in BASIC + EXTENDED)
    assert not any(
        is_gsm7(chr(code)) for code in range(0x3000) if chr(code) not in BASIC + EXTENDED
    )


@given(st.text(alphabet=BASIC + EXTENDED + "ęš“”" + EMOJI, max_size=500))
def test_a_longer_message_never_takes_fewer_segments(text: str) -> None:
    counts = [segments(text[:end]) for end in range(0, len(text) + 1, 50)]

    assert counts == sorted(counts)
    assert 1 <= segments(text) <= len(text) // 33 + 1


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("“Don’t” — 4–5 … ok", '"Don\'t" - 4-5 ... ok'),
        ("a\tb\u00a0c\u202fd", "a b c d"),
        ("one\u2028two", "one\ntwo"),
        ("co\u00adop\u200b", "coop"),
        ("`x` ´y´ «z»", "'x' 'y' \"z\""),
        ("≤ 4, ≥ 2, 3 × 5, −1 → 0", "<= 4, >= 2, 3 x 5, -1 -> 0"),
        (
            "Ágnes Çelik, François Müller, Łukasz, Đorđe",
            "Agnes Çelik, Francois Müller, Lukasz, Dorde",
        ),
        ("Þóra Œuvre", "Thora OEuvre"),
        ("bla\u030abær", "blåbær"),
        ("Søren Ærø Åse é ü ñ", "Søren Ærø Åse é ü ñ"),
    ],
)
def test_signs_that_would_double_the_price_become_those_that_say_the_same(
    written: str, sent: str
) -> None:
    assert folded(written) == sent
    assert is_gsm7(sent)


@pytest.mark.parametrize(
    "text", ["“Hi” 👍", "Привет…", "½ tablet – daily", "x² — y", "Αθήνα ά ή", "…" * 60]
)
def test_what_the_alphabet_cannot_say_stays_as_it_was_written(text: str) -> None:
    assert folded(text) == text


@pytest.mark.parametrize("text", ["Łódź – “tak”", "żółć…"])
def test_letters_of_a_language_of_its_own_may_be_left_alone(text: str) -> None:
    assert folded(text, letters=False) == text
    assert folded("“Hi” – ok…", letters=False) == '"Hi" - ok...'


@given(st.text(max_size=80))
def test_folding_never_costs_a_segment_and_never_does_more_the_second_time(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert segments(once) <= segments(text)
