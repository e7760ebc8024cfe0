"""The filter language: what it understands, what it refuses and how, and what fits next."""

from __future__ import annotations

import sqlite3
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_tui.review.decisions import DecidedBy, DecisionKind
from immich_tui.review.filter_words import SWITCHES, WORDS, BadValue, bytes_of
from immich_tui.review.filters import FilterError, complete, parse, tokens
from immich_tui.review.rows import Row
from immich_tui.verdict.flags import FLAG_NAMES
from immich_tui.verdict.model import Severity, Tier


def row(**fields: object) -> Row:
    facts: dict[str, object] = {
        "position": 0,
        "group_id": "g",
        "title": "IMG_1.jpg",
        "members": 2,
        "tier": Tier.LIKELY,
        "differs": False,
        "saving": 0,
        "flags": (),
        "worst": None,
    }
    return Row(**{**facts, **fields})  # type: ignore[arg-type]  # fields of a row by name


def passes(text: str, **fields: object) -> bool:
    return parse(text).row_test()(row(**fields))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("flag:gps", {"flags": ("gps_conflict",)}),
        ("flag:conflict", {"flags": ("camera_conflict",)}),
        ("FLAG:GPS_conflict", {"flags": ("gps_conflict",)}),
        ("only:compression", {"flags": ("compression_loss",)}),
        ("only:compression", {"flags": ("compression_loss", "no_exif")}),
        ("only:no_exif", {"flags": ("no_exif",)}),
        ("tier:doubtful", {"tier": Tier.DOUBTFUL}),
        ("tier:same", {"tier": Tier.SAME_PICTURE}),
        ('tier:"same picture"', {"tier": Tier.SAME_PICTURE}),
        ("severity:block", {"worst": Severity.BLOCK}),
        ("differs", {"differs": True}),
        ("members>2", {"members": 3}),
        ("members:3", {"members": 3}),
        ("saves>1GB", {"saving": 2 * 1024**3}),
        ("saves<=1.5kb", {"saving": 1536}),
        ("decided:no", {}),
        ("decided", {"decision": DecisionKind.RESOLVE}),
        ("decided:keep-all", {"decision": DecisionKind.KEEP_ALL}),
        ("skipped -decided", {"decision": DecisionKind.SKIP}),
        ("by:rule", {"decided_by": DecidedBy.RULE}),
        ("note:mum", {"note": "ask Mum"}),
        ("note:ask*", {"note": "ask Mum"}),
        ("flagged -differs", {"flagged": True}),
        ("not differs not flagged", {}),
        ("not -differs", {"differs": True}),
        ("done:no changed", {"changed": True}),
        ("done overridden", {"done": "keep", "overridden": True}),
        ("ready undecided", {}),
        ("  ", {}),
    ],
)
def test_what_passes(text: str, fields: dict[str, object]) -> None:
    assert passes(text, **fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("flag:gps", {"flags": ("camera_conflict",)}),
        ("flag:edited", {"flags": ()}),
        ("only:compression", {"flags": ("compression_loss", "edited")}),
        ("only:compression", {"flags": ("edited",)}),
        ("only:no_exif", {"flags": ("edited", "no_exif")}),
        ("only:no_exif", {"flags": ("no_exif", "no_dimensions")}),
        ("tier:exact", {}),
        ("members>2", {"members": 2}),
        ("decided", {"decision": DecisionKind.SKIP}),
        ("decided:no", {"decision": DecisionKind.SKIP}),
        ("note:mum", {"flagged": True}),
        ("note:mum*", {"note": "ask Mum"}),
        ("ready", {"tier": Tier.DOUBTFUL}),
        ("differs members>5", {"differs": True}),
    ],
)
def test_what_does_not_pass(text: str, fields: dict[str, object]) -> None:
    assert not passes(text, **fields)


@pytest.mark.parametrize(
    ("text", "condition", "arguments"),
    [
        ("path:*WhatsApp*", r"path LIKE ? ESCAPE '\'", ("%WhatsApp%",)),
        ("path:100%_a", r"path LIKE ? ESCAPE '\'", (r"%100\%\_a%",)),
        ('name:"a b"', r"name LIKE ? ESCAPE '\'", ("%a b%",)),
        ("beach.jpg", r"name LIKE ? ESCAPE '\'", ("%beach.jpg%",)),
        ('"differs"', r"name LIKE ? ESCAPE '\'", ("%differs%",)),
        ("camera:canon", r"camera LIKE ? ESCAPE '\'", ("%canon%",)),
        ("type:video", "kind = ?", ("video",)),
        ("size>10MB", "size > ?", (10 * 1024**2,)),
        ("date:2024-02", "taken BETWEEN ? AND ?", (1706745600, 1709251199)),
        ("date>2023", "taken > ?", (1704067199,)),
        ("live", "live", ()),
        ("external", "external", ()),
    ],
)
def test_what_members_are_asked(text: str, condition: str, arguments: tuple[object, ...]) -> None:
    ((test, negated),) = parse(text).member_tests()
    assert (test.condition, test.arguments, negated) == (condition, arguments, False)
    assert parse(f"-{text}").member_tests()[0][1]


@pytest.mark.parametrize(
    ("text", "pointed_at", "nearest"),
    [
        ("tier:doubtfull", "tier:doubtfull", "tier:doubtful"),
        ("differs teir:exact", "teir:exact", "tier:exact"),
        ("difers", "difers", "differs"),
        ("flag:gsp_conflict", "flag:gsp_conflict", "flag:gps_conflict"),
        ("members>many", "members>many", None),
        ("size>big", "size>big", None),
        ("path>3", "path>3", None),
        ("flag", "flag", None),
        ("date:2024-13", "date:2024-13", None),
        ("a not", "not", None),
        ('name:"open', '"open', None),
        ("type:", "type:", None),
        ('""', '""', None),
        ("type:vdieo -x", "type:vdieo", "type:video"),
    ],
)
def test_errors_point_at_the_word_and_name_the_nearest(
    text: str, pointed_at: str, nearest: str | None
) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    error = caught.value
    assert text[error.start : error.end] == pointed_at
    assert error.nearest == nearest
    assert str(error).endswith((".", "?"))


_VALUES = st.text(st.characters(codec="utf-8", exclude_characters='"'), min_size=1, max_size=8)
_TERMS = st.one_of(
    st.sampled_from(sorted(SWITCHES)),
    st.sampled_from(
        [f"{word.name}:{value}" for word in WORDS.values() for value in word.values if " " not in value]
    ),
    st.builds("saves>{}MB".format, st.integers(0, 10**6)),
    st.builds("members{}{}".format, st.sampled_from([">", "<", "=", ">=", "<=", ":"]), st.integers(0, 99)),
    st.builds('{}:"{}"'.format, st.sampled_from(["path", "name", "camera", "note"]), _VALUES),
)
_SIGNED = st.builds("{}{}".format, st.sampled_from(["", "-", "not "]), _TERMS)


@given(st.lists(_SIGNED, max_size=6))
def test_what_is_understood_is_written_back_and_understood_the_same(terms: list[str]) -> None:
    once = parse(" ".join(terms))
    assert len(once.terms) == len(terms)
    assert str(parse(str(once))) == str(once)


@given(st.lists(_SIGNED, min_size=1, max_size=4))
def test_turning_every_term_round_twice_changes_nothing(terms: list[str]) -> None:
    found = parse(" ".join(f"not {term}" for term in terms))
    plain = parse(" ".join(terms))
    assert [term.negated for term in found.terms] == [not term.negated for term in plain.terms]


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused_with_a_place(text: str) -> None:
    try:
        parse(text)
    except FilterError as error:
        refused = error
    else:
        return
    assert 0 <= refused.start < refused.end <= len(text)
    assert str(refused)


@given(st.text(st.sampled_from(string.ascii_letters + ' :"-'), max_size=30))
def test_tokens_lie_in_order_and_cover_what_is_no_space(text: str) -> None:
    try:
        found = list(tokens(text))
    except FilterError:
        assert text.count('"') % 2
        return
    end = 0
    for token in found:
        assert text[end : token.start].strip() == ""
        end = token.end
    assert text[end:].strip() == ""


@given(st.text(max_size=30), st.data())
def test_each_candidate_continues_what_is_written(text: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    found = complete(text, cursor)
    assert 0 <= found.start <= found.end == cursor
    for candidate in found.candidates:
        assert candidate.text != text[found.start : cursor] or len(found.candidates) > 1


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "by:"),
        ("di", "differs"),
        ("ti", "tier:"),
        ("differs -fl", "-flag:"),
        ("flag:gp", "flag:gps_conflict"),
        ("flag:conf", "flag:burst"),
        ("tier:same", "tier:same"),
        ("decided:n", "decided:no"),
        ("tier:doubtful", None),
        ("zzz", None),
        ("path:x", None),
    ],
)
def test_what_fits_next(text: str, first: str | None) -> None:
    candidates = [candidate.text for candidate in complete(text, len(text)).candidates]
    if text == "flag:conf":
        assert candidates == [f"flag:{name}" for name in FLAG_NAMES if "_conf" in name]
    else:
        assert (candidates[0] if candidates else None) == first


@pytest.mark.parametrize(
    ("text", "count"), [("10MB", 10 * 1024**2), ("1.5 GiB", 3 * 1024**3 // 2), ("7", 7), ("2k", 2048)]
)
def test_sizes(text: str, count: int) -> None:
    assert bytes_of(text) == count


@given(
    st.sampled_from([">", "<", ">=", "<=", "=", ":"]),
    st.one_of(st.integers(1, 10**40).map(str), st.integers(1, 6000).map("9".__mul__)),
    st.sampled_from(["", "B", "TB"]),
)
def test_numbers_beyond_all_measure_are_larger_than_everything(sign: str, number: str, unit: str) -> None:
    ((size, _),) = parse(f"size{sign}{number}{unit}").member_tests()
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE members (size INTEGER)")
        database.execute(f"SELECT * FROM members WHERE {size.condition}", size.arguments)
    database.close()
    parse(f"saves{sign}{number}{unit}").row_test()(row(saving=2**50))
    parse(f"members{sign}{number}").row_test()(row())
    if len(number) > 20:
        assert passes(f"saves<{number}{unit}", saving=2**50)
        assert passes(f"members<{number}", members=10_000)


@pytest.mark.parametrize("text", ["", "ten", "10XB", "-5", "1e9", "²"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(BadValue):
        bytes_of(text)
