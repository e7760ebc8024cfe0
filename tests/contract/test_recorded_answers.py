"""The demo server against what real servers of three versions answered.

`<version>/answers.json` holds recorded answers, reduced to one or two entries of each list. Ids and values
differ between two libraries, so answers of success are compared by their shape: which fields there are,
their types, how dates are written. Refusals are compared word for word.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from immich_tui.demo import DemoServer
from immich_tui.demo.household import OWNER
from immich_tui.demo.library import Library

Entry = dict[str, Any]
"""A recorded request and its answer, as JSON."""

HERE = Path(__file__).parent
DIALECTS = {"1.135.3": "1.135", "2.7.5": "2.7", "3.1.0": "3"}
RECORDED = [
    pytest.param(version, entry, id=f"{version} {entry['name']}")
    for version in DIALECTS
    for entry in json.loads((HERE / version / "answers.json").read_text("utf-8"))
]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FORMS = {
    "API date": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "database date": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00"),
    "duration": re.compile(r"\d+:\d\d:\d\d\.\d+"),
    "uuid": UUID,
    "SHA-1": re.compile(r"[A-Za-z0-9+/]{27}="),
}
FREE_LISTS = {"path", "values", "permissions", "image", "video"}
"""Lists whose entries are compared by value or differ in number for good reason."""


class Household:
    """A server and ids in its library that stand for the placeholders of the recorded requests."""

    def __init__(self, version: str) -> None:
        self.server = DemoServer(dialect=DIALECTS[version], jobs_delay=0.01)
        self.server.start()
        library = self.server.library
        groups = {one: library.listed(one, OWNER.id) for one in library.group_ids()}
        ordinary = [members for members in groups.values() if len(members) == 2][2:]
        first = ordinary[0]
        tagged = next(asset for members in ordinary for asset in members if asset.tag_ids)
        self.ids = {
            "asset": first[0].id,
            "other": first[1].id,
            "group": next(one for one, members in groups.items() if members == ordinary[5]),
            "resolved": next(one for one, members in groups.items() if members == ordinary[6]),
            "faces": next(face.asset_id for face in library.faces.values()),
            "face": list(library.faces)[-1],
            "person": next(iter(library.people)),
            "tagged": tagged.id,
            "tag": tagged.tag_ids[0],
            "stacked": next(iter(library.stacks.values())).asset_ids[1],
            "video": next(a.id for members in ordinary for a in members if a.kind == "VIDEO"),
            "checksum": first[0].stored_checksum.hex(),
        } | self._album(library)

    def _album(self, library: Library) -> dict[str, str]:
        album = next(one for one in library.albums.values() if one.owner_id == OWNER.id and one.asset_ids)
        return {"album": album.id, "inalbum": album.asset_ids[0]}

    def fill(self, text: str) -> str:
        """The placeholders replaced."""
        return re.sub(r"\{(\w+)\}", lambda match: self.ids[match.group(1)], text)

    def ask(self, entry: Entry) -> httpx.Response:
        """Make the recorded request."""
        keys = {"all": self.server.key, "wrong": "wrong", "none": None}
        key = keys[entry["key"]] if entry["key"] in keys else self.server.new_key((entry["key"],))
        headers = {"x-api-key": key} if key else {}
        body = None
        if entry["body"] is not None:
            body = json.loads(re.sub(r"\{(\w+)\}", lambda m: self.ids[m.group(1)], json.dumps(entry["body"])))
        url = self.server.url + "/api" + self.fill(entry["path"])
        return httpx.request(entry["method"], url, headers=headers, json=body, timeout=60)


Households = Callable[[str], Household]


@pytest.fixture(scope="module")
def households() -> Iterator[Households]:
    open_ones: dict[str, Household] = {}

    def of(version: str) -> Household:
        if version not in open_ones:
            open_ones[version] = Household(version)
        return open_ones[version]

    yield of
    for household in open_ones.values():
        household.server.stop()


def differences(recorded: object, got: object, where: str = "") -> list[str]:
    """How the shape of an answer differs from the recorded one."""
    if recorded is None or got is None:
        return []
    if isinstance(recorded, dict) and isinstance(got, dict):
        found = [f"{where}.{name} is missing" for name in recorded.keys() - got.keys()]
        found += [f"{where}.{name} is not in the recorded answer" for name in got.keys() - recorded.keys()]
        for name in recorded.keys() & got.keys():
            found += differences(recorded[name], got[name], f"{where}.{name}")
        return found
    if isinstance(recorded, list) and isinstance(got, list):
        if where.rpartition(".")[2] in FREE_LISTS or not recorded or not got:
            return []
        return [line for entry in got for line in differences(recorded[0], entry, f"{where}[]")]
    kinds = [
        ("number" if isinstance(one, int | float) and not isinstance(one, bool) else type(one).__name__)
        for one in (recorded, got)
    ]
    if kinds[0] != kinds[1]:
        return [f"{where}: {kinds[1]} instead of {kinds[0]}"]
    if isinstance(recorded, str) and isinstance(got, str):
        for form, pattern in FORMS.items():
            if pattern.fullmatch(recorded) and not pattern.fullmatch(got):
                return [f"{where}: {got!r} is no {form} as {recorded!r}"]
    return []


def without_chance(body: object) -> object:
    """A refusal without what differs from call to call."""
    text = re.sub(r'"correlationId": "\w+"', '"correlationId": "x"', json.dumps(body))
    return json.loads(UUID.sub("ID", text))


# Keys that a recorded library lacked, or that only some entries of a list have.
OPTIONAL = re.compile(
    r"\.(parentId|startDate|endDate|lastModifiedAssetTimestamp|faces|isTrashed|assetId|reason|error)\b"
)


@pytest.mark.parametrize(("version", "entry"), RECORDED)
def test_answers_as_recorded(households: Households, version: str, entry: Entry) -> None:
    answer = households(version).ask(entry)

    assert answer.status_code == entry["status"], answer.text[:300]
    if not answer.content:
        assert not entry["answer"]
    elif answer.status_code >= 400:
        assert without_chance(answer.json()) == without_chance(entry["answer"])
    else:
        found = differences(entry["answer"], answer.json())
        assert [line for line in found if not OPTIONAL.search(line)] == []
