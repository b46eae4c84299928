"""The verbs that reach for a person, by what they do, and the words that may stand around them."""

TALK = frozenset(
    "speak talk chat converse discuss communicate interact liaise correspond explain file lodge raise handle sort"
    " make complain arrange".split()
)
NEEDED = frozenset("needed necessary required".split())
SENDS = frozenset("send pass forward move escalate hand give".split())
SENT = (("my",), ("this",), ("the",), ("it",))
SPEAKER = frozenset("i we id im what all to let".split())
HANDOVERS = frozenset("handover handoff transfer escalation connection".split())
TALK_WITH = frozenset(
    "book finish complete continue call meeting slot explaining discussing deal work word go conversation do".split()
)
ASKED_IF = frozenset((aux, who) for aux in ("do", "should", "will", "would", "did", "must") for who in ("i", "we"))
MATTERS = frozenset("about over this it things my our the through on by via".split())
NOUNS = frozenset("call meeting slot word conversation".split())
TALKING = frozenset("speaking talking chatting communicating interacting dealing conversing discussing".split())
CONTACT = frozenset(
    "trouble contact reach call phone ring consult see meet message ask find get hear involve summon".split()
)
CONTACTING = frozenset("contacting reaching calling phoning getting finding".split())
MOVE = frozenset(
    "gets connect transfer put forward redirect route pass hand direct switch patch link refer send get move"
    " bring escalate page raise take push assign turn let give swap shift queue loop pull".split()
)
MOVING = frozenset(
    "connecting transferring putting forwarding passing handing escalating getting fetching finding".split()
)
MOVED = frozenset(
    "handed moved bumped kicked sent assigned raised given taken connected transferred forwarded redirected routed"
    " passed put switched referred escalated".split()
)
WAITS = (("to",), ("i",), ("will",), ("can",), ("we",), ("just",), ("please",), ())
STRAIGHT = frozenset("to over through straight directly back right".split())
NOT_THIS_ONE = frozenset("one that this your any other another".split())
OWN_CALL = (("my",), ("our",), ("the",), ("that",), ("this",))
WHO_DO = frozenset("can could handles handle deals deal is knows manages runs looks does would will".split())
UP_TO = frozenset("too to with directly live straight on 2 only through over in touch up".split())
PASSIVE = (("be",), ("get",), ("being",), ("getting",))
WANT = frozenset("requesting demanding needs want need demand require request wanted".split())
GIVE = frozenset("page give get have find bring prefer like fetch assign put deserve loop pull take".split())
ASKING = frozenset("said looking asking begging waiting asked ask wait after hold holding queue queuing settle".split())
TO = frozenset("to with directly live straight on 2 only".split())
OUT = frozenset("out to with hold of in touch through on up directly a ahold back from".split())
PASSED = frozenset(
    "too contact question request yourself 2 me us this that"
    " it my our the call chat case conversation issue ticket matter"
    " complaint problem query over back through to with directly straight live on in touch onto up into right"
    " along off now please just immediately hold of line phone be someone else account for".split()
)
CARRIED = frozenset("question request me us this it call chat that case issue complaint conversation yourself".split())
GIVEN = frozenset(
    "two three four times twice already repeatedly again before me us to have the on now please just for is in".split()
)
PARTICULAR = frozenset("real human else live actual higher competent senior qualified proper responsible more".split())
CAPABLE = frozenset(
    tuple(words.split())
    for words in (
        "into the,into this,on the,on here,on this,on chat,on,for me,with"
        " a,with authority,with some,in charge,above you,who can,who could,who"
        " will,who works,who does,who is,who knows,who understands,who actually,that can,that knows,that understands"
    ).split(",")
)
"""What follows somebody who is asked for: on the line, who can help, in charge."""
APPROVES = frozenset("approve sign authorise authorize confirm grant verify".split())
HOPES = frozenset(
    "appreciate love mind assistance need trouble difficulty for option rather better comfortable quickest prefer"
    " like trying possibility chance about interested keep of way help".split()
)
LETS_HAVE = frozenset("can could may let might rather to".split())
