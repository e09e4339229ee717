"""Lifecycles: what the words of a status say about its order, its frequency, and which times of the row are set."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from parloader.inference.column_names import split_identifier, words

# Position on the way from the first to the last status → words of that position. What is not here takes the position of the member before it.
PATH: dict[int, str] = {
    5: "draft planned idea backlog todo",
    10: "new created open opened pending submitted requested received placed ordered queued waiting registered unpaid unread initiated"
    " initial posted uploaded reported logged",
    15: "scheduled booked reserved invited quoted unconfirmed trial issued",
    20: "confirmed accepted acknowledged verified validated assigned triaged subscribed",
    25: "reviewed review in_review under_review",
    30: "approved authorized authorised granted",
    35: "paid settled captured invoiced billed funded",
    40: "processing in_progress started running active activated enabled working preparing picking checked_in admitted live online"
    " downloading installing uploading transferring syncing executing",
    45: "packed ready prepared",
    50: "shipped dispatched sent picked_up departed",
    55: "in_transit out_for_delivery transit",
    60: "delivered fulfilled arrived",
    65: "answered published released opened_mail read",
    70: "completed complete done finished resolved solved success succeeded ok processed passed discharged checked_out redeemed accepted_answer"
    " installed deployed executed applied",
    80: "closed ended concluded merged",
    90: "archived",
}

# Words of statuses at which the way ends early → (they are reached from this position on, how many rows in a hundred have them)
EXITS: dict[str, tuple[int, int]] = {
    word: (position, weight)
    for listed, position, weight in (
        ("cancelled canceled cancel aborted withdrawn void voided abandoned dropped", 10, 6),
        ("rejected declined denied refused invalid", 10, 5),
        ("expired timeout timed_out lapsed", 40, 4),
        ("overdue", 99, 4),
        ("failed failure error errored bounced dead crashed undeliverable", 99, 3),
        ("refunded partially_refunded partial_refund chargeback disputed", 35, 3),
        ("returned", 60, 3),
        ("no_show noshow missed absent", 20, 4),
        ("on_hold paused hold suspended delayed escalated blocked frozen", 40, 3),
        ("inactive disabled deactivated dormant unsubscribed retired offline terminated resigned dismissed", 40, 10),
        ("banned locked", 40, 1),
        ("deleted removed trashed trash hidden spam flagged lost stolen skipped ignored duplicate", 40, 2),
    )
    for word in listed.split()
}

# Words with the same meaning in names of columns: paid_at, payment_date, date_of_payment
SYNONYMS: dict[str, str] = {
    other: word
    for word, others in (
        ("paid", "payment pay payed settled"),
        ("shipped", "shipping shipment ship dispatched dispatch"),
        ("delivered", "delivery"),
        ("cancelled", "canceled cancel cancellation cancelation"),
        ("closed", "close closing"),
        ("approved", "approval approve"),
        ("rejected", "rejection reject declined denied"),
        ("published", "publish publication publishing"),
        ("refunded", "refund"),
        ("returned", "return"),
        ("completed", "complete completion done"),
        ("finished", "finish"),
        ("confirmed", "confirm confirmation"),
        ("failed", "failure fail error"),
        ("resolved", "resolve resolution solved"),
        ("answered", "answer reply replied response responded"),
        ("deleted", "delete deletion removed"),
        ("archived", "archive"),
        ("suspended", "suspension"),
        ("accepted", "accept acceptance"),
        ("verified", "verification"),
        ("activated", "activation active"),
        ("sent", "send"),
        ("departed", "departure"),
        ("arrived", "arrival"),
        ("checked_in", "checkin check_in"),
        ("checked_out", "checkout check_out"),
        ("picked_up", "pickup pick_up"),
        ("banned", "ban"),
        ("locked", "lock"),
        ("blocked", "block"),
        ("terminated", "termination"),
        ("reviewed", "review"),
        ("succeeded", "success"),
        ("scheduled", "schedule appointment starts begins"),
    )
    for other in others.split()
}

POSITIONS: Mapping[str, int] = {word: position for position, listed in PATH.items() for word in listed.split()}

STATES = frozenset(("activated", "enabled", "live", "online"))
"""Words that say how something is now, not what happened once."""

ENDED = frozenset(("finished", "ended"))
"""Words of events that happen to what fails, too."""

DELIVERED, FINAL = 60, 70  # from the first position on, the end may have been reached; from this position on, all is done
LATER = 90  # from this position on, few rows are: the archive

MOST, FEW, SOME = 60, 5, 8  # rows in a hundred with the last status, with one on the way, and with one after the last

STATUS_WORDS = words("status state stage phase")


def canonical(word: str) -> str:
    """The word of EXITS or PATH with this meaning, in lower case, with underscores."""
    folded = "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()))
    return SYNONYMS.get(folded, folded)


def is_status_name(name: str) -> bool:
    """Whether a column of this name holds a status: status, order_status, state."""
    parts = split_identifier(name)
    return bool(parts) and parts[-1] in STATUS_WORDS


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The order in which the values of a status follow each other."""

    path: tuple[str, ...]  # from the first to the last
    positions: tuple[int, ...]  # of the members of `path`, ascending
    exits: tuple[str, ...]
    words: Mapping[str, str]  # member → the word that says what it means: itself, or the one that a comment gives for a code

    @property
    def members(self) -> tuple[str, ...]:
        return (*self.path, *self.exits)

    def weights(self, members: Sequence[str]) -> tuple[int, ...]:
        """How many rows in about a hundred have each of these members: most are at the end of the way."""
        finals = [member for member, position in zip(self.path, self.positions, strict=True) if position < LATER]
        most = finals[-1] if finals else self.path[-1]
        if canonical(self.words[self.path[0]]) in STATES:  # accounts are opened as active, and most are still in use
            most = self.path[0]
        after = self.path.index(most)

        def weight(member: str) -> int:
            if member in self.exits:
                return EXITS[canonical(self.words[member])][1]
            return MOST if member == most else SOME if self.path.index(member) > after else FEW

        return tuple(map(weight, members))

    def means(self, member: str, word: str) -> bool:
        """Whether the member says the same as the word."""
        return canonical(self.words[member]) == canonical(word)

    def position(self, member: str) -> int:
        """How far rows with this member have come."""
        if member in self.path:
            return self.positions[self.path.index(member)]
        return self.positions[self._left_at(canonical(self.words[member]))]

    def reached(self, event: str) -> frozenset[str]:
        """The members in which the event (a word: paid, cancelled) has happened. Empty: it happens in none of them."""
        event = canonical(event)
        means = {member: canonical(self.words[member]) for member in self.members}
        if event in EXITS or event in STATES:
            return frozenset(member for member in self.members if means[member] == event)
        first = self._first(event, means)
        if first is None:
            return frozenset()
        ended = event in ENDED
        left = (member for member in self.exits if self._left_at(means[member]) >= first or (ended and EXITS[means[member]][0] > LATER))
        return frozenset((*self.path[first:], *left))

    def _first(self, event: str, means: Mapping[str, str]) -> int | None:
        """The number of the first member of the path at which the event has happened."""
        for number, member in enumerate(self.path):
            if means[member] == event:
                return number
        if event not in POSITIONS:
            return None
        position = POSITIONS[event]
        if FINAL <= position < LATER and max(self.positions) >= DELIVERED:  # the end, whatever it is called
            position = min(position, max(self.positions))
        return next((number for number, other in enumerate(self.positions) if other >= position), None)

    def _left_at(self, exit_word: str) -> int:
        """The number of the last member of the path that a row with this exit has been at."""
        position = EXITS[exit_word][0]
        if position > LATER:  # failed: just before the end
            return max(0, len(self.path) - 2)
        return max((number for number, other in enumerate(self.positions) if other <= position), default=0)

    def order(self, event: str) -> int:
        """Events with a lower number happen before those with a higher one."""
        event = canonical(event)
        if event in EXITS:
            return 10_000
        first = self._first(event, {member: canonical(self.words[member]) for member in self.members})
        return POSITIONS.get(event, 50) if first is None else first * 100 + POSITIONS.get(event, 50) % 100


def lifecycle(members: Sequence[str], meanings: Mapping[str, str] | None = None, *, is_status: bool) -> Lifecycle | None:
    """The lifecycle of these members, in the order in which the schema lists them. `meanings`: what codes mean, from a comment.

    None: the words are not those of a lifecycle. `is_status`: the column's name says that it is a status.
    """
    means = {member: (meanings or {}).get(member, member) for member in members}
    known = {member: POSITIONS.get(canonical(word)) for member, word in means.items()}
    exits = tuple(member for member, word in means.items() if canonical(word) in EXITS and known[member] is None)
    path = [member for member in members if member not in exits]
    if not path or len(members) < 2:
        return None
    named = sum(known[member] is not None for member in path) + len(exits)
    if named < 2 or named * (2 if is_status else 1) < len(members):
        return None
    positions = [known[member] for member in path]
    if sorted(means.values()) == list(means.values()) and len(path) > 2:  # listed by the alphabet
        path.sort(key=lambda member: known[member] or 50)
        positions = [known[member] for member in path]
    raised = accumulate((position or 0 for position in positions), max)
    return Lifecycle(path=tuple(path), positions=tuple(raised), exits=exits, words=means)


def words_of_comment(comment: str) -> dict[str, str]:
    """Code → word, of a comment such as "0 = new, 1 = paid"; or word → word of one such as "new, paid or shipped". Empty: neither."""
    codes = re.findall(r"(?<![\w.])(\d{1,3})\s*(?:=>?|:|-|–)\s*([A-Za-z][A-Za-z_]*(?: [a-z]+)?)", comment)
    if len(codes) > 1:
        return dict(codes)
    listed = re.fullmatch(r"(?:[\w ]*:)?\s*((?:[A-Za-z_]+\s*(?:,|/|\||\bor\b)\s*)+[A-Za-z_]+)\W*", comment)
    if listed is None:
        return {}
    found = [word for word in re.split(r"\s*(?:,|/|\||\bor\b)\s*", listed[1]) if word]
    return {word: word for word in found}
