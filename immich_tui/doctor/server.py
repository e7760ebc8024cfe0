"""Looking at the server and the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from immich_tui.config import Config
from immich_tui.execution.graft.carrier import NAME
from immich_tui.execution.preflight import Check, Level
from immich_tui.immich.capabilities import Capabilities, probe
from immich_tui.immich.certificate import valid_until
from immich_tui.immich.client import ImmichClient
from immich_tui.immich.discovery import discover
from immich_tui.immich.errors import ImmichError, PermissionMissing, TlsProblem
from immich_tui.immich.wire import Connection

CLOCK_TOLERANCE_S = 120.0
"""A clock that is off by more than this dates uploads wrongly, and confuses what lies in the future."""

CERTIFICATE_DAYS = 14
"""A certificate that ends sooner is worth a word."""

NO_KEY = "Make one in Immich: Account settings, API keys, New API key."


async def look_at_server(config: Config) -> list[Check]:
    """Connect as a run would, and say what is found; an error ends the list and is its last line."""
    checks = list(_settings(config))
    if not config.url or config.key is None:
        return checks
    try:
        found = await discover(config.url, ca_file=config.ca_file, insecure=config.insecure)
    except ImmichError as error:
        name = "TLS" if isinstance(error, TlsProblem) else "Address"
        return [*checks, Check(name, Level.PROBLEM, error.sentence, error.next_step)]
    checks.append(Check("Address", Level.OK, f"The API answers at {found.url}."))
    connection = Connection(found.url, config.key, ca_file=config.ca_file, insecure=config.insecure)
    checks.append(await _encryption(connection, found.warnings))
    async with ImmichClient(connection) as client:
        try:
            capabilities = await probe(client)
        except PermissionMissing as error:
            return [
                *checks,
                Check(
                    "Key",
                    Level.PROBLEM,
                    f"{error.sentence} It cannot even be told whose key it is.",
                    "Give the key user.read or asset.read.",
                ),
            ]
        except ImmichError as error:
            return [*checks, Check("Key", Level.PROBLEM, error.sentence, error.next_step)]
        checks += [_version(capabilities), *_key(capabilities), _trash(capabilities)]
        checks.append(await _clock(client))
        checks += await _carriers(client)
    return checks


async def _carriers(client: ImmichClient) -> list[Check]:
    """Hidden pictures that brought sidecars and that an interrupted run or undo left behind."""
    try:
        found = [one for one in await client.hidden_named(NAME) if one.original_file_name.startswith(NAME)]
    except ImmichError as error:
        sentence = f"Whether carriers of sidecars were left behind was not found out: {error.sentence}"
        return [Check("Carriers", Level.WARNING, sentence)]
    if not found:
        return [Check("Carriers", Level.OK, "No carrier of a sidecar was left behind.")]
    names = ", ".join(one.original_file_name for one in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return [
        Check(
            "Carriers",
            Level.WARNING,
            f"{len(found)} tiny hidden pictures that brought sidecars were left behind: {names}{more}.",
            "Resume the run that was interrupted, or start another one: each removes those of its session.",
        )
    ]


def _settings(config: Config) -> Iterator[Check]:
    if not config.url:
        yield Check(
            "Address",
            Level.PROBLEM,
            "No server is named.",
            "Give --url, set IMMICH_TUI_URL, or keep a profile: start immich-tui, or immich-tui config init.",
        )
    if config.key is None:
        yield Check("Key", Level.PROBLEM, "No API key is known for this server.", NO_KEY)
    else:
        yield Check("Key", Level.OK, f"The key comes from {config.key_place}.")
    for warning in config.warnings:
        sentence, _, step = warning.partition(" Run: ")
        yield Check("Key", Level.WARNING, sentence, f"Run: {step}" if step else "")


async def _encryption(connection: Connection, warnings: tuple[str, ...]) -> Check:
    if warnings:
        step = (
            "Give the authority's certificate with --ca-file instead of --insecure."
            if connection.insecure
            else "Use https, or a network of your own such as a VPN."
        )
        return Check("TLS", Level.WARNING, " ".join(warnings), step)
    if connection.url.startswith("http://"):
        return Check("TLS", Level.OK, "Not encrypted; the server is in this machine's own network.")
    ends = await valid_until(connection)
    if ends is None:
        return Check("TLS", Level.OK, "Encrypted, and the certificate is trusted.")
    days = (ends - datetime.now(UTC)).days
    sentence = f"Encrypted; the certificate is trusted and valid until {ends:%Y-%m-%d} ({days} days)."
    if days < CERTIFICATE_DAYS:
        return Check("TLS", Level.WARNING, sentence, "Renew it on the server soon.")
    return Check("TLS", Level.OK, sentence)


def _version(found: Capabilities) -> Check:
    traits = [
        "suggests what to keep" if found.version.at_least(2, 7) else "its own pick is worked out here",
        "tells a key's permissions" if found.permissions is not None else "tells no permissions",
        "copies links and sidecars" if found.version.at_least(2, 2) else "copies no links and sidecars",
    ]
    sentence = f"Immich {found.version}: {', '.join(traits)}."
    if not found.version.at_least(1, 135):
        return Check("Version", Level.WARNING, sentence, "Update Immich; this was tried from 1.135 on.")
    if not found.features.duplicate_detection:
        return Check(
            "Version",
            Level.WARNING,
            f"{sentence} Duplicate detection is switched off: only groups found earlier are listed.",
            "Switch it on in Immich: Administration, Machine learning settings.",
        )
    return Check("Version", Level.OK, sentence)


def _key(found: Capabilities) -> Iterator[Check]:
    who = found.user.name or found.user.email or f"user {found.user.id}"
    needs = found.needs
    if found.permissions is None:
        yield Check(
            "Permissions",
            Level.WARNING,
            f"The key belongs to {who}; this version does not tell what a key may do.",
            "What is missing shows when it is needed; nothing is trashed without a backup before.",
        )
        return
    missing = [need for need in needs if need.have is False]
    wanted = ", ".join(need.permission for need in needs)
    if not missing:
        yield Check("Permissions", Level.OK, f"The key belongs to {who} and has all {len(needs)} that help.")
        return
    yield Check(
        "Permissions",
        Level.PROBLEM if any(need.essential for need in missing) else Level.WARNING,
        f"The key belongs to {who} and lacks {len(missing)} of {len(needs)} permissions.",
        f"In Immich: Account settings, API keys, edit the key (or New API key) and tick: {wanted}.",
    )
    for need in missing:
        yield Check(
            need.permission,
            Level.PROBLEM if need.essential else Level.WARNING,
            need.lost_without,
            f"Add {need.permission} to the key.",
        )


def _trash(found: Capabilities) -> Check:
    if found.config.maintenance_mode:
        return Check("Trash", Level.PROBLEM, "The server is in maintenance mode.", "Wait until it has ended.")
    if not found.features.trash:
        return Check(
            "Trash",
            Level.WARNING,
            "The trash is switched off: what is deleted is gone, and runs are refused.",
            "Switch it on in Immich: Administration, Settings, Trash settings.",
        )
    days = f"{found.trash_days} days" if found.trash_days else "a time the server does not tell"
    return Check("Trash", Level.OK, f"The trash is on and keeps photos for {days}.")


async def _clock(client: ImmichClient) -> Check:
    try:
        theirs = await client.clock()
    except ImmichError as error:
        return Check("Clock", Level.WARNING, error.sentence, error.next_step)
    if theirs is None:
        return Check("Clock", Level.OK, "The server does not tell its time.")
    apart = (theirs - datetime.now(UTC)).total_seconds()
    way = "ahead of" if apart > 0 else "behind"
    if abs(apart) > CLOCK_TOLERANCE_S:
        return Check(
            "Clock",
            Level.WARNING,
            f"The server's clock is {abs(apart):,.0f} s {way} this machine's.",
            "Set both by a time server: dates that lie in the future are flagged by this machine's clock.",
        )
    return Check("Clock", Level.OK, "The server's clock and this machine's agree.")
