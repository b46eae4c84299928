"""Medical emergencies, and children and others who can not look after themselves."""

from tools.escalation.hard_signals import HERE, Says
from tools.escalation.language.word_lists import words
from tools.escalation.signals.safety_words import (
    AILING,
    CALL,
    CHILD,
    FIGURES,
    ILL,
    ILL_DENIED,
    MACHINES,
    OVERLOAD,
    PEOPLE,
    THINGS,
    TIGHT,
)

LATER = words("rebook reschedule postpone cancel refund voucher seat aisle wheelchair insurance booking upgrade policy")
"""Arrangements for afterwards: nobody is in danger now."""

MEDICAL: list[tuple[str, Says]] = [
    ("(throat|tongue|airway|face|lips) ~3 (swelling|closing|swollen|swelled)", ILL),
    ("(took|taken|swallowed|drank|ate) ~1 (all|too many|whole|lot of|every|dozens of|bunch of|entire) ~3 (pills"
     "|tablets|medication|paracetamol|bottle|bleach|poison)", ILL),
    ("(having|has|have|think|suffering|suffered|with) ~3 (heart attack|stroke|seizure|cardiac arrest|asthma attack"
     "|anaphylactic shock|convulsions|severe allergic reaction|severe bleeding|panic attack)", ILL),
    ("(having|going into) ~2 (allergic reaction|anaphylaxis|anaphylactic shock|labor|labour|diabetic shock"
     "|contractions|miscarriage|convulsions)", ILL),
    ("(chest pain|chest pains|pain in my chest|pains in my chest|heart stopped|stopped breathing)", ILL),
    ("(can not|not able to|unable to|struggling to|trouble|difficulty|could not|hardly|can barely|hard to|can hardly)"
     " (breathe|breathing)", ILL_DENIED),
    ("<person> ~2 not breathing", ILL_DENIED),
    ("<person> ~4 (unconscious|collapsed|fainted|choking|convulsing|seizing)",
     Says(0.95, others=True, asked=True, fresh=True, not_with=MACHINES)),
    ("(husband|wife|son|daughter|mother|father|mom|mum|dad|baby|child|guest|man|woman|friend|passenger|grandmother"
     "|grandfather|kid|he|she) ~2 not (moving|waking up|responsive|conscious)",
     Says(0.95, others=True, denial=True, fresh=True, not_with=MACHINES,
          not_before=words("house flat to in out apartment on away before until early from seats"))),
    ("(husband|wife|son|daughter|mother|father|mom|mum|dad|child|guest|grandmother|grandfather|kid|he|she) ~3 (fell"
     "|fallen) ~2 (stairs|steps|balcony|ladder|window)", Says(0.75, others=True, fresh=True)),
    ("(fell|fallen) ~2 (stairs|steps|balcony|ladder)", Says(0.6, others=True)),
    ("<person> ~4 (passed out|drowning|unresponsive|bleeding|suffocating)",
     Says(0.95, others=True, asked=True, fresh=True, not_with=MACHINES | OVERLOAD,
          not_before=words("edge money cash ink the flyers through on"))),
    ("(stop|stopping) [the|my|his|her] bleeding", ILL_DENIED),
    ("(bleeding|blood) [is] (badly|heavily|everywhere|profusely|out|all over|a lot)", ILL),
    ("(is|have|this is|it is|having|a) [a|an] (medical emergency|life threatening emergency|medical crisis)",
     Says(0.95, others=True, asked=True, fresh=True, not_with=words("insurance cover covers policy form contact"
     " list"))),
    ("(life or death|matter of life and death)", Says(0.5)),
    ("(broke|broken) (my|his|her) (arm|leg|hip|ankle|wrist|back|skull)",
     Says(0.6, others=True, fresh=True, not_with=LATER)),
    ("(need|get|send|call|want) ~2 (doctor|medic|nurse) (now|immediately|right|urgently|quickly|fast|asap)", CALL),
    ("(dying|he is dying|she is dying) (here|right now|please help)", Says(0.6, others=True, not_with=FIGURES)),
    ("(food poisoning|poisoned)", Says(0.45, others=True)),
    ("<person> ~6 <ails>", Says(0.95, others=True, asked=True, fresh=True, not_with=MACHINES | OVERLOAD | THINGS |
     FIGURES,
                                 not_before=words("edge money cash ink the flyers through on at for with"))),
    ("(not|stopped|hardly|barely) [even] breathing", Says(0.95, others=True, denial=True, asked=True, fresh=True)),
    ("(is|are|just|has) (unconscious|collapsed|choking|convulsing|unresponsive)",
     Says(0.85, others=True, asked=True, fresh=True, not_with=MACHINES | THINGS)),
    ("(half|side|corner) ~2 (face|mouth|body) ~2 (drooping|numb|paralysed|paralyzed|hanging|dropped)", ILL),
    ("(need|needs|require|requires|get|want) ~1 medical (help|attention|aid|treatment|care)",
     Says(0.75, others=True, not_with=words("insurance cover form seat later rebook"))),
    ("(burned|burnt|cut|hurt|injured|broke|broken|scalded|bitten|stung|wounded) ~4 (badly|severely|seriously)",
     Says(0.8, others=True, fresh=True, not_with=words("feelings laptop screen prices budget"))),
    ("(badly|severely|seriously) (burned|burnt|cut|hurt|injured|scalded|wounded)", Says(0.8, others=True, fresh=True)),
    ("just had ~2 (heart attack|stroke|seizure|fit|cardiac arrest|asthma attack|allergic reaction)",
     Says(0.85, others=True, asked=True, not_before=words("of"), not_with=LATER)),
    ("had ~3 (heart attack|stroke|seizure|fit|cardiac arrest|asthma attack|allergic reaction|panic attack|fall"
     "|miscarriage)",
     Says(0.9, others=True, asked=True, only_with=HERE)),
    ("(will|does|did|can|would) not (wake up|wake|breathe)",
     Says(0.85, others=True, denial=True, fresh=True, only_with=PEOPLE,
          not_with=MACHINES | THINGS | words("before morning alarm call room app early key card email mail reception"
          " desk agent bag"))),
    ("(swallowed|downed|necked|overdosed) ~5 (tablets|pills|bottle|medication|capsules|paracetamol|painkillers)", ILL),
    ("(took|taken|swallowed) ~1 (10|12|15|20|24|25|30|40|50|60|100|twenty|thirty|forty|fifty) ~1 (pills|tablets)", ILL),
    ("(bottle|box|pack|handful|packet|load|lots) of ~2 (pills|tablets|painkillers|sleeping tablets) ~1",
     Says(0.4, others=True)),
    ("(arm|face|jaw|side) ~2 (numb|tingling|paralysed|paralyzed)", Says(0.75, others=True, fresh=True)),
    ("chest ~6 (heavy|tight|crushing|crushed|exploding|pressure|standing|sitting|squeezed)",
     Says(0.75, others=True, fresh=True, not_with=TIGHT | {"drawers"})),
    ("(slurred speech|speech is slurred|slurring|can not feel my arm|can not feel my leg|can not move my)", Says(0.7,
     others=True, fresh=True)),
    ("(without|out of|run out of|ran out of|have no|has no|missing|no) ~2 <rescue>",
     Says(0.75, others=True, denial=True, not_with=words("carry fridge allowed policy bring pack"))),
    ("(need|needs|require|requires|must have) ~2 <rescue>", Says(0.85, others=True, only_with=AILING)),
    ("<rescue> ~6 (lost|missing|hold bag|suitcase|luggage|bag you lost|delayed bag)", Says(0.6, others=True,
     asked=False)),
    ("(electric shock|electrocuted|electrical shock|got shocked by|shocked me)", Says(0.85, others=True, fresh=True)),
    ("(heart|chest) [is|'s|are] ~1 (racing|pounding|hurting|hurts|tight|squeezing|stabbing) ~4",
     Says(0.5, others=True, fresh=True)),
    ("(burned|burnt|scalded|burns) [all] ~1 (my|his|her) (hand|hands|arm|face|leg|legs|arms|skin|back|feet) ~1",
     Says(0.6, others=True, fresh=True)),
    ("<vital> ~6 (down|offline|failing|failed|crashed|stopped|dead|out|frozen|unreachable|at risk|unavailable)",
     Says(0.85, others=True, denial=True, not_with=words("database records app list portal parking newsletter survey"
     " invoice"))),
    ("(down|offline|failing|failed|crashed|stopped|outage|frozen|blocks|blocking) ~6 (patients|ventilators|life support"
     "|intensive care|icu|emergency calls|operating theatre|ambulances)", Says(0.8, others=True)),
    ("(swallowed|drank|ate|inhaled|took) ~3 (bleach|battery|batteries|detergent|magnet|cleaner|antifreeze|poison"
     "|paracetamols|sleeping pills|whole bottle|cleaning fluid|button cell|pod|capsule|shampoo|coin|marble)",
     Says(0.9, others=True, fresh=True)),
]  # fmt: skip

CHILDREN: list[tuple[str, Says]] = [
    ("(my|our|the|a|her|his) [little|young|year old] (son|daughter|child|kid|toddler|baby|boy|girl|kids|children) ~2"
     " (is|are|has|have|went|been|gone) [gone] (missing|disappeared|vanished|wandered off|been taken|abducted)",
     Says(0.95, others=True, fresh=True, not_before=words("from a an the his her on one their out several some"))),
    ("(can not|could not|cannot|unable to|lost) [find] (my|our) [little|young|year old] (son|daughter|child|kid"
     "|toddler|baby|boy|girl)",
     Says(0.9, denial=True, fresh=True, not_before=words("'s on in as seat under ticket account card stroller sim"))),
    ("(child|baby|toddler|kid|son|daughter|infant) ~3 (locked|left|alone|trapped) ~2 (in|inside) ~2 (car|vehicle|room"
     "|bus|bathroom)", Says(0.95, others=True, not_with=words("seat policy allowed age"))),
    ("(missing child|kidnapped my|took my child|took my baby|abducted)", Says(0.85, others=True)),
    ("(hitting|beating|hurting|abusing|molesting|touching) (a|the|that|his|her|their|my|our) ~1 (child|kid|baby|son"
     "|daughter|kids|children|boy|girl)", Says(0.9, others=True)),
    ("(fell|fallen|falling) (in|into|off|from|out) ~2 (pool|balcony|window|water|lake|overboard)",
     Says(0.7, others=True, not_with=words("phone camera watch glasses keys ring laptop towel"))),
    ("(do not know|no idea|not know|do not have any idea|nobody knows|no one knows|can not tell|nobody can tell) ~2"
     " where"
     " (he|she|they|my son|my daughter|my child|my kid) (is|are|went|could|has|might)",
     Says(0.9, denial=True, asked=True, only_with=CHILD)),
    ("(can not|could not|unable to|not able to) find (him|her|them) [anywhere|at]",
     Says(0.85, denial=True, others=True, fresh=True, only_with=CHILD,
     not_with=words("seat stroller ticket shoes toy"))),
    ("(not|nobody|no one|never) ~1 (met|picked up|collected|meet|collect|handed over) ~2",
     Says(0.6, denial=True, others=True, only_with=words("alone unaccompanied minor"))),
    ("(son|daughter|child|kid|boy|girl|toddler|baby|mother|father|grandmother|grandfather|husband|wife|mum|dad) ~6"
     " (never arrived|never came out|did not come back|did not come out|has not come back|is nowhere|was taken"
     "|has been taken|wandered off|is gone|have lost him|have lost her|disappeared|got lost|went missing)",
     Says(0.85, others=True, denial=True, fresh=True, not_before=words("from a an the his her on their card ticket"))),
    ("(i|we) [have|just|have just] lost (sight of|track of) (my|our) (son|daughter|kid|child|kids|toddler|children)",
     Says(0.9, fresh=True)),
    ("(being|been|is|are|was) forced (by|to|into) ~4 (he|she|her|carer|husband|boyfriend|partner|marry|sex|withdraw"
     "|prostitution|sign|men|man)", Says(0.75, others=True)),
    ("(he|she|they|carer|husband|wife|father|mother|stepfather|teacher|nurse|partner) ~1 (hits|beats|hurts|abuses"
     "|chokes|kicks|slaps|starves|touches|locks) (her|him|them|us|me|the kids|my kids|my son|my daughter) [in|up|when]",
     Says(0.9, others=True, fresh=True)),
]  # fmt: skip
