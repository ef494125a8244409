"""Tables of patients as a clinic saves them: 500 lines, and 20 of them with something wrong."""

from __future__ import annotations

from collections.abc import Sequence

HEADING = "navn;fødselsdato;telefon;sprog;kanal;behandlere;samtykke"
FAULTY: dict[int, tuple[str, str]] = {
    # line of the file: what stands there, and what is said of it
    12: (";03-04-1970;;da;;;ja", "name: Write the name."),
    25: ("Ib Krog;31-02-1970;;da;;;", "birth date: Write day, month and year"),
    38: ("Eva Krog;1970;;da;;;", "birth date: Write day, month and year"),
    51: ("Ea Krog;01-01-1850;;da;;;", "birth date: Nobody is that old"),
    64: ("Pia Krog;01-01-2090;;da;;;", "birth date: Nobody is that old, or that young"),
    77: ("Bo Krog;;123;da;;;", "phone: Write the whole number"),
    90: ("Jo Krog;;20 30 40;da;;;", "phone: Write the whole number"),
    103: ("Pat Hill;;+44 20 7946 0018;en;sms;;", "phone: This is a landline"),
    116: ("Kaj Krog;02-03-1970;;de;;;", "language: Choose one of these"),
    129: ("Kim Krog;03-03-1970;;da;fax;;", "channel: It is not set up here"),
    142: ("Lis Krog;04-03-1970;;da;whatsapp;;", "channel: It is not set up here"),
    155: ("Mie Krog;05-03-1970;;da;;nobody@nord.example;", "care team: Write e-mail addresses"),
    168: ("Ned Krog;06-03-1970;;da;;;måske", "consent: Write yes or no"),
    181: ("Ole Krog;;;da;;;", "birth date: Write a birth date or a phone"),
    194: ("Per Krog;07-03-1970;;da;;;ja;for meget", "There are more cells than columns"),
    207: (f"{'Ursula ' * 9};08-03-1970;;da;;;", "name: At most 60 characters"),
    300: (
        "Patient 0299;01-01-1960;+45 20 51 99 99;da;;;",
        "name: Name and birth date are those of line 299",
    ),
    313: ("En Anden;;+45 20 51 03 12;da;;;", "phone: The number is that of line 312"),
    326: ("Rie Krog;9/9;12;da;;;", "birth date: Write day, month and year"),
    500: ("Sif Krog;;+45 20 30 40 50;da;;;", "phone: The number is that of patient"),
}
"""By the line of the file what stands there, and how what is said of it begins."""
TWICE_WRONG = 326
"""Whose phone is wrong as well."""
TAKEN = "+4520304050"
"""The number of somebody who is a patient already, in the last of them."""
RIGHT = 480


def lines() -> Sequence[str]:
    """The whole file, line by line; the heading is line 1."""
    return [HEADING, *(_line(number) for number in range(2, 502))]


def as_excel_writes_it() -> bytes:
    """In Windows-1252, with the line ends of Windows."""
    return "".join(f"{line}\r\n" for line in lines()).encode("cp1252")


def _line(number: int) -> str:
    if number in FAULTY:
        return FAULTY[number][0]
    name = f"Patient {number:04}" if number % 50 else f'"Søren ""Sol"" Ærø {number}"'
    if number % 2:
        return f"{name};01-01-1960;;da;;;"
    return f"{name};;+45 20 51 {number // 100:02} {number % 100:02};da;;;ja"
