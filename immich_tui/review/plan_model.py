"""The shape of a plan file: what each field is called, may hold, and means.

The JSON Schema that `immich-tui plan schema` prints is made from these classes, descriptions included.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1

UNDECIDED = "undecided"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _text(value: str | None) -> str | None:
    """A text that can be stored. JSON can spell half of a character, which no file or database takes."""
    if value is not None and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("half of a character is missing")
    return value


class PlanServer(_Part):
    """Which server and user the plan is for, and when its groups were read."""

    url: Annotated[str, Field(description="Base URL of the API. A plan is only carried out on this server.")]
    version: str
    user_id: str
    user: Annotated[str, Field(description="Name of the user, empty where the key may not read it.")]
    fetched_at: Annotated[str, Field(description="When the groups were read from the server.")]


class PlanTotals(_Part):
    """The whole plan in numbers; for people, not read back."""

    groups: int
    assets: int
    unreadable: Annotated[int, Field(description="Groups that could not be read and are not in the plan.")]
    decisions: Annotated[dict[str, int], Field(description="Groups by kind of decision.")]
    freed: Annotated[int, Field(description="Bytes of the originals that go to the trash.")]
    differs: Annotated[int, Field(description="Groups where the policy keeps another asset than Immich.")]
    tiers: dict[str, int]
    flags: dict[str, int]


class PlanMember(_Part):
    """One asset of a group."""

    id: str
    name: Annotated[str, Field(description="Original file name.")]
    size: Annotated[int | None, Field(description="Bytes; null when unknown.")]
    pixels: Annotated[
        tuple[int, int] | None, Field(description="Width and height of the original; null when unknown.")
    ]
    taken: Annotated[str | None, Field(description="Local capture time as the server tells it.")]
    fingerprint: Annotated[
        str,
        Field(description="Digest of everything the decision rests on. Changed since: the group is refused."),
    ]
    score: Annotated[dict[str, float], Field(description="Completeness: `total`, then what it is made of.")]


class PlanFlag(_Part):
    """Something a person should look at."""

    name: str
    severity: Literal["info", "warn", "block"]
    detail: Annotated[str, Field(description="The values it speaks of.")]
    assets: tuple[str, ...]


class PlanLedger(_Part):
    """What becomes of the losers' metadata if the decision is carried out; for people, not read back."""

    carried: tuple[str, ...]
    grafted: tuple[str, ...]
    lost: tuple[str, ...]
    not_read_yet: tuple[str, ...]


class PlanDecision(_Part):
    """What will be done. This is the part to edit."""

    kind: Annotated[
        Literal["undecided", "keep", "keep all", "stack", "skip"],
        Field(
            description="keep: what is in `trash` goes to the trash. keep all: dismiss the group. stack:"
            " stack what is kept, winner on top. skip and undecided: do nothing."
        ),
    ]
    winner: Annotated[str, Field(description="Asset that stays and receives what is carried; in `keep`.")]
    keep: Annotated[tuple[str, ...], Field(description="Assets that stay; never empty.")]
    trash: Annotated[tuple[str, ...], Field(description="Assets that go to the trash.")]
    by: Annotated[
        Literal["nobody", "policy", "rule", "person"], Field(description="Who decided; a person if changed.")
    ] = "person"
    at: datetime | None = None
    note: Annotated[
        str | None, AfterValidator(_text), Field(description="Note of a person who flagged the group.")
    ] = None
    graft: Annotated[
        bool | None,
        Field(
            description="Whether the winner gets, by a new XMP sidecar, what no call writes (camera, lens,"
            " exposure); without it, as the settings say."
        ),
    ] = None


class PlanGroup(_Part):
    """One duplicate group."""

    id: str
    tier: Literal["exact", "same picture", "likely", "doubtful"]
    winner: Annotated[str, Field(description="What the policy keeps.")]
    immich_pick: Annotated[str, Field(description="What Immich itself would keep.")]
    differs: Annotated[bool, Field(description="Whether these two are not the same.")]
    reason: str
    freed: Annotated[int, Field(description="Bytes that the decision (or proposal) frees.")]
    flags: tuple[PlanFlag, ...]
    members: Annotated[
        tuple[PlanMember, ...], Field(min_length=1, description="All of them, in the policy's order.")
    ]
    ledger: PlanLedger
    decision: PlanDecision


class PlanHeader(_Part):
    """Everything of a plan but its groups."""

    schema_version: Literal[1]
    tool: str
    created_at: str
    server: PlanServer
    policy: str
    totals: PlanTotals


class PlanFile(PlanHeader):
    """A plan: every duplicate group with what will be done to it."""

    groups: tuple[PlanGroup, ...]


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PlanFile.model_json_schema(),
        "title": "immich-tui plan",
    }
