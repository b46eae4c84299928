"""Related words for a query: what people ask by is often not the word they were told.

"What does she like to drink?" asks for "Prefers oat flat white". A transformer knows that; the built-in table and full
text do not, so a query also looks, at a fraction of the weight, for other words of the same meaning and, where it
names an everyday category, for members of it. Plain lists, written for this project.
"""

from storage.analysis import words

WEIGHT = 0.35  # of a related word, against 1 for the query's own

SAME = """
like love enjoy prefer favourite favorite adore fond
dislike hate avoid loathe detest
live reside home address moved based
job work profession occupation career employer employed company
buy bought purchase purchased order ordered
car vehicle drive
child children kid kids son daughter
wife husband spouse partner married
parent parents mother father mom mum dad
sibling siblings sister brother
friend friends buddy pal
doctor physician
birthday born birth
meet meeting met appointment
begin start started began
finish end ended complete completed done
error bug failure problem issue
fix repair solve solved resolve resolved
big large huge
fast quick speed
cheap price cost costs expensive budget
ill sick illness disease
happy glad excited joy
sad upset unhappy
afraid scared fear
trip travel travelled visit visited vacation holiday journey
study studied learn learned school university college degree
phone mobile telephone
picture photo image
film movie
"""

MEMBERS = """
drink beverage: coffee tea latte espresso cappuccino mocha cortado milk oat juice water beer wine cocktail soda matcha
eat food meal dish cuisine diet: breakfast lunch dinner vegetarian vegan pizza pasta sushi rice bread cheese meat salad
pet animal: dog cat puppy kitten bird parrot fish rabbit hamster horse
sport exercise: run running gym yoga swim swimming tennis football basketball hiking cycling climbing
hobby hobbies: painting reading gardening photography cooking music guitar piano chess knitting pottery camping
music instrument: guitar piano violin drums cello band song concert
colour color: red blue green yellow black white purple orange pink grey
allergy allergic: peanut peanuts nuts gluten lactose pollen shellfish
language: english german french spanish chinese japanese italian portuguese
relative family: mother father sister brother aunt uncle cousin grandmother grandfather son daughter
weather: rain sunny snow storm wind
vehicle: car bike bicycle motorcycle truck van
"""


def related(query: list[str]) -> dict[str, float]:
    """The query's words at weight 1 and what they call to mind at WEIGHT."""
    weights = dict.fromkeys(query, 1.0)
    for word in query:
        for other in _RELATED.get(word, ()):
            weights.setdefault(other, WEIGHT)
    return weights


def _read() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in SAME.strip().splitlines():
        group = list(dict.fromkeys(words(line)))
        for word in group:
            found.setdefault(word, []).extend(other for other in group if other != word)
    for line in MEMBERS.strip().splitlines():
        categories, members = line.split(":")
        for category in words(categories):
            found.setdefault(category, []).extend(words(members))
    return {word: tuple(dict.fromkeys(others)) for word, others in found.items()}


_RELATED = _read()
