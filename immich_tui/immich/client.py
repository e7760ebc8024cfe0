"""The door to the server: one typed method for each call that we use.

Nothing here decides anything. Reading calls may be repeated freely; a writing call whose error says
`may_have_happened` needs its effect read back first. Every call raises `ImmichError`, nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from immich_tui.immich.body import decoded
from immich_tui.immich.download import Download, opened
from immich_tui.immich.errors import BadAnswer, RangeRefused, Rejected, RouteMissing, quoted
from immich_tui.immich.listing import Listed, listed
from immich_tui.immich.models import (
    Album,
    Asset,
    Box,
    Face,
    Features,
    ItemResult,
    Known,
    Person,
    Place,
    ServerConfig,
    ServerVersion,
    SharedLink,
    Tag,
    Uploaded,
    User,
)
from immich_tui.immich.reply import Reply
from immich_tui.immich.upload import Form, Upload
from immich_tui.immich.wire import Connection, Timeouts, Wire

T = TypeVar("T")

PAGE: Final = 1000
"""Assets per page of a search: the most that the server gives."""

PICTURE_LIMIT: Final = 32 << 20
"""Bytes of a thumbnail or preview, far above any: what sends more would fill the memory."""

_LITTLE: Final = 4096
"""Bytes that are rather read than that a connection is given up."""

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


class _Made(BaseModel):
    id: str


class _Found(BaseModel):
    id: str
    owner_id: Annotated[str, Field(alias="ownerId")]
    is_trashed: Annotated[bool, Field(alias="isTrashed")] = False


class _Page(BaseModel):
    items: tuple[_Found, ...]
    next: Annotated[str | None, Field(alias="nextPage")] = None


class _Search(BaseModel):
    assets: _Page


class _Month(BaseModel):
    name: Annotated[str, Field(alias="timeBucket")]
    count: int


class _Owners(BaseModel):
    ids: Annotated[frozenset[str], Field(alias="ownerId")]


class _WholePage(BaseModel):
    items: tuple[Asset, ...]


class _SearchWhole(BaseModel):
    assets: _WholePage


class _Count(BaseModel):
    count: int


class _People(BaseModel):
    people: tuple[Person, ...]
    more: Annotated[bool, Field(alias="hasNextPage")] = False


class _Checked(BaseModel):
    results: tuple[Known, ...]


class _Key(BaseModel):
    id: str
    permissions: frozenset[str]


class Sender(Protocol):
    """Sends a call that may be repeated, at its time."""

    async def __call__(self, call: Callable[[], Awaitable[T]], /) -> T:
        """Send it and give its answer."""


class _Through(Wire):
    def __init__(self, wire: Wire, send: Sender) -> None:
        super().__init__(wire.connection, wire.timeouts)
        self._wire = wire
        self._send = send

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        reads: bool = False,
    ) -> bytes:
        return await self._send(partial(self._wire.call, method, path, params=params, body=body, reads=reads))


class ImmichClient:
    """A server as one API key sees it. Use it with `async with`; any number of calls may run at once."""

    def __init__(self, connection: Connection, timeouts: Timeouts | None = None) -> None:
        self.connection = connection
        self._wire = Wire(connection, timeouts)

    async def __aenter__(self) -> ImmichClient:
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._wire.__aexit__(*exception)

    def through(self, send: Sender) -> ImmichClient:
        """The same client, but each small call is handed to `send`, which sends it when it may go out.

        Use it while this one is open. Answers that are streamed are not handed over.
        """
        other = ImmichClient(self.connection)
        other._wire = _Through(self._wire, send)
        return other

    # The server

    async def version(self) -> ServerVersion:
        """The server's version. Needs no key."""
        return await self._get(ServerVersion, "/server/version")

    async def features(self) -> Features:
        """What is switched on. Needs no key."""
        return await self._get(Features, "/server/features")

    async def server_config(self) -> ServerConfig:
        """How the server is set up; answers in maintenance mode too. Needs no key."""
        return await self._get(ServerConfig, "/server/config")

    async def clock(self) -> datetime | None:
        """The server's clock to the second, `None` when it does not tell. Needs no key."""
        silence = self._wire.timeouts.small
        async with self._wire.stream("/server/ping", silence=silence) as response:
            try:
                moment = parsedate_to_datetime(response.headers.get("date", ""))
            except (ValueError, OverflowError):
                return None
            # Written with "-0000", a date is UTC of an unknown place.
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    async def me(self) -> User:
        """The user that the key acts for. Needs `user.read`."""
        return await self._get(User, "/users/me")

    async def own_id(self) -> str | None:
        """The user's id, from photos on their timeline, for keys that may not ask `me`. Needs `asset.read`.

        `None` where it cannot be told. A search finds the photos of partners as well: it only tells something
        on a server without a timeline to ask, and only where all that it finds are one user's.
        """
        try:
            months = await self._get(tuple[_Month, ...], "/timeline/buckets")
            if not (filled := [month for month in months if month.count]):
                return None
            smallest = min(filled, key=lambda month: month.count)
            owners = (await self._get(_Owners, "/timeline/bucket", {"timeBucket": smallest.name})).ids
        except (RouteMissing, Rejected, BadAnswer):
            answer = await self._wire.call("POST", "/search/metadata", body={"size": PAGE}, reads=True)
            owners = frozenset(asset.owner_id for asset in _parsed(_Search, answer).assets.items)
        return next(iter(owners)) if len(owners) == 1 else None

    async def key_permissions(self) -> frozenset[str] | None:
        """What the key may do, `all` being everything; `None` below 1.139, which does not tell."""
        try:
            return (await self._get(_Key, "/api-keys/me")).permissions
        except Rejected as error:
            # Below 1.139 `me` is taken for the id of a key, which it is not.
            if error.status != 400:
                raise
            return None

    # Groups

    async def duplicates(self, on_bytes: Callable[[int], None] | None = None) -> AsyncIterator[Listed]:
        """The groups in the server's order, while they arrive. Needs `duplicate.read`.

        `on_bytes` is told the number of bytes received so far (compressed, as they came over the wire). Only
        when the iteration ends without an error was the listing complete. The call also has an effect on the
        server: a group with a single live member is dissolved.
        """
        timeouts = self._wire.timeouts
        headers = {"accept-encoding": "gzip"}
        async with self._wire.stream("/duplicates", headers=headers, silence=timeouts.listing) as response:
            body = _counted(self._wire.body(response), on_bytes)
            async for group in listed(decoded(body, response.headers.get("content-encoding", ""))):
                yield group

    async def dismiss(self, group_ids: Sequence[str]) -> None:
        """Keep all members and end these groups. Needs `duplicate.delete`.

        From 3.0 on one group that no longer exists makes the call fail for all (`NotFoundOrNoAccess`).
        """
        await self._wire.call("DELETE", "/duplicates", body={"ids": list(group_ids)})

    # Assets

    async def asset(self, asset_id: str) -> Asset:
        """One asset with people, stack and tags, also when it is in the trash. Needs `asset.read`."""
        return await self._get(Asset, f"/assets/{_id(asset_id)}")

    async def edits(self, asset_id: str) -> dict[str, object]:
        """How an asset was cropped, turned and mirrored (from 2.5). Needs `asset.edit.get`."""
        return await self._get(dict[str, object], f"/assets/{_id(asset_id)}/edits")

    async def update_asset(self, asset_id: str, fields: Mapping[str, object]) -> Asset:
        """Set fields by their API names and give the asset as it is at once. Needs `asset.update`.

        EXIF fields change again when the server's background jobs have run.
        """
        return _parsed(
            Asset, await self._wire.call("PUT", f"/assets/{_id(asset_id)}", body=dict(fields)), write=True
        )

    async def update_assets(self, ids: Sequence[str], fields: Mapping[str, object]) -> None:
        """Set the same fields of several assets, `duplicateId` included. Needs `asset.update`."""
        await self._wire.call("PUT", "/assets", body={**fields, "ids": list(ids)})

    async def trash(self, ids: Sequence[str], *, force: bool = False) -> None:
        """Move assets to the trash, or with `force` delete them for good. Needs `asset.delete`.

        One id without access makes the call fail for all, and nothing is deleted (`NotFoundOrNoAccess`).
        `force` also removes the file of an external library's asset.
        """
        await self._wire.call("DELETE", "/assets", body={"ids": list(ids), "force": force})

    def server_time(self) -> datetime | None:
        """The server's clock, as its last answer told it; it may be up to a second behind."""
        return self._wire.server_time()

    async def trashed_since(self, since: datetime, page: int = 1) -> tuple[frozenset[str], bool]:
        """Ids of a thousand of the assets in the trash since then, and whether there are more pages.

        Hidden assets (live videos) are not among them. Needs `asset.read`.
        """
        moment = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = {"withDeleted": True, "trashedAfter": moment, "size": PAGE, "page": page}
        found = _parsed(_Search, await self._wire.call("POST", "/search/metadata", body=body, reads=True))
        ids = frozenset(asset.id for asset in found.assets.items if asset.is_trashed)
        return ids, found.assets.next is not None

    async def restore(self, ids: Sequence[str]) -> None:
        """Take assets out of the trash. Needs `asset.delete`."""
        await self._wire.call("POST", "/trash/restore/assets", body={"ids": list(ids)})

    async def copy_shared_links(self, source: str, target: str) -> None:
        """Put `target` into every shared link that shows `source`. Needs `asset.copy`, from 2.2 on."""
        switches = {"albums": False, "favorite": False, "sharedLinks": True, "sidecar": False, "stack": False}
        await self._wire.call(
            "PUT", "/assets/copy", body={"sourceId": source, "targetId": target, **switches}
        )

    async def copy_sidecar(self, source: str, target: str) -> None:
        """Put a copy of the XMP file of `source` in place of that of `target`. Needs `asset.copy` (from 2.2).

        The XMP file that `target` had is deleted, and with it every value that was edited in Immich. The
        server reads the new one later, behind its queue.
        """
        switches = {"albums": False, "favorite": False, "sharedLinks": False, "sidecar": True, "stack": False}
        await self._wire.call(
            "PUT", "/assets/copy", body={"sourceId": source, "targetId": target, **switches}
        )

    async def sidecar(self, asset_id: str) -> bytes | None:
        """The XMP file of an asset, `None` where it has none.

        Needs `assetFile.read` and `assetFile.download`, from 3.2 on; no earlier version shows it.
        """
        params = {"assetId": _id(asset_id), "type": "sidecar"}
        files = await self._get(tuple[_Made, ...], "/asset-files", params)
        if not files:
            return None
        path = f"/asset-files/{_id(files[0].id)}/download"
        headers = {"accept": "application/octet-stream, */*"}
        silence = self._wire.timeouts.small
        async with self._wire.stream(path, headers=headers, silence=silence) as response:
            body = decoded(self._wire.body(response), response.headers.get("content-encoding", ""))
            return b"".join([piece async for piece in body])

    async def hidden_named(self, name: str) -> tuple[Asset, ...]:
        """Hidden assets whose file name contains this text, a thousand at most. Needs `asset.read`."""
        body = {"originalFileName": name, "visibility": "hidden", "size": PAGE}
        answer = await self._wire.call("POST", "/search/metadata", body=body, reads=True)
        return _parsed(_SearchWhole, answer).assets.items

    # Files

    async def upload(self, upload: Upload) -> Uploaded:
        """Send a photo or video. Needs `asset.upload`.

        Bytes that the user has already are not stored again, also when they lie in the trash: the answer
        names that asset, which stays as it is. Raises `OSError` when the file cannot be read.
        """
        form = await asyncio.to_thread(Form, upload)
        answer = await self._wire.send("/assets", form.chunks(), form.headers, length=form.length)
        return _parsed(Uploaded, answer, write=True)

    async def known_uploads(self, sha1s: Sequence[str]) -> tuple[Known, ...]:
        """Which of these checksums (hexadecimal) the user's uploads have, in order. Needs `asset.upload`."""
        body = {"assets": [{"id": sha1, "checksum": sha1} for sha1 in sha1s]}
        answer = await self._wire.call("POST", "/assets/bulk-upload-check", body=body, reads=True)
        return _parsed(_Checked, answer).results

    @asynccontextmanager
    async def original(
        self, asset_id: str, *, offset: int = 0, etag: str | None = None
    ) -> AsyncIterator[Download]:
        """The original file, from `offset` on if the server can. Needs `asset.download`.

        With `etag` the rest is only given if the file is still the same. Look at `Download.start`: the whole
        file may come instead. `RangeRefused` means start over.
        """
        headers = {"accept": "application/octet-stream, image/*, video/*", "accept-encoding": "identity"}
        if offset:
            headers["range"] = f"bytes={offset}-"
            if etag:
                headers["if-range"] = etag
        async with self._original(asset_id, headers) as response:
            if response.status == 206 and not offset:
                raise BadAnswer(
                    "Only a part of the file came although all of it was asked for.", "Try again."
                )
            yield opened(self._wire, response, offset, etag)

    async def original_size(self, asset_id: str) -> int:
        """Bytes of the original as the server has it on disk now, by reading its first byte."""
        headers = {"range": "bytes=0-0", "accept": "*/*", "accept-encoding": "identity"}
        try:
            async with self._original(asset_id, headers) as response:
                first = opened(self._wire, response, 0, None)
                total = first.total
                if first.status == 206 and (first.length or 0) <= _LITTLE:
                    # Read to its end, so that the connection can be used again.
                    async for _ in first.chunks():
                        pass
        except RangeRefused as error:
            total = error.total
        if total is None:
            raise BadAnswer("The server does not tell how large the file is.", "Try again.")
        return total

    def _original(self, asset_id: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Reply]:
        path = f"/assets/{_id(asset_id)}/original"
        silence = self._wire.timeouts.original
        return self._wire.stream(path, headers=headers, silence=silence)

    async def thumbnail(
        self, asset_id: str, size: Literal["thumbnail", "preview"] = "thumbnail", *, edited: bool = False
    ) -> bytes:
        """A small (about 250 pixels) or larger (about 1440) picture, WebP or JPEG. Needs `asset.view`.

        Raises `Gone` while the server has not made it. `edited` asks for the picture after edits (from 2.5).
        """
        params = {"size": size, **({"edited": "true"} if edited else {})}
        path = f"/assets/{_id(asset_id)}/thumbnail"
        headers = {"accept": "image/*"}
        silence = self._wire.timeouts.small
        async with self._wire.stream(path, params=params, headers=headers, silence=silence) as response:
            kind = response.headers.get("content-type", "")
            if not kind.startswith("image/"):
                raise BadAnswer(
                    f"Instead of a picture came {quoted(kind) or 'something'}.", "Check the address."
                )
            body = decoded(self._wire.body(response), response.headers.get("content-encoding", ""))
            pieces, came = [], 0
            async for piece in body:
                pieces.append(piece)
                came += len(piece)
                if came > PICTURE_LIMIT:
                    raise BadAnswer("Instead of a small picture came something without end.", "Try again.")
            return b"".join(pieces)

    # Albums

    async def albums(self) -> tuple[Album, ...]:
        """All albums that the user owns or that are shared with them. Needs `album.read`."""
        # Up to 2.7 each of the two calls gives a part; from 3.0 on each gives all.
        owned = await self._get(tuple[Album, ...], "/albums")
        shared = await self._get(tuple[Album, ...], "/albums", {"shared": "true"})
        return tuple({album.id: album for album in (*owned, *shared)}.values())

    async def album_assets(self, album_id: str, place: Place) -> AsyncIterator[str]:
        """Ids of the live assets of an album that are in this place. Needs `asset.read`.

        A search that names no place leaves archived assets out on some 2.x servers.
        """
        async for asset_id in self._search({"albumIds": [album_id], "visibility": place}):
            yield asset_id

    async def albums_of(self, asset_id: str) -> tuple[Album, ...]:
        """The albums that contain an asset. Needs `album.read`."""
        return await self._get(tuple[Album, ...], "/albums", {"assetId": _id(asset_id)})

    async def create_album(self, name: str) -> Album:
        """Make an empty album. Needs `album.create`."""
        return _parsed(Album, await self._wire.call("POST", "/albums", body={"albumName": name}), write=True)

    async def add_to_album(self, album_id: str, ids: Sequence[str]) -> tuple[ItemResult, ...]:
        """Add assets; one that is there already gives the error `duplicate`. Needs `albumAsset.create`."""
        return await self._each("PUT", f"/albums/{_id(album_id)}/assets", ids)

    async def remove_from_album(self, album_id: str, ids: Sequence[str]) -> tuple[ItemResult, ...]:
        """Take assets out of an album. Needs `albumAsset.delete`."""
        return await self._each("DELETE", f"/albums/{_id(album_id)}/assets", ids)

    async def set_album_cover(self, album_id: str, asset_id: str) -> None:
        """Make an asset the album's cover. Needs `album.update`."""
        await self._wire.call("PATCH", f"/albums/{_id(album_id)}", body={"albumThumbnailAssetId": asset_id})

    # Tags

    async def tags(self) -> tuple[Tag, ...]:
        """All tags of the user. Needs `tag.read`."""
        return await self._get(tuple[Tag, ...], "/tags")

    async def make_tags(self, values: Sequence[str]) -> tuple[Tag, ...]:
        """The tags of these full paths, made where they are not there yet. Needs `tag.create`."""
        answer = await self._wire.call("PUT", "/tags", body={"tags": list(values)})
        return _parsed(tuple[Tag, ...], answer, write=True)

    async def tag_assets(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
        """Give tags to assets; gives the number of new pairs. Ids without access are passed over in silence.

        Needs `tag.asset`.
        """
        body = {"tagIds": list(tag_ids), "assetIds": list(asset_ids)}
        return _parsed(_Count, await self._wire.call("PUT", "/tags/assets", body=body), write=True).count

    async def untag_assets(self, tag_id: str, asset_ids: Sequence[str]) -> tuple[ItemResult, ...]:
        """Take a tag from assets. Needs `tag.asset`."""
        return await self._each("DELETE", f"/tags/{_id(tag_id)}/assets", asset_ids)

    # People and faces

    async def people(self) -> tuple[Person, ...]:
        """Everybody whom the user has named or the server has recognised, hidden ones too.

        Needs `person.read`.
        """
        found: list[Person] = []
        more = True
        page = 1
        while more:
            params = {"withHidden": "true", "size": str(PAGE), "page": str(page)}
            answer = await self._get(_People, "/people", params)
            found += answer.people
            more, page = answer.more and bool(answer.people), page + 1
        return tuple(found)

    async def assets_of_person(self, person_id: str, place: Place) -> AsyncIterator[str]:
        """Ids of the live assets in this place that show a person. Needs `asset.read`."""
        async for asset_id in self._search({"personIds": [person_id], "visibility": place}):
            yield asset_id

    async def faces(self, asset_id: str) -> tuple[Face, ...]:
        """The faces on an asset. Needs `face.read`."""
        return await self._get(tuple[Face, ...], "/faces", {"id": _id(asset_id)})

    async def add_face(self, asset_id: str, person_id: str, box: Box) -> None:
        """Say that this person is at this place of an asset. Needs `face.create`.

        The server does not look whether the person is there already.
        """
        body = {
            "assetId": asset_id,
            "personId": person_id,
            "imageWidth": box.image_width,
            "imageHeight": box.image_height,
            "x": box.x,
            "y": box.y,
            "width": box.width,
            "height": box.height,
        }
        await self._wire.call("POST", "/faces", body=body)

    async def remove_face(self, face_id: str) -> None:
        """Take a face off its asset again. Needs `face.delete`."""
        await self._wire.call("DELETE", f"/faces/{_id(face_id)}", body={"force": True})

    # Public links

    async def shared_links(self) -> tuple[SharedLink, ...]:
        """The user's public links. Needs `sharedLink.read`."""
        return await self._get(tuple[SharedLink, ...], "/shared-links")

    async def remove_from_link(self, link_id: str, ids: Sequence[str]) -> tuple[ItemResult, ...]:
        """Take assets out of a public link.

        The call has no permission of its own, so from 1.136 on it takes a key with `all`.
        """
        body = {"assetIds": list(ids)}
        answer = await self._wire.call("DELETE", f"/shared-links/{_id(link_id)}/assets", body=body)
        return _parsed(tuple[ItemResult, ...], answer, write=True)

    # Stacks

    async def stack(self, ids: Sequence[str]) -> str:
        """Stack assets, the first on top, and give the stack's id. Needs `stack.create`."""
        return _parsed(
            _Made, await self._wire.call("POST", "/stacks", body={"assetIds": list(ids)}), write=True
        ).id

    async def unstack(self, stack_id: str) -> None:
        """Dissolve a stack; its assets stay. Needs `stack.delete`."""
        await self._wire.call("DELETE", f"/stacks/{_id(stack_id)}")

    async def _search(self, filters: Mapping[str, object]) -> AsyncIterator[str]:
        """Ids of the assets that a search finds, all pages of it."""
        page: str | None = "1"
        while page:
            body = {**filters, "size": PAGE, "page": int(page)}
            answer = await self._wire.call("POST", "/search/metadata", body=body, reads=True)
            found = _parsed(_Search, answer).assets
            for asset in found.items:
                yield asset.id
            page = found.next

    async def _get(self, kind: type[T], path: str, params: Mapping[str, str] | None = None) -> T:
        return _parsed(kind, await self._wire.call("GET", path, params=params))

    async def _each(self, method: str, path: str, ids: Iterable[str]) -> tuple[ItemResult, ...]:
        answer = await self._wire.call(method, path, body={"ids": list(ids)})
        return _parsed(tuple[ItemResult, ...], answer, write=True)


async def _counted(
    chunks: AsyncIterator[bytes], on_bytes: Callable[[int], None] | None
) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if on_bytes:
            on_bytes(received)
        yield chunk


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _parsed(kind: type[T], content: bytes, *, write: bool = False) -> T:
    hashable: Any = kind
    try:
        answer: T = _adapter(hashable).validate_json(content)
        return answer
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the whole"
    raise BadAnswer(
        f"The answer is not what this call answers ({quoted(where)}: {quoted(first['msg'])}).",
        "The server may be of a version that is not known here.",
        may_have_happened=write,
    )


def _id(text: str) -> str:
    """An id as part of a path, which nothing else may be."""
    if not _ID.fullmatch(text):
        raise Rejected(f"{quoted(text)!r} is not an id", 400)
    return text
