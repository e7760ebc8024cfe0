"""Finding groups by what their files are called and when they were taken, however that is written."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

import pytest

from immich_tui.review.filters import parse
from immich_tui.review.rows import place_of
from tests.review.fetching import A, B, C, D, Server, group

PARTY = "Übung 1_Straße Øre.JPG"


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name:übung", True),
        ("name:ÜBUNG", True),
        ("übung", True),
        (f"name:{normalize('NFD', 'Übung')}*", True),
        ("name:*straße*.jpg", True),
        ('name:"1_STRASSE ø"', True),
        ("camera:Ärgus", True),
        ("path:/fotos/übung", True),
        ("name:ubung", False),
        ('name:"übung 1%"', False),
        ("name:übun?1", False),
        ("-name:übung", False),
    ],
)
async def test_neither_case_nor_the_spelling_of_accents_matters(
    server: Server, stored: Literal["NFC", "NFD"], text: str, found: bool
) -> None:
    named = {
        **A,
        "originalFileName": normalize(stored, PARTY),
        "originalPath": normalize(stored, f"/fotos/{PARTY}"),
        "exifInfo": {**A["exifInfo"], "make": normalize(stored, "ärgus")},
    }
    await server.fetch(group("g1", named, B))
    session = await server.session()
    assert bool(await session.find(parse(text))) is found


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
async def test_jumping_to_a_name_is_as_lenient(server: Server, stored: Literal["NFC", "NFD"]) -> None:
    named = {**A, "originalFileName": normalize(stored, PARTY), "exifInfo": {**A["exifInfo"], "latitude": 1}}
    named["exifInfo"]["longitude"] = 2
    await server.fetch(group("g1", C, D), group("g2", named, B))
    session = await server.session()
    assert place_of(session.rows, "übung") == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("date:2023-12-31", True),
        ("date:2023", True),
        ("date<2024", True),
        ("date:2024-01-01", False),
        ("date>=2024", False),
        ("date>2023-12-31", False),
    ],
)
async def test_the_last_half_second_of_a_day_belongs_to_that_day(
    server: Server, text: str, found: bool
) -> None:
    fireworks = [{**one, "localDateTime": "2023-12-31T23:59:59.640Z"} for one in (A, B)]
    await server.fetch(group("g1", *fireworks))
    session = await server.session()
    assert bool(await session.find(parse(text))) is found
