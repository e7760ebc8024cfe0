"""How a phase ends: its outcomes, the errors that steer a job, and what recovery means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Continue:
    """The phase is done; the next one follows."""


@dataclass(frozen=True, slots=True)
class SkipTo:
    """The phase is done; those between it and `phase`, a later one of the same list, are skipped."""

    phase: str


@dataclass(frozen=True, slots=True)
class Complete:
    """The phase is done and so is its list of phases: the rest is skipped.

    In a nested phase it ends that phase only: a list of phases means the same wherever it stands.
    """


Outcome = Continue | SkipTo | Complete


class JobSignal(Exception):
    """Base of what a phase raises to steer its job; `sentence` is what a person reads."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Fatal(JobSignal):
    """The job cannot go on: it fails at once, whatever recovery the phase has."""


class NonFatal(JobSignal):
    """One item failed: recorded under `item`, and the job goes on."""

    def __init__(self, item: str, sentence: str) -> None:
        super().__init__(sentence)
        self.item = item


class Paused(JobSignal):
    """The job stops where it is for a reason that someone can remove; it can be resumed."""


class Cancelled(JobSignal):
    """The person asked to stop. Everything up to the last checkpoint stands; the job can be resumed."""

    def __init__(self, sentence: str = "Cancelled on request.") -> None:
        super().__init__(sentence)


class Recovery(StrEnum):
    """What is done when a phase fails with anything but the signals above."""

    RETRY = "retry from checkpoint"
    RESTART = "restart phase"
    SKIP = "skip phase"
    ABORT = "abort"
