"""The report as one page that stands by itself: no script, nothing fetched, pictures inside.

Every value comes through `_text`: names, reasons and metadata come from strangers' cameras and chats.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TextIO

from immich_tui.execution.preflight import size_text
from immich_tui.execution.report.groups import (
    DONE,
    HELD,
    MAYBE_TRASHED,
    MISSING_STEP,
    UNCLOSED,
    UNREACHED,
    GroupReport,
    Member,
)
from immich_tui.execution.report.pictures import kind_of_picture, shown_with_pictures
from immich_tui.execution.report.report import Report

LISTED = 5_000
"""Photos in the table of everything that went."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882;
  --good: #2a7d4f; --bad: #b3442e; --warn: #96690a; }
@media (prefers-color-scheme: dark) { :root { --good: #6fcf97; --bad: #f2866f; --warn: #e0b04a; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .6rem; }
.figures div { background: var(--soft); border-radius: .5rem; padding: .6rem .8rem; }
.figures b { display: block; font-size: 1.35rem; } .quiet { opacity: .72; }
article { border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem 1rem; margin: 1rem 0;
  break-inside: avoid; }
article > header { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: baseline; }
.change { display: grid; grid-template-columns: minmax(0, 2fr) auto minmax(0, 1fr); gap: 1rem;
  align-items: start; }
.photos { display: flex; flex-wrap: wrap; gap: .8rem; }
figure { margin: 0; width: 11rem; } figure img, .none { width: 11rem; height: 8.25rem; object-fit: contain;
  background: var(--soft); border-radius: .35rem; display: grid; place-items: center; }
.went img { opacity: .45; } figcaption { font-size: .82rem; overflow-wrap: anywhere; }
.tag { font-size: .75rem; font-weight: 600; border: 1px solid; border-radius: 1rem; padding: 0 .5rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.arrow { font-size: 1.6rem; opacity: .6; align-self: center; } ul { margin: .4rem 0; padding-left: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
code { font-size: .85em; } @media (max-width: 40rem) { .change { grid-template-columns: 1fr; } }
"""

_STATES = {
    "done": ("Done", "good"),
    "paused": ("Paused: it can be taken up again", "warn"),
    "cancelled": ("Stopped: it can be taken up again", "warn"),
    "failed": ("Ended early", "bad"),
}

_FATES = {
    "winner": ("stays", "good"),
    "kept": ("stays, too", "good"),
    "trashed": ("in the trash", "warn"),
    "deleted": ("deleted for good", "bad"),
    "unknown": ("sent to the trash, nobody saw what came of it", "warn"),
    "left": ("left alone", ""),
}


def write_html(stream: TextIO, report: Report, pictures: Mapping[str, bytes]) -> None:
    """Write the page, group by group. `pictures` are encoded pictures by asset id."""
    stream.writelines(_page(report, pictures))


def _page(report: Report, pictures: Mapping[str, bytes]) -> Iterator[str]:
    state, meaning = _STATES.get(report.state, (report.state, ""))
    yield (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:;"
        " style-src 'unsafe-inline'\">"
        '<meta name=viewport content="width=device-width, initial-scale=1"><meta name=robots content=noindex>'
        f"<title>immich-tui {_text(report.run)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>What this run did</h1><p><span class='tag {meaning}'>{_text(state)}</span> "
        f"<span class=quiet>{_text(report.run)} · {_text(report.tool)} · Immich"
        f" {_text(report.server_version)} · {_text(report.started[:19])} to {_text(report.finished[:19])}"
        "</span></p>\n"
    )
    if report.reason:
        yield f"<p class=warn>{_text(report.reason)}</p>\n"
    yield from _figures(report)
    yield (
        f"<p>The originals of everything that went are in <code>{_text(report.backup_folder)}</code>"
        f" ({size_text(report.backed_up_bytes)}{_ways(report)}), with a manifest that can be read without"
        " this program."
    )
    if not report.deleted:
        yield " Until Immich empties its trash they can be restored there as well; space is freed then."
    elif report.trashed > report.deleted:
        yield " Until Immich empties its trash those in it can be restored there as well."
    yield "</p>\n"
    shown = list(shown_with_pictures(report))
    held = [group for group in shown if group.outcome == HELD]
    more = len(shown) < len(report.groups)
    articles = partial(_articles, pictures, " shown" if more else "")
    yield from articles("Left alone", [one for one in held if not one.gone], "Nothing of these was trashed.")
    yield from articles("Left alone when photos of them were in the trash", [one for one in held if one.gone])
    for missing in (MISSING_STEP, MAYBE_TRASHED):
        yield from articles(missing, [one for one in shown if one.unclosed == missing])
    yield from articles(
        "Not reached",
        [group for group in shown if group.outcome == UNREACHED],
        "Nothing of these was trashed; taking the run up again does.",
    )
    done = [group for group in shown if group.outcome == DONE]
    yield from articles(
        "Done, and Immich would have kept another photo", [group for group in done if group.differs]
    )
    yield from articles("Done", [group for group in done if not group.differs])
    if more:
        yield (
            f"<p class=quiet>{len(shown):,} of {len(report.groups):,} groups are shown with pictures;"
            " report.csv has all of them.</p>\n"
        )
    yield from _weak(report)
    yield from _every_loser(report)
    yield "</body></html>\n"


def _ways(report: Report) -> str:
    """How the bytes came, where there was more than one way."""
    if set(report.bytes_by_way) <= {"http"}:
        return ""
    ways = (f"{size_text(count)} by {_text(way)}" for way, count in report.bytes_by_way.items())
    return f": {', '.join(ways)}"


def _figures(report: Report) -> Iterator[str]:
    figures = [
        (f"{report.groups_done:,}", f"of {len(report.groups):,} groups done"),
        (f"{report.trashed:,}", f"photos {report.whereabouts('moved to the trash')}"),
        (size_text(report.freed), "of originals"),
        (f"{report.kept:,}", "photos kept"),
        (f"{report.carried_values:,}", "values carried over"),
        (f"{len(report.disagreements):,}", "times another photo than Immich's pick"),
        (f"{report.groups_held:,}", "groups left alone"),
        *(
            [(f"{report.groups_unclosed:,}", "groups without their last step")]
            if report.groups_unclosed
            else []
        ),
        *([(f"{report.groups_unreached:,}", "groups not reached")] if report.groups_unreached else []),
        (f"{len(report.weak):,}", "backups with a weak check"),
    ]
    yield "<div class=figures>"
    yield from (f"<div><b>{_text(number)}</b>{_text(what)}</div>" for number, what in figures)
    yield "</div>\n"


def _articles(
    pictures: Mapping[str, bytes], counted: str, title: str, groups: Sequence[GroupReport], note: str = ""
) -> Iterator[str]:
    """Groups under a title with their number, behind which `counted` says what is counted."""
    if not groups:
        return
    yield f"<h2>{_text(title)} <span class=quiet>{len(groups):,}{counted}</span></h2>\n"
    if note:
        yield f"<p class=quiet>{_text(note)}</p>\n"
    for group in groups:
        yield _article(group, pictures)


def _article(group: GroupReport, pictures: Mapping[str, bytes]) -> str:
    winner = next((member for member in group.members if member.fate == "winner"), None)
    title = winner.name if winner else group.group_id
    freed = sum(gone.size or 0 for gone in group.gone)
    head = (
        f"<header><b>{_text(title)}</b><span>{_text(group.decision)}</span>"
        f"<span class=quiet>{size_text(freed) + ' freed' if freed else ''}</span></header>"
    )
    reason = f"<p class=bad>{_text(group.reason)}</p>" if group.reason else ""
    before = "".join(_photo(member, group, pictures) for member in group.members)
    stays = [member for member in group.members if member.fate in ("winner", "kept")]
    after = "".join(_photo(member, group, pictures, after=True) for member in stays)
    carried = _values("Carried to it", "good", group.carried)
    carried += _values("Grafted to it by a sidecar", "good", group.grafted)
    lost = _values("Lost (it lives on in the backup)", "bad", group.lost)
    if group.outcome not in (DONE, UNCLOSED):
        return f"<article>{head}{reason}<div class=photos>{before}</div>{carried}</article>\n"
    return (
        f"<article>{head}{reason}<div class=change>"
        f"<div><p class=quiet>Before</p><div class=photos>{before}</div></div><div class=arrow>→</div>"
        f"<div><p class=quiet>After</p><div class=photos>{after}</div>{carried}{lost}</div>"
        "</div></article>\n"
    )


def _photo(member: Member, group: GroupReport, pictures: Mapping[str, bytes], *, after: bool = False) -> str:
    word, meaning = _FATES[member.fate]
    went = " class=went" if member.fate in ("trashed", "deleted") else ""
    pick = "<br><span class=quiet>Immich's pick</span>" if member.asset_id == group.immich_pick else ""
    pixels = f"{member.pixels[0]:,} × {member.pixels[1]:,}" if member.pixels else "pixels unknown"
    size = size_text(member.size) if member.size is not None else "size unknown"
    tag = "" if after else f"<span class='tag {meaning}'>{word}</span>{pick}<br>"
    return (
        f"<figure{went}>{_picture(member, pictures)}<figcaption>{tag}<bdi>{_text(member.name)}</bdi><br>"
        f"<span class=quiet>{size} · {pixels}<br>{_text(member.taken)}</span></figcaption></figure>"
    )


def _picture(member: Member, pictures: Mapping[str, bytes]) -> str:
    data = pictures.get(member.asset_id)
    if data is None:
        return "<div class='none quiet'>no picture</div>"
    encoded = base64.b64encode(data).decode()
    return f'<img alt="" loading=lazy src="data:{kind_of_picture(data)};base64,{encoded}">'


def _values(title: str, meaning: str, values: Sequence[str]) -> str:
    if not values:
        return ""
    items = "".join(f"<li><bdi>{_text(value)}</bdi></li>" for value in values)
    return f"<div><span class={meaning}>{_text(title)}</span><ul>{items}</ul></div>"


def _weak(report: Report) -> Iterator[str]:
    if report.weak:
        yield (
            "<h2>Backups with a weak check</h2><p>Immich has no checksum of the content of files in external"
            " libraries. These were read twice, both readings agree, and the size is right.</p><ul>"
        )
        yield from (f"<li><bdi>{_text(gone.name)}</bdi></li>" for gone in report.weak)
        yield "</ul>\n"


def _every_loser(report: Report) -> Iterator[str]:
    if not report.trashed:
        return
    yield (
        "<h2>Every photo that went</h2><table><thead><tr><th>photo<th>stays in its place<th>backup"
        "<th>check<th>SHA-1</tr></thead><tbody>\n"
    )
    everything = (gone for group in report.groups for gone in group.gone)
    for gone in islice(everything, LISTED):
        yield (
            f"<tr><td><bdi>{_text(gone.name)}</bdi><br><code class=quiet>{_text(gone.asset_id)}</code>"
            f"<td><bdi>{_text(gone.survivor_name)}</bdi><br>"
            f"<code class=quiet>{_text(gone.survivor)}</code>"
            f"<td><code>{_text(gone.backup)}</code><td>{_text(gone.verification)}"
            f"<td><code>{_text(gone.sha1)}</code></tr>\n"
        )
    yield "</tbody></table>\n"
    if report.trashed > LISTED:
        yield (
            f"<p class=quiet>{LISTED:,} of {report.trashed:,} photos are listed, more would be slow in a"
            " browser; report.csv has all of them.</p>\n"
        )


def _text(value: str) -> str:
    """A value as text of the page: nothing in it is markup, and nothing changes the direction around it."""
    shown = value
    if not value.isprintable():
        shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in value)
    return html.escape(shown, quote=True)
