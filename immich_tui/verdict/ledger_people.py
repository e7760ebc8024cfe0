"""Ledger of who is on a photo: named people, each with the place of the face."""

from __future__ import annotations

from collections.abc import Iterator

from immich_tui.immich.models import Box, Face, Person
from immich_tui.verdict.deal import Deal
from immich_tui.verdict.faces import at, inside, measured_in
from immich_tui.verdict.look import ALIKE, looks_apart
from immich_tui.verdict.model import Channel, Entry, Fate, Surroundings
from immich_tui.verdict.reading import Reading, aspects_agree

NO_FACES_NOTE = "This key cannot put people on photos."
EDITED_FACE_NOTE = "A picture was edited in Immich, so the face may have another place in the winner."
FRAMING_NOTE = "The pictures are framed differently, so the face has no place in the winner."
NO_PLACE_NOTE = "The server does not say where in the picture the face is."


def people(deal: Deal) -> Iterator[Entry]:
    """Named people whom the winner lacks, where the face has the same place in it.

    Nobody gave a name to the others: those faces are the server's own finds, on the winner as well.
    """
    if not deal.losers:
        return
    ours = people_of(deal.winner, deal.surroundings)
    unread = ours is None
    known: set[str] = set()
    for person in ours or ():
        if person.name.strip() and person.id not in known:
            known.add(person.id)
            yield Entry("person", Fate.KEPT, person.name)
    found: dict[str, Entry] = {}
    for loser in deal.losers:
        theirs = people_of(loser, deal.surroundings)
        unread = unread or theirs is None
        for person in theirs or ():
            if person.id in known or not person.name.strip():
                continue
            # Another copy may be framed like the winner where the richest is not.
            if person.id not in found or found[person.id].fate is Fate.LOST:
                entry = _entry(deal, loser, person)
                if person.id not in found or entry.fate is Fate.CARRIED:
                    found[person.id] = entry
    yield from found.values()
    if unread:
        yield Entry("person", Fate.UNREAD, Fate.UNREAD.value)


def people_of(reading: Reading, surroundings: Surroundings) -> tuple[Person, ...] | None:
    """Who is in a picture, `None` when that was not read."""
    if (faces := _faces_of(reading, surroundings)) is not None:
        return tuple({face.person.id: face.person for face in faces if face.person is not None}.values())
    people = surroundings.people
    found = people.get(reading.id) if people is not None else None
    # The listing always says nobody; only a single asset's answer names people.
    return found if found is not None else (reading.asset.people or None)


def _faces_of(reading: Reading, surroundings: Surroundings) -> tuple[Face, ...] | None:
    return None if surroundings.faces is None else surroundings.faces.get(reading.id)


def _entry(deal: Deal, loser: Reading, person: Person) -> Entry:
    """What becomes of one person of a loser. Where faces were not read, their places are not looked at."""
    weight = deal.weights.person
    payload: dict[str, object] = {"assetId": deal.winner.id, "personId": person.id, "name": person.name}
    note = _obstacle(deal, loser)
    faces = _faces_of(loser, deal.surroundings)
    if not note and faces is not None:
        box = _largest(face for face in faces if face.person is not None and face.person.id == person.id)
        if box is None:
            note = NO_PLACE_NOTE
        else:
            note = _somebody_else(deal, box)
            payload["box"] = list(_as_the_winners(deal, box))
    if note:
        return Entry("person", Fate.LOST, person.name, loser.id, weight=weight, note=note)
    return Entry("person", Fate.CARRIED, person.name, loser.id, Channel.FACES, payload, weight)


def _obstacle(deal: Deal, loser: Reading) -> str:
    winner = deal.winner
    if not deal.context.abilities.faces:
        return NO_FACES_NOTE
    if winner.edited or loser.edited:
        return EDITED_FACE_NOTE
    apart = looks_apart(winner.thumbhash, loser.thumbhash)
    if aspects_agree(winner, loser) is not True or apart is None or apart > ALIKE:
        return FRAMING_NOTE
    return ""


def _largest(faces: Iterator[Face]) -> Box | None:
    boxes = [box for face in faces if (box := inside(face.box)) is not None]
    return max(
        boxes, key=lambda box: box.width * box.height / (box.image_width * box.image_height), default=None
    )


def _as_the_winners(deal: Deal, box: Box) -> Box:
    """A box in the image size of the winner's own faces: servers compare the faces of a photo by pixels."""
    for face in _faces_of(deal.winner, deal.surroundings) or ():
        if face.image_width > 0 and face.image_height > 0:
            return measured_in(box, face.image_width, face.image_height)
    return box


def _somebody_else(deal: Deal, box: Box) -> str:
    """That the winner names somebody else there, as a sentence: a face is one person's."""
    for face in at(_faces_of(deal.winner, deal.surroundings) or (), box):
        if face.person is not None and face.person.name.strip():
            return f"The winner has {face.person.name} at that place."
    return ""
