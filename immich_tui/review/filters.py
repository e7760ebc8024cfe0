"""The filter language: `flag:gps tier:doubtful differs type:video size>10MB path:*WhatsApp* decided:no`.

Terms stand side by side and must all hold. `-` or `not` before a term turns it round. A value with spaces is
quoted. A word that is no term of the language is looked for in file names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from immich_tui.review.filter_words import SWITCHES, WORDS, BadValue, Meaning, MemberTest, RowTest, Word
from immich_tui.review.rows import Row

OPERATORS = (">=", "<=", ":", ">", "<", "=")
_NAME = WORDS["name"]


class FilterError(ValueError):
    """A filter that cannot be understood. The text is a sentence; it speaks of `text[start:end]`.

    `nearest` is the valid word that was probably meant, if any.
    """

    def __init__(self, problem: str, start: int, end: int, nearest: str | None = None) -> None:
        self.start, self.end, self.nearest = start, end, nearest
        super().__init__(f"{problem} Did you mean {nearest}?" if nearest else problem)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: what it asks, whether it is turned round, and as it is written in canonical form."""

    text: str
    negated: bool
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold. Without any, everything passes."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        """The filter in canonical form; parsing it gives the same filter."""
        return " ".join(f"-{term.text}" if term.negated else term.text for term in self.terms)

    def row_test(self) -> Callable[[Row], bool]:
        """Whether a row meets the conditions that rows answer by themselves."""
        tests = [(t.meaning.holds, t.negated) for t in self.terms if isinstance(t.meaning, RowTest)]
        wanted = [holds for holds, negated in tests if not negated]
        unwanted = [holds for holds, negated in tests if negated]
        if len(wanted) == 1 and not unwanted:
            return wanted[0]

        def passes(row: Row) -> bool:
            for holds in wanted:
                if not holds(row):
                    return False
            return all(not holds(row) for holds in unwanted)

        return passes

    def member_tests(self) -> tuple[tuple[MemberTest, bool], ...]:
        """Conditions that some member of a group must meet, each with whether none must meet it instead."""
        return tuple((t.meaning, t.negated) for t in self.terms if isinstance(t.meaning, MemberTest))


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text between spaces that are not quoted: `text[start:end]`, without quotes and dash.

    `turned` says that it began with a dash. `quoted` says that it begins with a quote: then it is never a
    word of the language.
    """

    text: str
    start: int
    end: int
    turned: bool
    quoted: bool


def tokens(text: str) -> Iterator[Token]:
    """Cut a filter at its spaces. Raises `FilterError` for a quote that is not closed."""
    place, length = 0, len(text)
    while place < length:
        if text[place].isspace():
            place += 1
            continue
        start, kept, open_at = place, [], -1
        while place < length and (open_at >= 0 or not text[place].isspace()):
            if text[place] == '"':
                open_at = place if open_at < 0 else -1
            else:
                kept.append(text[place])
            place += 1
        if open_at >= 0:
            raise FilterError('A quote is not closed: put " at the end of the value.', open_at, length)
        turned = text[start] == "-" and place - start > 1
        word = "".join(kept)
        yield Token(word[turned:], start, place, turned, text[start + turned] == '"')


def parse(text: str) -> Filter:
    """Understand a filter. Raises `FilterError`."""
    terms: list[Term] = []
    negated = False
    last: Token | None = None
    for token in tokens(text):
        last = token
        if token.text.lower() == "not" and not token.quoted:
            negated = not negated
            continue
        terms.append(_term(token, negated ^ token.turned))
        negated = False
    if negated and last is not None:
        raise FilterError("After not stands what is not wanted: not differs.", last.start, last.end)
    return Filter(tuple(terms))


def _term(token: Token, negated: bool) -> Term:
    word = token.text
    name, operator, value = _parts(word) if not token.quoted else (word, "", "")
    known = WORDS.get(name.lower())
    if operator and known is not None:
        return _valued(known, operator, value, token, negated)
    if operator:
        nearest = _nearest(name.lower(), [*WORDS, *SWITCHES])
        raise FilterError(
            f"There is nothing to filter by named {name!r}.",
            token.start,
            token.end,
            f"{nearest}{operator}{value}" if nearest in WORDS else nearest,
        )
    switch = SWITCHES.get(word.lower())
    if switch is not None and not token.quoted:
        return Term(word.lower(), negated, switch)
    if known is not None and not token.quoted:
        raise FilterError(f"{name} needs a value: {known.example}.", token.start, token.end)
    nearest = None if token.quoted else _nearest(word.lower(), [*SWITCHES, *WORDS], 0.8)
    if nearest is not None:
        raise FilterError(
            f'There is no word {word!r} here; "{word}" in quotes looks for file names.',
            token.start,
            token.end,
            nearest if nearest in SWITCHES else f"{nearest}:",
        )
    if not word:
        raise FilterError("There is nothing between these quotes.", token.start, token.end)
    return Term(f"name:{_quoted(word)}", negated, _NAME.read(":", word))


def _valued(word: Word, operator: str, value: str, token: Token, negated: bool) -> Term:
    if operator not in word.operators:
        allowed = " or ".join(word.operators)
        raise FilterError(f"{word.name} goes with {allowed}: {word.example}.", token.start, token.end)
    if not value:
        raise FilterError(f"{word.name} needs a value: {word.example}.", token.start, token.end)
    try:
        meaning = word.read(operator, value)
    except BadValue as bad:
        nearest = _nearest(value.lower(), word.values, 0.5)
        if nearest:
            meant = f"{word.name}{operator}{_quoted(nearest)}"
            raise FilterError(str(bad), token.start, token.end, meant) from None
        raise FilterError(f"{bad} {bad.known}".rstrip(), token.start, token.end) from None
    return Term(f"{word.name}{operator}{_quoted(value)}", negated, meaning)


def _parts(word: str) -> tuple[str, str, str]:
    """Name, operator and value; operator and value are empty where there is none."""
    places = [(word.index(operator), -len(operator), operator) for operator in OPERATORS if operator in word]
    if not places or min(places)[0] == 0:
        return word, "", ""
    at, _, operator = min(places)
    return word[:at], operator, word[at + len(operator) :]


def _quoted(value: str) -> str:
    """The value as it is written: in quotes where it has spaces or begins like something else."""
    return f'"{value}"' if any(map(str.isspace, value)) else value


def _nearest(name: str, known: Sequence[str], cutoff: float = 0.6) -> str | None:
    found = get_close_matches(name, known, n=1, cutoff=cutoff)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the word under the cursor could become, and a few words about it."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What fits at the cursor: replace `text[start:end]` by one of the candidates."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


def complete(text: str, cursor: int) -> Completion:
    """What the word that ends at the cursor could become; nothing for what is complete already."""
    start = cursor
    while start and not text[start - 1].isspace():
        start -= 1
    written = text[start:cursor]
    dash = "-" if written.startswith("-") else ""
    word = written.removeprefix("-")
    name, operator, value = _parts(word)
    if operator and (known := WORDS.get(name.lower())) is not None:
        candidates = [
            Candidate(f"{dash}{known.name}{operator}{_quoted(one)}", known.about_value(one))
            for one in _fitting(value.lower(), known.values)
        ]
    elif operator:
        candidates = []
    else:
        about = {name: switch.about for name, switch in SWITCHES.items()}
        about |= {f"{name}{known.operators[0]}": known.about for name, known in WORDS.items()}
        candidates = [Candidate(dash + one, about[one]) for one in _fitting(word.lower(), sorted(about))]
    if [candidate.text for candidate in candidates] == [written]:
        candidates = []
    return Completion(start, cursor, tuple(candidates))


def _fitting(begun: str, known: Sequence[str]) -> list[str]:
    """Those that begin so, then those in which a word begins so."""
    first = [one for one in known if one.startswith(begun)]
    later = [one for one in known if one not in first and begun and f"_{begun}" in f"_{one}"]
    return first + later
