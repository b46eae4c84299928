"""Suicide, self-harm and violence: what somebody says they will do, or somebody does to them."""

from tools.escalation.hard_signals import Says
from tools.escalation.language.word_lists import words
from tools.escalation.signals.safety_words import (
    BAGS,
    CLOSED,
    CUTLERY,
    DIES,
    HARMS_SELF,
    MACHINES,
    NOT_BY_MAIL,
    OTHERS_THEMSELVES,
    OTHERS_TOO,
    PERMITS,
    PLACES,
)

SELF_HARM: list[tuple[str, Says]] = [
    ("(kill|killing|end|ending|offing|hang|hanging|shoot|shooting|drown|drowning|poison|stab|stabbing) (myself|my"
     " self)", HARMS_SELF),
    ("(hurt|hurting|harm|harming|cut|cutting) (myself|my self)", Says(0.35, others=True)),
    ("<intend> ~3 (hurt|hurting|harm|harming|cut|cutting) (myself|my self)", HARMS_SELF),
    ("(am|been|started|keep|stop) (cutting|harming|hurting) (myself|my self)", HARMS_SELF),
    ("(kill|killing|hang|harm|harming|hurt|cutting) (himself|herself|themselves)", OTHERS_THEMSELVES),
    ("(end|ending|take|taking) (my|his|her|their) [own] life", OTHERS_TOO),
    ("(end|ending) it all", Says(0.9)),
    ("(thinking|thought|think) ~2 ending (things|everything)", Says(0.85)),
    ("i ~7 (never|not) wake up [again|anymore]",
     Says(0.9, denial=True, not_before=words("before early in time at for to by"))),
    ("(i) [just|really] want to end it", Says(0.6)),
    ("do not (want|wish) to (live|be alive|exist|wake up)",
     Says(0.95, denial=True, supposed=True, asked=True, not_before=PLACES)),
    ("(no|not|any|another) (reason|point) ~2 (living|live|being alive|staying alive)",
     Says(0.9, denial=True, not_before=PLACES)),
    ("(nothing|no one|nobody) [left] to live for", DIES),
    ("can not (live|go on) [like this] (anymore|any more|any longer)", Says(0.6, denial=True)),
    ("life is not worth", DIES),
    ("not worth living", Says(0.9, denial=True, not_before=PLACES)),
    ("(tired|sick|done) [of|with] (living|life|being alive)", Says(0.85, not_before=PLACES)),
    ("better off (dead|without me)", DIES),
    ("(wish|wished) i (was|were) (dead|never born)", DIES),
    ("(i) [just|really|only] (want|wanted|hope) to (die|be dead)", Says(0.9, not_before=words("of for laughing from"))),
    ("(am|feel|feeling|been|become|is|getting|felt|very|be) [really|so|very] suicidal", OTHERS_TOO),
    ("(commit|committing|attempt|attempted|attempting|contemplating|considering|thinking|thoughts|planning|about)"
     " [of] suicide", Says(0.95, supposed=True, not_before=words("prevention awareness squad"))),
    ("suicidal (thoughts|feelings|ideation|thinking)", Says(0.9)),
    ("suicide (hotline|helpline|line|note)", Says(0.75, asked=True, not_with=words("donate donation charity"))),
    ("(suicide|suicidal)", Says(0.3)),
    ("(self harm|self harming)", Says(0.75)),
    ("(point|sense|use) (of|in) (living|being alive|staying alive)", Says(0.85, asked=True, denial=True)),
    ("(overdosed|took too many pills|taken too many pills|swallowed pills|swallowed bleach|overdose on pills|took an"
     " overdose|taken an overdose)", Says(0.95, others=True)),
    ("(jump|jumping) (off|from) (a|the|this|my|that) (bridge|roof|balcony|building|window|ledge)",
     Says(0.9, others=True)),
    ("(jump|step|walk) in front of (a|the) (train|bus|car|truck)", DIES),
    ("(pills|razor|noose|rope|gun|blade) in my hand", Says(0.8)),
    ("i can not go on",
     Says(0.75, denial=True, not_before=words("to the a with holiday trip tour vacation website page that"))),
    ("i (was|were) (dead|gone forever)", Says(0.85, supposed=True)),
    ("(i|he|she|someone|somebody|man|woman|guy) ~9 (going to|about to|want to|gonna) jump",
     Says(0.85, others=True, not_before=words("on in into to at ahead over back between ship straight onto queue"))),
    ("slit (my|his|her) (wrists|throat)", OTHERS_TOO),
    ("(end|ending) it (tonight|soon|for good|once and for all)", Says(0.85, not_with=CLOSED)),
    ("(mind|decided|going|ready|want|wanting|plan|planning|time) ~2 to end it", Says(0.8, not_with=CLOSED)),
    ("(no|not a|any|not the) (point|reason|sense) ~1 (going on|carrying on|in going on|in carrying on|in being here"
     "|to carry on|to go on|to keep going|to stay alive|in anything anymore)",
     Says(0.85, denial=True, asked=True, not_before=words("with holiday trip tour vacation to the a"))),
    ("(no|a|any|see|one) reason ~1 not to (jump|die|end it|do it|kill)", DIES),
    ("(pills|tablets|razor|noose|rope|gun|blade|knife|sleeping pills|bleach) [is|are|all|right] ~1 (on the table|in"
     " front"
     " of me|next to me|beside me|ready|in my hand|in my hands|on my bed|lined up|by my bed|tied|loaded)",
     Says(0.85, not_with=words("kitchen chef breakfast housekeeping"))),
    ("(will|going to|do not) not [be] (be around|be here|be alive|wake up|exist) ~1 (next week|tomorrow|anymore|any"
     " more"
     "|much longer|for long|any longer|by then)", Says(0.6, denial=True)),
    ("not think i will be (around|here|alive) ~4", Says(0.7, denial=True, not_before=words("at in for when before"))),
    ("(nobody|no one|none) (will|would|is going to) [even|ever] (miss|notice|care) ~2 (me|i|gone)", Says(0.8,
     denial=True)),
    ("(world|everyone|everybody|family|kids|you all) ~2 better (off|place) without me", DIES),
    ("(not|no|any) ~3 (reason|point|sense) ~3 (living|live|alive|life|carry on|staying here)",
     Says(0.85, denial=True, asked=True, not_before=PLACES | {"chat", "agent", "person", "support"})),
    ("(throw|throwing|hurl|fling|chuck) (myself|himself|herself) (off|under|in front|from|out|down)",
     Says(0.95, others=True, supposed=True, asked=True)),
    ("(have|got|bought|found|tied) [a|my|the] (rope|noose|razor blade|razor blades)",
     Says(0.75, not_with=words("climbing boat tow skipping shave shaving sailing gym luggage"))),
    ("(give|giving|given) up on (life|living)", Says(0.85)),
    ("(see|seeing) no (way out|future|reason) ~2", Says(0.6, denial=True, asked=True)),
    ("(say|saying|said|write|writing|wrote) ~3 (goodbye to my|farewell|final goodbyes|last goodbyes|goodbye note)",
     Says(0.7, not_with=words("colleague colleagues team hotel party farewell"))),
    ("(bridge|roof|rooftop|ledge|railing|balcony|platform|cliff|edge|tracks) ~8 (jump|let go|end it|step off|my life)",
     Says(0.9, others=True, denial=True, asked=True)),
    ("(want|wish|like|need) [all] ~2 to (disappear forever|sleep forever|never wake up|be with the dead|be gone"
     " forever)",
     Says(0.85)),
    ("(started|start|starting|been|am|keep|back to|resumed|relapsed into) cutting again",
     Says(0.85, others=True, not_with=words("out off power connection signal call calls line grass budget costs"))),
    ("(scared|afraid|frightened|terrified) [of|about] what i (will|would|might|could|may|am going to|am about to)"
     " [just] do ~1", Says(0.75, not_before=words("wrong without with if when for about in"))),
    ("if i (jumped|never woke up|disappeared|vanished|stopped breathing)",
     Says(0.75, supposed=True, denial=True, not_before=words("to the in on a from into queue"))),
    ("(hurting|cutting|starving|burning) (myself|my arms|my wrists|himself|herself)",
     Says(0.75, others=True, not_before=words("on with at in"))),
    ("(talks|talking|talked|speaks|messages|texted|posted|wrote|hints|hinting) ~3 (suicide|killing himself|killing"
     " herself"
     "|ending his life|ending her life|ending it all|wanting to die)", OTHERS_TOO),
]  # fmt: skip

VIOLENCE: list[tuple[str, Says]] = [
    ("(i|we) ~1 <intend> ~2 <hurt> <you>", Says(0.95, asked=True, not_before=NOT_BY_MAIL)),
    ("(i|we) ~9 and (hurt|kill|shoot|stab|murder) (people|someone|everyone|everybody|somebody|you|them all|all of you)",
     Says(0.8, not_before=NOT_BY_MAIL, not_with=MACHINES)),
    ("(gonna|going to) <hurt> <you>", Says(0.95, not_before=NOT_BY_MAIL)),
    ("(will|going to|gonna|swear) ~1 (kill|stab|shoot|murder|strangle|punch) (him|her|them|every|all)",
     Says(0.9, not_before=NOT_BY_MAIL, not_with=MACHINES)),
    ("(will|going to|gonna) ~1 <hurt> (me|us|my)", Says(0.3, others=True, not_with=MACHINES)),
    ("<attacker> ~3 (will|going to|gonna|would) ~1 (hurt|harm|beat|stab|shoot|attack|rape) (me|us|my|him|her)",
     Says(0.9, others=True, not_before=words("to up by back"))),
    ("(find|get) (him|her|you|them) and (hurt|kill|stab|shoot|beat)", Says(0.9, not_with=MACHINES)),
    ("(will|going to|gonna|come|coming) ~2 (bring|use|with|get) ~2 <weapon>", Says(0.9, not_with=BAGS)),
    ("(swear|will|going to|gonna) ~2 (beat up|knock out|beat the shit|beat the crap|break his|break her|break your)",
     Says(0.9, not_with=MACHINES)),
    ("<attacker> ~4 (going to|threatened to|threatening to|wants to|trying to|tried to|says he will|said he would)"
     " (hurt|stab|shoot|murder|strangle|attack|rape|beat) (me|us|my|him|her|them)", OTHERS_TOO),
    ("(threatened to|threatening to|trying to|tried to|wants to|threatens to) kill (me|us|him|her|them|my|himself)",
     OTHERS_TOO),
    ("i ~1 (know|find|found) where you (live|work)", Says(0.75)),
    ("(you|they|he|she|staff) ~2 (will|going to|should|deserve to|gonna) (pay with|bleed|be dead|be sorry you were"
     " born)", Says(0.9)),
    ("(come|coming) ~2 (kill|hurt|get|shoot|stab) (me|us)", OTHERS_TOO),
    ("threatening (people|guests|staff|everyone|us|me|him|her|passengers|customers|my)",
     Says(0.85, others=True, not_before=words("emails"), not_with=words("fee fees collections debt"))),
    ("(death threat|death threats)", Says(0.85, others=True)),
    ("(is|have|planted|put|left) ~1 a bomb [in|at|on|under]",
     Says(0.95, others=True, asked=True, not_before=words("of cyclone shelter"), not_with=words("bath cake cocktail"))),
    ("bomb threat", Says(0.9, others=True)),
    ("(blow up|blow|bomb|burn down|burn|shoot up) (your|this|the) [whole|damn] (building|hotel|bank|office|plane"
     "|branch|airport|place|store|shop|school) [up|down]", Says(0.95)),
    ("(man|guy|someone|somebody|he|she|person|woman|stranger|guest|intruder|they|men|boyfriend|husband|ex|passenger)"
     " ~6 (with|has|have|holding|carrying|got|pulled|pointing|waving|pointed|swinging) ~2 <weapon>",
     Says(0.95, others=True, not_with=PERMITS | CUTLERY)),
    ("(i|we) (have|got|bring|bringing|am bringing|will bring|brought) ~1 (gun|weapon|rifle|pistol)",
     Says(0.6, not_with=BAGS)),
    ("(is a|is an active|an active|the) shooter (in|at|outside|here|on|inside)", OTHERS_TOO),
    ("(there is a shooter|shots fired|active shooter|gunshots|being held hostage|held hostage|taken hostage|at"
     " gunpoint|at knifepoint)", OTHERS_TOO),
    ("(someone|somebody|people|one of you|heads|you|everyone|they|staff) (will|going to|is going to|are going to"
     "|would|may"
     "|might) [all|really] (get hurt|get killed|die|be hurt|be killed|end up dead|get stabbed|get shot|bleed|be sorry"
     "|end up in hospital|pay with their life|not walk out|get burned)",
     Says(0.85, others=True, not_before=words("of on that if for"))),
    ("(going to|will|gonna|plans to|wants to|planning to|about to|threatens to|threatened to) ~1 <kills> ~1 (people"
     "|everyone"
     "|everybody|someone|somebody|others|students|colleagues|passengers|guests|kids|children|women|them all|us all)",
     Says(0.9, others=True, asked=True, not_before=NOT_BY_MAIL, not_with=MACHINES)),
    ("(threatened|threatens|threatening|threat|threats|swore|vowed|promised|planning|plans) to ~9 (kill|stab|shoot"
     "|murder|burn|slash|knife|poison|bomb) ~1 <loved>", Says(0.9, others=True, asked=True, not_before=NOT_BY_MAIL,
     not_with=MACHINES)),
    ("(says|said|told me|texted|wrote|messages|swears|swore|threatens|keeps saying|saying) ~2 (he|she|they) (will|is"
     " going to"
     "|are going to|would|wants to) ~1 <kills> (me|us|him|her|them|my)",
     Says(0.9, others=True, asked=True, not_before=words("if when with for up"))),
    ("(break|smash|crush) (every|all|each) ~2 (bone|bones|tooth|teeth|finger|fingers)", Says(0.9)),
    ("(threatened|threatens|threatening|threat|swore|vowed|promised|tried|trying|planning) to ~1 <kills>"
     " ~1 <loved>", Says(0.9, others=True, asked=True, not_before=NOT_BY_MAIL, not_with=MACHINES)),
    ("(he|she|they|guy|man|woman|someone|somebody|colleague|coworker|employee|student|passenger|guest|kid|boy|ex"
     "|husband)"
     " ~6 (bring|bringing|brings|brought|carry|carrying|hiding|bought|showed|shows|packing|hides|draws|drew) ~2"
     " <weapon>",
     Says(0.95, others=True, asked=True, not_with=PERMITS | CUTLERY)),
    ("(has|have|got|carrying|is|there is|with|saw|left|planted|making|building|talking about|about) ~1 (bomb|grenade"
     "|explosives|explosive|explosive device|pipe bomb)",
     Says(0.9, others=True, asked=True, not_before=words("cyclone shelter disposal dessert squad game bath threat"),
          not_with=words("bath cake cocktail dessert game movie calorie"))),
    ("(i|we) ~2 (smash|break|crack|bash|kick|cave) ~1 (your|his|her|their|everyone) ~2 (face|head|neck|teeth|legs|bones"
     "|nose|skull|jaw|ass|knees)", Says(0.9)),
    ("(put|send) ~2 (you|him|her|them|someone) ~1 (in hospital|in the hospital|in a coffin|six feet under|in the ground"
     "|in a grave)", Says(0.9)),
    ("(i|we) ~2 (come|coming|drive|driving|drop by|visit|turn up|show up) ~5 (with|and) ~1 (gun|knife|axe|bat|petrol"
     "|gasoline|rifle|hammer|machete|molotov|matches)", Says(0.9, not_with=BAGS)),
    ("know where ~1 (you|he|she|they|manager|your family|your kids) (live|lives|park|sleep|work|go to school)",
     Says(0.75)),
    ("(burn|burning|torch|set fire to|blow) ~1 (your|this|the) ~2 (down|alight|place|up)",
     Says(0.85, not_with=words("calories dvd cd iso disc photo balloon"))),
    ("(watch your back|you are dead|you are a dead|you will regret being born|dead meat)", Says(0.85)),
    ("<weapon> (to|at|against|on) (my|his|her|the|our) (head|throat|neck|chest|back|face)", Says(0.95, others=True)),
]  # fmt: skip
