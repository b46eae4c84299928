"""Who can be asked for: words for people that a customer may want instead of the assistant, and the same words where
they mean something else (a room for two people, a travel agent, a password manager, one's own boss)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["human", "staff", "desk", "department", "someone", "them"]

HUMAN = frozenset("human humans person people persons flesh".split())
AMBIGUOUS = frozenset("call chat phone telephone video check help voice contact".split())
NOT_HUMAN = frozenset("resources rights error errors readable capital nature body room rooms carrier booking".split())
STAFF = frozenset(
    "head senior seniors analyst officer underwriter planner crew host tech techie dispatcher agent agents"
    " representative representatives rep manager managers management supervisor supervisors operator operators"
    " advisor advisors adviser advisers associate associates specialist specialists consultant consultants"
    " clerk receptionist concierge staff employee employees technician technicians engineer engineers superior"
    " superiors boss bosses teller tellers banker leader lead expert experts professional professionals"
    " administrator admin colleague colleagues worker attendant coordinator executive executives director ceo"
    " owner handler caseworker counselor steward purser butler assistant member folks guy lady clerks"
    " receptionists techs techies guys adult".split()
)
DESKS = (
    ("customer", "service"), ("customer", "services"), ("customer", "support"), ("customer", "care"),
    ("customer", "relations"), ("guest", "services"), ("guest", "relations"), ("client", "services"),
    ("technical", "support"), ("tech", "support"), ("it", "support"), ("human", "support"), ("live", "support"),
    ("help", "desk"), ("helpdesk",), ("service", "desk"), ("support", "desk"), ("front", "desk"), ("front", "office"),
    ("reception",), ("support",), ("call", "center"), ("call", "centre"), ("contact", "center"), ("contact", "centre"),
    ("ground", "staff"), ("live", "chat"), ("live", "help"), ("human", "resources"), ("level", "2"), ("level", "two"),
    ("tier", "2"),
    ("second", "line"), ("2nd", "line"), ("second", "level"), ("next", "level"), ("member", "of", "staff"),
    ("member", "of", "your", "team"), ("member", "of", "the", "team"), ("member", "of", "your", "staff"),
)  # fmt: skip
DEPARTMENTS = frozenset(
    "department dept team desk office branch billing sales accounts housekeeping maintenance escalations"
    " retention retentions cancellations reservations complaints hq headquarters counter claims collections"
    " fraud payments loans mortgages hr security engineering networking".split()
)
ASKED_FOR = frozenset(
    "agent agents representative representatives rep manager supervisor operator advisor adviser superior boss"
    " receptionist".split()
)
SOMEONE = frozenset("someone somebody anyone anybody whoever".split())

DETERMINERS = frozenset("a an the your some any this that one another different other".split())
QUALITIES = frozenset(
    "next real live actual living breathing proper genuine normal physical flesh blood competent trained"
    " qualified senior higher top general duty shift floor night day hotel bank branch store shop airline"
    " airport gate customer service support care sales technical tech it help desk call center centre team"
    " department human helpful friendly nice knowledgeable experienced licensed certified english spanish"
    " german french speaking first second line level tier 2 3 local direct complaints billing fraud claims"
    " reservations reservation booking baggage ticketing check account relationship case client personal"
    " private wealth loan mortgage credit investment financial banking guest front office operations network"
    " system systems security crew ground cabin flight actually truly bloody damn damned fucking freaking"
    " frigging effing goddamn dang regular authorised authorized appropriate responsible available online"
    " onsite remote virtual video phone telephone chat voice staff adult grown business card".split()
)
OWNERS = frozenset("my his her their our own its".split())
SERVES_ME = frozenset("account relationship case personal private wealth banker advisor adviser loan".split())
OTHER_TRADES = frozenset(
    "travel estate tour insurance letting rental user backup monitoring antivirus endpoint security's transfer"
    " mail password task device file package window download boot partition project product program property"
    " product's database license licence credential key update sccm intune configuration data identity session"
    " network's booking.com cleaning real-estate secret foreign free shipping customs buying train bus taxi"
    " drive desktop hr line hiring direct general's reporting approving my".split()
)
NEEDS_QUALITY = frozenset(
    "head guy lady member folks worker assistant lead expert owner host tech officer adult director".split()
)
NUMBERS = frozenset(
    "two three four five six seven eight nine ten eleven twelve 1 2 3 4 5 6 7 8 9 10 11 12 many more several"
    " extra additional second third per each every few less than max maximum up single".split()
)
FOLLOWS = frozenset(
    "a an the i we you he she it they me us this that these those my your to who whom which on in at for with"
    " from by about regarding concerning and or not no instead please pls now asap today immediately right"
    " straight directly already again here there is are was can could will would should may might must do does"
    " did has have so as if because but then rather thanks thank quickly soon quick fast over via before after"
    " when until tomorrow ok okay yes dammit damn capable able available ever anymore all level only either"
    " too also being else really actually look get help call whose of up off out any some real urgently since"
    " without through like just first kindly thx sir madam mate dude re required needed wanted requested"
    " joining sometime later tonight into onto involved manned online busy free around working next downstairs"
    " upstairs made myself ourselves physically bro guys anyway somehow".split()
)
"""Words that may follow a person. Any other makes a compound of it: manager approval, agent software, person room."""

DESKS_BY_WORD = {word: [desk for desk in DESKS if desk[0] == word] for word in {desk[0] for desk in DESKS}}
MENTIONS = HUMAN | STAFF | {f"{noun}s" for noun in STAFF} | SOMEONE | DEPARTMENTS | DESKS_BY_WORD.keys()
"""Without one of these words nobody is mentioned."""
SERVES = frozenset(
    "walk come give join call contact phone ring assist help answer reply respond take handle check speak talk"
    " explain review message email reach deal sort".split()
)
SERVED = frozenset(
    {
        (),
        ("me",),
        ("us",),
        ("my",),
        ("our",),
        ("this",),
        ("it",),
        ("to",),
        ("with",),
        ("back",),
        ("on",),
        ("in",),
        ("and",),
        ("over",),
        ("out",),
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody mentioned: the first and the last word of the mention, determiner and qualities included."""

    first: int
    last: int
    kind: Kind
    noun: int


def people(words: Sequence[str]) -> Iterator[Person]:
    """Everybody mentioned who could take over from the assistant."""
    if MENTIONS.isdisjoint(words):
        return
    for at, word in enumerate(words):
        if desk := _desk_from(words, at):
            if ends_mention(words, desk.last):
                yield Person(_begin(words, at), desk.last, "desk", desk.noun)
        elif word in HUMAN or word in STAFF or word.removesuffix("s") in STAFF:
            if _is_person(words, at):
                being = words[at + 1 : at + 2] in (("being",), ("beings",))
                yield Person(_begin(words, at), at + being, "human" if word in HUMAN else "staff", at)
        elif word in SOMEONE and words[at + 1 : at + 2] != ("'s",) and not _of_theirs(words, at):
            yield Person(at, at, "someone", at)
        elif word in DEPARTMENTS and ends_mention(words, at) and not _owned(words, at):
            yield Person(_begin_department(words, at), at, "department", at)


def _of_theirs(words: Sequence[str], at: int) -> bool:
    """ "Someone in my team" is the speaker's own."""
    following = words[at + 1 : at + 3]
    return len(following) > 1 and following[0] in ("in", "on") and following[1] in OWNERS


def them(words: Sequence[str]) -> Iterator[Person]:
    """Words that stand for somebody mentioned before: "talk to one", "give me one"."""
    for at, word in enumerate(words):
        if (
            at
            and word in ("one", "them", "him", "her")
            and words[at - 1] in ("to", "with", "me", "for")
            and ends_mention(words, at)
        ):
            yield Person(at, at, "them", at)


def is_human(words: Sequence[str], person: Person) -> bool:
    """A human, or a person with an article or a quality: "one person" answers how many."""
    if words[person.noun] in ("human", "humans"):
        return True
    articled = {"a", "an", "real", "live", "actual", "human", "proper", "living", "breathing"}
    return words[person.noun] in HUMAN and bool(articled & set(words[person.first : person.noun]))


def _desk_from(words: Sequence[str], at: int) -> Person | None:
    for desk in DESKS_BY_WORD.get(words[at], ()):
        if tuple(words[at : at + len(desk)]) == desk:
            return Person(at, at + len(desk) - 1, "desk", at)
    return None


def _is_person(words: Sequence[str], at: int) -> bool:
    before = words[at - 1] if at else ""
    if before in OTHER_TRADES - {"my"} or before in NUMBERS or before.isdigit():
        return False
    if words[at] in NEEDS_QUALITY and before not in QUALITIES and before not in ("a", "an", "your", "the"):
        return False
    if words[at] in HUMAN:
        return words[at + 1 : at + 2] == () or words[at + 1] not in NOT_HUMAN
    return ends_mention(words, at) and not _owned(words, at)


def ends_mention(words: Sequence[str], at: int) -> bool:
    """Whether the mention ends with word ``at``; else it is part of a longer name: "manager approval"."""
    following = words[at + 1 : at + 3]
    return not following or following[0] in FOLLOWS or (following[0] in SERVES and following[1:] in SERVED)


def _owned(words: Sequence[str], at: int) -> bool:
    """Whether it is the speaker's or somebody else's own: "my manager", but not "my account manager"."""
    for before in range(at - 1, max(-1, at - 4), -1):
        if words[before] in OWNERS:
            return not any(word in SERVES_ME for word in words[before + 1 : at + 1])
        if words[before] not in QUALITIES:
            return False
    return False


def _begin(words: Sequence[str], at: int) -> int:
    """The first word of the mention that ends at ``at``: a known quality, or anything behind an article."""
    noun = at
    while at and (_is_quality(words, at - 1) or words[at - 1] in DETERMINERS or _is_one_of(words, at)):
        at -= 1
        if words[at] in ("a", "an") or (words[at] in ("the", "your") and not _is_one_of(words, at)):
            return at
    if words[at] not in DETERMINERS:
        for before in range(at - 1, max(-1, noun - 4), -1):
            if words[before] in ("a", "an", "the", "your"):
                return before
            if words[before] in FOLLOWS - {"on"}:
                break
    return at - 1 if at and words[at - 1] in OWNERS else at


def _is_quality(words: Sequence[str], at: int) -> bool:
    """A word before the noun that belongs to it; "call", "chat" and the like are verbs unless something leads in."""
    if words[at] in AMBIGUOUS:
        return at == 0 or words[at - 1] in DETERMINERS | QUALITIES or words[at - 1] in ("by", "with", "from", "for")
    return words[at] in QUALITIES


def _is_one_of(words: Sequence[str], at: int) -> bool:
    return words[at - 1] == "of" and at > 1 and words[at - 2] in ("one", "any", "some", "member")


def _begin_department(words: Sequence[str], at: int) -> int:
    """A department's name may be anything: back to "the", "your" or the preposition."""
    for before in range(at - 1, max(-1, at - 5), -1):
        if words[before] in ("the", "your"):
            return _begin(words, before) if before and _is_one_of(words, before) else before
        if words[before] in ("to", "with"):
            return before + 1
    return _begin(words, at)
