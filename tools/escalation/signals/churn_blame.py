"""How people say that we are to blame for it when they leave."""

BLAMES = 0.1  # to blame us without leaving is no churn at all

BLAMING = [
    ("(had|have) [more than] enough of", BLAMES),
    ("(had|have) enough", BLAMES),
    ("(sick|tired) [to death] of", BLAMES),
    ("(had it up to here|that is it|that is the end|last straw|final straw|no excuse|no excuses)", BLAMES),
    (
        "(disgusting|appalling|atrocious|shambles|farce|disgrace|contempt|incompetence|incompetent|garbage|rubbish"
        "|clowns|lies"
        "|liars|trash|crap|crappy|useless|pathetic|shameful|unacceptable|outrageous|livid|furious|insulting|scandalous"
        "|hopeless|amateurs|ashamed)",
        BLAMES,
    ),
    (
        "you [have|all] [all] (ruined|wasted|destroyed|wrecked|dumped|cheated|lied|robbed|abandoned|humiliated"
        "|betrayed|ignored"
        "|let) ~1",
        BLAMES,
    ),
    (
        "(cost|costing|costs) (us|me) ~2 (client|clients|customer|customers|job|deal|contract|fortune|holiday"
        "|honeymoon)",
        BLAMES,
    ),
    ("(treat|treated|treats|dumped) ~4 (dirt|rubbish|garbage|animals|trash|badly|cattle|criminals)", BLAMES),
    ("(choke|shove|stuff|stick) ~1 (on|it|your)", BLAMES),
    (
        "(lost|broke|broken|ruined|cancelled|failed|crashed) ~4 (again|twice|three times|four times|for the second"
        " time)",
        BLAMES,
    ),
    ("bunch of", BLAMES),
    ("(disgusted|appalled|sickened|insulted|humiliated|betrayed|outraged|fuming|enraged|mistreated|shame on)", BLAMES),
    ("how [badly|poorly|little] you (treat|treated|treating|handle|handled|dealt|behaved|speak|spoke|value)", BLAMES),
    ("(i|we) ever (chose|joined|booked|signed|trusted|picked|came|opened|bought)", BLAMES),
    ("(regret|regretting) ever (choosing|joining|booking|signing|trusting|picking|buying|opening)", BLAMES),
    ("not deserve ~2 (business|custom|money|loyalty|customers|customer|guests|clients|trust)", BLAMES),
    ("(messed|screwed|failed|ruined|lied|let|botched|cheated|ignored|disappointed) ~6 for the last time", BLAMES),
    ("never again", BLAMES),
    ("keep your ~2 (miles|points|apology|apologies|voucher|vouchers|money|excuses|promises|discount)", BLAMES),
    ("(pathetic|poor|sorry|miserable) excuse for", BLAMES),
    ("worst ~5 (of my life|of our lives|ever|i have|we have)", BLAMES),
    ("enough is enough", BLAMES),
    ("(hate|despise|loathe|detest) (this|you|your|the)", BLAMES),
    ("you (disgust|sicken|appall|make me sick|repulse|make me)", BLAMES),
    (
        "(is|are) [a|an|such a|absolute|total] (joke|farce|insult|disgrace|nightmare|shambles|mess|scandal|rip off"
        "|ripoff)",
        BLAMES,
    ),
    (
        "your (competitor|competitors|rival|rivals) (gives|offers|has|have|is|are|does|do|charges|answers|would|will"
        "|offer|give)",
        BLAMES,
    ),
    ("this is how (i|we|you)", BLAMES),
    ("how (i am|we are|i was|we were) treated", BLAMES),
    (
        "(every|each) ~1 (time|visit|month|week|stay|flight) ~4 (excuse|excuses|problem|problems|issue|wrong|delay"
        "|late|lies)",
        BLAMES,
    ),
    ("(get|got|getting|only|just|nothing but|all) ~2 (excuses|lies|empty promises|run around|runaround)", BLAMES),
    ("(wasting|wasted|waste of) ~2 (time|money|breath|energy|evening|day|week|quarter)", BLAMES),
    ("never [have|ever] ~1 (seen|experienced|had|been|met|known|come across) ~2 (such|so|anything) ~1", BLAMES),
    (
        "(you|your|this) ~4 (useless|pathetic|incompetent|crappy|crap|garbage|rubbish|hopeless|joke|clowns|idiots"
        "|trash)",
        BLAMES,
    ),
    ("(after|despite) ~3 (lies|promises|shambles|fiasco|disaster|mess|treatment)", BLAMES),
    ("(done|finished|through) with (you|this|all)", BLAMES),
    ("fed up", BLAMES),
    (
        "(terrible|awful|horrible|poor|appalling|disgraceful|pathetic) ~1 (service|support|bank|company|experience)",
        BLAMES,
    ),
    ("not (coming|come) back", BLAMES),
    ("worst ~2 <firm>", BLAMES),
    ("(mir reicht es|mir reicht|en ai assez|en ai marre|estoy harto|estoy harta)", BLAMES),
]
