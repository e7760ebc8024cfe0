"""Sources of styles are parsed once, however many screens come and however many sources there are."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.css.parse import parse
from textual.css.stylesheet import StylesheetParseError

from immich_tui.config import Config, Paths, load
from immich_tui.tui.app import ImmichTui
from immich_tui.tui.stylesheet import KeptStylesheet
from tests.tui.stage import wait_for


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[object]:
    """How often each source was parsed in each place of the order in which sources count."""
    counted: Counter[object] = Counter()

    def count(scope: str, css: str, read_from: Any, **options: Any) -> Any:
        counted[read_from, options["tie_breaker"]] += 1
        return parse(scope, css, read_from, **options)

    monkeypatch.setattr("textual.css.stylesheet.parse", count)
    return counted


def color_of(sheet: KeptStylesheet) -> str:
    return sheet.rules[0].styles.get_rules()["color"].hex


def test_one_more_source_leaves_the_others_as_they_are(parsed: Counter[object]) -> None:
    sheet = KeptStylesheet(variables={"ink": "#112233"})
    for number in range(100):
        sheet.add_source(f"#a{number} {{ color: $ink; }}", ("file", str(number)))
        assert len(sheet.rules) == number + 1
        sheet.reparse()
    assert set(parsed.values()) == {1}


def test_other_colours_are_taken_in(parsed: Counter[object]) -> None:
    sheet = KeptStylesheet(variables={"ink": "#112233"})
    sheet.add_source("#a { color: $ink; }", ("file", "a"))
    assert color_of(sheet) == "#112233"
    sheet.set_variables({"ink": "#112233"})
    sheet.reparse()
    assert parsed[("file", "a"), 0] == 1
    sheet.set_variables({"ink": "#445566"})
    sheet.reparse()
    assert color_of(sheet) == "#445566"
    assert parsed[("file", "a"), 0] == 2


def test_a_mistake_leaves_the_rules_as_they_were() -> None:
    sheet = KeptStylesheet()
    sheet.add_source("#a { color: #112233; }", ("file", "a"))
    before = list(sheet.rules)
    sheet.add_source("#b { colour: red; }", ("file", "b"))
    with pytest.raises(StylesheetParseError):
        sheet.reparse()
    assert sheet._rules == before


async def test_the_app_parses_nothing_twice_until_the_form_is_there(
    paths: Paths, parsed: Counter[object]
) -> None:
    def read() -> Config:
        return load({}, {}, paths)

    app = ImmichTui(read)
    async with app.run_test() as pilot:
        await wait_for(pilot, lambda: app.focused is not None)
        assert len(parsed) > 10
        assert not {source: times for source, times in parsed.items() if times > 1}
        before = app.screen.styles.background
        app.theme = "light-table"
        await wait_for(pilot, lambda: app.screen.styles.background != before)
