"""Somebody may come to harm: suicide and self-harm, violence, danger, a medical emergency, abuse, a child at risk.

Said of others it counts as much ("my husband can not breathe"), so most phrases bring the person in danger along; what
is over ("he had a heart attack last year, I need to rebook") counts half.
"""

from collections.abc import Iterable

from tools.escalation.conversation import Conversation, Signal
from tools.escalation.hard_signals import Says, said, strongest
from tools.escalation.language.phrases import Phrases
from tools.escalation.language.word_lists import words
from tools.escalation.signals.safety_abroad import ABROAD
from tools.escalation.signals.safety_harm import SELF_HARM, VIOLENCE
from tools.escalation.signals.safety_illness import CHILDREN, MEDICAL
from tools.escalation.signals.safety_words import (
    ATTACKED,
    CALL,
    DANGER,
    ERRANDS,
    GAMES,
    LISTS,
    MACHINES,
    NOT_A_FIRE,
    SCARES,
    TOBACCO,
)

DANGERS: list[tuple[str, Says]] = [
    ("(someone|somebody|man|guy|he|intruder|stranger|ex|people|they|burglar|burglars|husband) ~3 (breaking|trying to"
     " get|trying to break|break|broke|breaks|broken|forcing) ~2 (into|in) (my|our|the|here|now|to|through)",
     Says(0.8, others=True, not_with=words("account accounts app email network server system laptop login"))),
    ("(someone|somebody|man|guy|he|they|stranger|intruder|people|ex) ~6 (trying to get in|trying to break in|trying"
     " to come in|breaking in|breaking down my door|trying to open my door|banging on my door|pounding on my door"
     "|kicking my door|kicking in my door|at my window)",
     Says(0.85, others=True, not_before=words("to the game touch"),
          not_with=words("account app system website portal"))),
    ("(intruder|burglar|prowler) (in|inside|outside|at) ~2 <home>", DANGER),
    ("(stalking|stalked) (me|us|my)", Says(0.85, others=True)),
    ("(i|we) (have|got) a stalker", Says(0.85)),
    ("<attacker> ~2 (is|are|keeps|kept|been) following (me|us|her|my)",
     Says(0.85, others=True, not_before=words("on up back"))),
    ("(i) (am|was|being|think i am) [being] followed", Says(0.75)),
    ("<attacker> ~3 (hits|hit|beats|beat|beating|hitting|hurting|hurts|abusing|abuses|abused|attacked|attacking|raped"
     "|strangled|choked|assaulted|assaulting|molested|groped|punched|stabbed|grabbed|touched|threatening|followed"
     "|tried to grab|tried to take|trying to grab) (me|us|my)",
     Says(0.9, others=True, not_before=words("up back with bag bags bookings account"), not_with=GAMES)),
    ("(i|we|daughter|son|wife|child|she|he|mother|sister) (was|were|am|are|is|being|been|got|have been|am being|is"
     " being|has been|just got|was just|were just) [just|being|sexually] (abused|assaulted|attacked|raped|molested"
     "|beaten|stabbed|strangled|kidnapped|groped|drugged|abducted|trafficked)", ATTACKED),
    ("(i|we|daughter|son|wife|she|he|mother|husband) (was|were|am|got|have been|just got|was just|am being|is being)"
     " [just|being|physically] (robbed|mugged|threatened|harassed|followed|stalked|pushed|shot)",
     Says(0.7, others=True, not_before=words("with up by of"))),
    ("<attacker> (is|is being|is getting|has become|got|became|gets) [very|so|extremely] (violent|physically abusive"
     "|abusive)", Says(0.8, others=True)),
    ("(put|slipped|spiked) ~3 my drink", ATTACKED),
    ("(drink was spiked|drinks were spiked|been spiked|against my will|against her will|held captive)", ATTACKED),
    ("(domestic violence|domestic abuse|sexual assault|sexually assaulted|sexually harassed|child abuse|abusive"
     " husband|abusive partner|abusive ex|abusive boyfriend|abusive relationship|human trafficking)",
     Says(0.85, others=True)),
    ("(i|we|she|he|life|lives|child|children|daughter|son|people|everyone|they) ~3 (in|in real|in serious|in"
     " immediate) danger", Says(0.9, others=True, not_before=words("of"))),
    ("(fear|scared|afraid|worried|terrified) for (my|our|her|his|their) (life|lives|safety)", Says(0.9)),
    ("not feel safe", Says(0.65, denial=True, not_before=words("with entering sharing sending giving using"))),
    ("(feel|feeling) (unsafe|threatened)", Says(0.65)),
    ("(there is|there is a|is) [a] fire (in|on|at|near|inside)",
     Says(0.95, others=True, not_with=words("tv stick tablet works work working"))),
    ("there is [a] fire", Says(0.9, others=True, not_before=NOT_A_FIRE)),
    ("(room|building|hotel|house|kitchen|apartment|flat|laptop|computer|engine|phone|battery|charger|socket|outlet"
     "|plane|car|curtains|curtain|bed|oven|router|corridor|floor|rack|cable|plug|modem|screen|wing) ~2 (on fire"
     "|caught fire|in flames|is burning|is smoking|exploded|catching fire|started smoking|is sparking)",
     Says(0.9, others=True, fresh=True, not_before=words("in through"),
     not_with=words("haha lol wallpaper streak theme eyes"))),
    ("there are ~2 flames", Says(0.9, others=True)),
    ("flames (are|is|coming|everywhere|in|from|out)", Says(0.9, others=True)),
    ("(smell|smells|smelling|smelled) ~4 (gas|burning)", Says(0.85, others=True,
     not_with=words("station petrol bbq toner normal"))),
    ("(i|we|and|can) ~1 smell ~2 smoke", Says(0.8, not_with=TOBACCO)),
    ("(smell|smells) ~3 smoke", Says(0.4, others=True, not_with=TOBACCO)),
    ("(gas leak|leaking gas|gas is leaking|gas smell|carbon monoxide leak|monoxide alarm|smell of gas|leak of gas"
     ")", DANGER),
    ("smell of smoke", Says(0.85, others=True, asked=True, fresh=True, not_with=TOBACCO)),
    ("smoke ~3 (coming|pouring|filling|everywhere|billowing|all over|from the|out of)",
     Says(0.9, others=True, not_with=words("cigarette cigarettes barbecue tobacco"))),
    ("(is|been|was|heard|huge|big|an) explosion", Says(0.85, others=True, not_before=words("of in"))),
    ("(carbon monoxide|monoxide|co|gas) (detector|alarm|sensor) ~2 (going off|went off|gone off|sounding|beeping)",
     Says(0.85, others=True)),
    ("(fire alarm|smoke alarm) ~2 (going off|ringing|went off|has gone off|is on|sounding)",
     Says(0.75, others=True, fresh=True)),
    ("<person> ~4 (trapped|stuck|locked) (in|inside) ~2 (elevator|lift|sauna)", Says(0.9, others=True, fresh=True)),
    ("<person> ~4 (trapped|locked) (in|inside) ~2 <place>", Says(0.85, others=True, fresh=True)),
    ("(trapped|stuck) (in|inside) (the|an|your|a) (elevator|lift)", Says(0.85, others=True, fresh=True)),
    ("(elevator|lift) ~1 (stuck|stopped|broke down|broken)",
     Says(0.8, others=True, only_with=words("inside trapped panicking panic us"))),
    ("(ceiling|roof|balcony|wall|scaffolding) ~1 (collapsed|fell|falling|collapsing|caved)",
     Says(0.75, others=True, fresh=True)),
    ("(call|send|get|need|calling) ~2 (police|cops)", Says(0.75, others=True, not_before=CALL.not_before)),
    ("(call|send|get|need|calling|dial) ~2 (ambulance|911|999|112|paramedic|paramedics|firefighters|fire brigade|fire"
     " department|emergency services)", CALL),
    ("(call|send|get|need) ~1 security [now|up|here|immediately|quickly]",
     Says(0.45, not_before=words("code check deposit patch update clearance group question key token settings"))),
    ("(send|need|get) help (now|immediately|quickly|fast)", Says(0.5)),
    ("<attacker> ~6 <harms> ~1 <loved>",
     Says(0.8, others=True, asked=True, fresh=True, not_with=MACHINES | ERRANDS,
          not_before=words("up back bag bags account booking seat hard on to by about down"))),
    ("(i|we|daughter|son|wife|husband|child|she|he|mother|father|sister|brother|friend|girlfriend|guest|colleague)"
     " (was|were"
     "|am|are|is|got|been|being|has been|have been) ~2 <harmed>",
     Says(0.8, others=True, asked=True, fresh=True, not_before=words("by up out of with"),
          not_with=words("seat"))),
    ("<attacker> ['s|is|are|was|were|keeps|kept|been] ~2 (following|stalking|watching|chasing|filming) (me|us|her|my"
     " daughter|my son|my wife|my kids)", Says(0.85, others=True, not_before=words("on up back sleep"))),
    ("(ex|he|she|man|husband|stalker|boyfriend|stranger|someone) ~4 (waiting|outside|standing|lurking|hanging) ~2"
     " (outside my"
     "|my door|my house|my room|my flat|my window|for me in the dark)",
     Says(0.7, others=True, not_with=words("taxi driver courier parcel delivery pizza key cleaner"))),
    ("(afraid|scared|terrified|frightened) ~1 (leave|go home|go outside|go back|go to my room|open the door|open my"
     " door"
     "|to sleep|sleep here|stay here|to be alone|of my husband|of my ex|of my boyfriend|of him|of this man|of the man)",
     Says(0.8, not_with=SCARES)),
    ("(am|are|is) [so|really|absolutely|just] (terrified|petrified|fearing) ~6 (he|she|they|him|man|door|outside|follow"
     "|knows|room)", Says(0.75, others=True, not_with=SCARES)),
    ("(fear|fearing|feared|scared|afraid|terrified) [that] (he|she|they|someone|my ex|my husband) (will|is going to|may"
     "|might|could|would) ~2 (hurt|kill|find|attack|come|beat|hit|get) ~1", Says(0.85, others=True)),
    ("<device> ~3 (swelling|swollen|hissing|bulging|bloated|smoking|smouldering|smoldering|sparking|burning|melting"
     "|melted"
     "|exploded|exploding|ignited|caught fire|on fire|arcing|crackling|leaking acid|giving off smoke)",
     Says(0.85, others=True, fresh=True, not_before=words("in through"),
     not_with=words("toner cpu slow streaming fan wallpaper eyes theme cd dvd haha lol tv"))),
    ("<device> ~6 (is|are|started|began) [now|just] (smoking|smouldering|hissing|sparking|swelling"
     "|melting)", Says(0.85, others=True, fresh=True, not_before=words("hot in room area"),
                       not_with=words("haha lol fan cpu guest guests cigarette cigarettes who"))),
    ("(sparks|flames|fumes|smoke) ~3 (coming|flying|pouring|shooting|rising|everywhere|filling|from|out of|in the)",
     Says(0.85, others=True, fresh=True, not_with=words("cigarette cigarettes barbecue tobacco bbq joy"))),
    ("(smells|smell|smelling|smelled|stinks|reeks) ~4 (burnt|burned|burning|gas|scorched|singed|rotten eggs|chemicals)",
     Says(0.8, others=True, not_with=words("station petrol bbq coffee toast food taste toner normal"))),
    ("(bag|package|suitcase|backpack|box|parcel|briefcase|rucksack) ~5 (with wires|ticking|wires sticking|left alone"
     "|unattended"
     "|abandoned|nobody owns|beeping)", Says(0.75, others=True, not_with=words("my our i mine"))),
    ("(he|she|husband|wife|man|woman|someone|somebody|carer|ex|boyfriend|partner|son) ~6 (forcing|forces|making|makes)"
     " (me|her|him|us) (to|send|pay|withdraw|do|sign|transfer|undress|take)",
     Says(0.8, others=True, not_with=words("laugh smile wait happy wonder"))),
    ("(he|she|they|husband|wife|man|ex|boyfriend|partner|father|mother|landlord|driver|stranger) ~3 (locked|locks"
     "|locking|shut)"
     " (me|us|her|him|them) (in|inside|up)", Says(0.85, others=True, fresh=False)),
    ("(they|people|men|guys|gang|kidnappers|stranger|strangers) ~2 (forcing|forced|force|making|made) (me|us|her"
     "|him) to (withdraw|undress|hand over|go with|get in|transfer|sign|take out|empty|strip)",
     Says(0.85, others=True, fresh=True, not_before=words("in up out on"),
          not_with=words("bank website app system update"))),
    ("(he|she|they|man|men|someone|somebody|stranger) ~1 (is|are) [standing|right|sitting|waiting] (standing|right"
     "|waiting|lurking) (behind|over) (me|us)", Says(0.45, others=True, not_with=words("queue line"))),
    ("<person> ~9 (being|getting) [badly|brutally] (beaten|attacked|strangled|assaulted|stabbed|kicked|choked|robbed"
     "|raped|threatened|held down|dragged)", Says(0.85, others=True, asked=True, fresh=True, not_with=GAMES,
     not_before=words("by with to up out in"))),
    ("(scream|screaming|screams|crying|cries|yelling|shouting|begging) for (help|her life|his life|mercy)",
     Says(0.85, others=True, fresh=True)),
    ("(scared|afraid|terrified|frightened) of (what|him|my|her|this|that|the) ~2 (he|she|they|husband|ex|man"
     "|boyfriend|father"
     "|partner|stepfather|stalker) ~2", Says(0.75, others=True, not_with=SCARES)),
    ("(banging|pounding|hammering|kicking) (on|at|in|against) (the|my|our) (door|window)",
     Says(0.75, others=True, not_with=words("housekeeping cleaner cleaners noise kids children drunk construction"
     " shutter"))),
    ("there (is|are) (flames|fire|smoke|sparks) (behind|under|above|around|on|inside|next)",
     Says(0.9, others=True, not_with=NOT_A_FIRE)),
    ("(suspicious|unattended|abandoned) (bag|package|suitcase|backpack|object|device)",
     Says(0.7, others=True, not_with=words("my our mine device login policy"))),
    ("(live|exposed|bare|hanging) (wires|wire|wiring|cables)", Says(0.7, others=True)),
    ("(water|leak|leaking|dripping|flooding|flooded) ~6 (into|onto|over|in|through|near) ~2 (socket|sockets|outlet"
     "|fuse|fuse"
     " box|electrics|electrical|server room|light fitting|wiring)", Says(0.7, others=True)),
    ("(we|i|people|guests|passengers|crowd|everyone) (are|am|is) ~3 (trapped|locked in|being crushed|snowed in"
     "|stranded on)"
     " ~3", Says(0.75, others=True, not_with=words("contract subscription loop phone menu account app"))),
]  # fmt: skip

PHRASES = Phrases(
    [*SELF_HARM, *VIOLENCE, *DANGERS, *MEDICAL, *CHILDREN, *ABROAD],
    LISTS,
)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The gravest danger that the customer speaks of; hard where it is plain."""
    return strongest("safety", conversation, lambda turn: said(turn, PHRASES), hard=True)
