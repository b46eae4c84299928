"""Spelling as people type it: contractions written out, chat shorthand, and slips of the finger in the words that
matter most."""

import re

ENDINGS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
STEMS = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
IS_AFTER = frozenset("it that there here what who where how he she this when why".split())
LONG_DRAWN = re.compile(r"([a-z])\1\1+")  # "humannn", "pleeease"
ELISION = re.compile(r"(?:j|l|d|n|m|t|s|c|qu)'.")
SHORT = {
    "wuold": "would", "hlep": "help", "taak": "talk",
    "woud": "would", "coudl": "could", "cud": "could", "wud": "would", "smone": "someone",
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not", "cannot": "can not",
    "wont": "will not", "wouldnt": "would not", "couldnt": "could not", "shouldnt": "should not", "isnt": "is not",
    "arent": "are not", "wasnt": "was not", "werent": "were not", "havent": "have not", "hasnt": "has not",
    "hadnt": "had not", "aint": "is not", "neednt": "need not", "im": "i am", "ive": "i have", "youre": "you are",
    "theyre": "they are", "thats": "that is", "whats": "what is", "theres": "there is", "lets": "let us",
    "wanna": "want to", "wana": "want to", "gonna": "going to", "gotta": "got to", "gimme": "give me",
    "lemme": "let me", "dunno": "do not know", "u": "you", "r": "are", "ur": "your", "pls": "please",
    "plz": "please", "plse": "please", "ppl": "people", "mgr": "manager", "thx": "thanks", "ty": "thanks",
    "asap": "asap", "wtf": "wtf", "smb": "somebody", "sb": "somebody", "sum1": "someone", "some1": "someone",
    "any1": "anyone", "tho": "though", "w": "with", "n": "and", "cn": "can", "d": "the", "thru": "through",
    "tlk": "talk", "spk": "speak", "bout": "about", "som1": "someone", "plzz": "please", "plss": "please",
    "ned": "need", "whant": "want", "wnat": "want", "wnt": "want", "whit": "with", "beeing": "being", "cna": "can",
    "ot": "to", "nto": "not", "teh": "the", "wiht": "with", "costumer": "customer", "bc": "because",
    "rn": "right now", "idk": "i do not know", "reps": "representatives", "csr": "representative",
}  # fmt: skip
SLIPS = frozenset(
    "staff technician receptionist employee colleague human humans person people agent agents representative"
    " representatives manager supervisor operator advisor adviser someone somebody anyone speak speaking talk"
    " talking chat connect transfer escalate customer service support real assistant specialist reception"
    " please contact lawyer attorney complaint cancel police lawsuit hacked".split()
)
REAL_WORDS = frozenset(
    "taking walking customers exception peoples advisory realm advised lawyers managers pearson peaking"
    " specialists attorneys receptions chancel assistants deception advisors stalking lawsuits regal cheat"
    " supervisors serviced taluk argent stalk advisers compliant renal supervisory contrat sparking"
    " parson gents polices contacte contacto cheats cheated stalked stalker stalks services costumers sneaking"
    " complain complains manage managed manages contract contracts layer layers humane persona personal"
    " persons real rel talks talked chats chart speaks gent supports sleep peak lease pleased pleases place"
    " escalated escalates transfers transferred connects connected contacts cancels cancelled canceled chant"
    " cat hat that customs complaints humanly operate operators advise advises supervise represent hacker"
    " racked tacked".split()
)
LONGEST_WORD = 24  # letters of a word that may be a slip of one that matters
VOWELS = "aeiou"
SUBSTITUTED_FROM = 7  # letters: in shorter words another letter is too often another word


def plain_words(token: str) -> tuple[str, ...]:
    """The plain words that a typed one stands for. ``token`` is folded."""
    token = token.replace("’", "'")
    shorter = LONG_DRAWN.sub(r"\1", token)
    token = shorter if len(shorter) > 2 else token  # "www" and "BBB" are names
    if token in SHORT:
        return tuple(SHORT[token].split())
    if "'" in token:
        return _written_out(token)
    return (corrected(token),)


def _written_out(token: str) -> tuple[str, ...]:
    if token.replace("'", "") in SHORT:
        return tuple(SHORT[token.replace("'", "")].split())
    for ending, word in ENDINGS.items():
        if token.endswith(ending):
            stem = token.removesuffix(ending)
            return (STEMS.get(stem, stem), word) if stem else (word,)
    if token == "let's":
        return ("let", "us")
    if token.endswith("'s"):
        stem = token.removesuffix("'s")
        return (stem, "is") if stem in IS_AFTER else (corrected(stem), "'s")
    if ELISION.match(token):
        return tuple(token.split("'", 1))
    return (token,)


def corrected(word: str) -> str:
    """The word that was meant where one that matters was mistyped by a letter; any other word as it is."""
    if len(word) < 4 or word in SLIPS or word in REAL_WORDS:
        return word
    if word in MISTYPED:
        return MISTYPED[word]
    shorter = _without_one(word)
    if meant := sorted(SLIPS.intersection(shorter)):
        return meant[0] if len(meant[0]) > 3 else word
    if len(word) >= SUBSTITUTED_FROM:
        return next((LONG[each] for each in sorted(shorter) if each in LONG), word)
    return word


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _swapped(word: str) -> set[str]:
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}


def _other_vowel(word: str) -> set[str]:
    places = (at for at, letter in enumerate(word) if letter in VOWELS)
    return {word[:at] + vowel + word[at + 1 :] for at in places for vowel in VOWELS}


MISTYPED = {
    slip: word
    for word in sorted(SLIPS)
    for slip in _swapped(word) | (_without_one(word) | _other_vowel(word) if len(word) > 4 else set())
    if slip != word and slip not in REAL_WORDS and slip not in SLIPS and len(slip) > 3
}
"""Letters swapped or left out, and the wrong vowel."""
LONG = {slip: word for word in sorted(SLIPS) if len(word) >= SUBSTITUTED_FROM for slip in _without_one(word)}
"""Long words less a letter: what a mistyped one less a letter may equal."""
