"""Requests for a person in German, French and Spanish: whole phrases, and what in the clause takes them back.

Words stand as they are read: small, without accents, elisions split, and a few that look like English ones respelled as
these ("agente" is read as "agent", "humain" as "human").
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.escalation.language.phrases import Phrases
from tools.escalation.language.reading import Clause
from tools.escalation.requests.mood import LIKELY, SURE, Request

BOTS = (
    "bot robot roboter maschine computer machine ordinateur ordenador maquina chatbot automaten automat ki ia".split()
)


@dataclass(frozen=True, slots=True)
class Language:
    """What asks for a person in a language. A clause is read in it when it holds one of its ``marks``, which are words
    that English has not."""

    marks: frozenset[str]
    phrases: Phrases[float]


GERMAN = Language(
    frozenset(
        "ich mit bitte mir mich einen einem einer eine ein sie und nicht jemand jemanden mochte moechte wie"
        " uns brauche verbinden verlange menschen echten".split()
    ),
    Phrases(
        [
            ("mit ~5 <person> ~ (sprechen|reden|telefonieren|verbunden|verbinden|chatten|unterhalten|verbindet)", SURE),
            ("(sprechen|reden|telefonieren) ~ mit ~ <person>", SURE),
            ("mit (dem|der|denen) ich ~5 (sprechen|reden|chatten)", SURE),
            ("(verbinden|verbinde|verbindet) [sie] (mich|uns)", SURE),
            ("(stellen|stelle|stell) [sie] (mich|uns) ~5 durch", SURE),
            ("(leiten|leite) [sie] (mich|uns) ~5 weiter", SURE),
            ("(weitergeleitet|durchgestellt|verbunden) werden", SURE),
            ("(brauche|will|verlange|benotige|benoetige) ~ <person>", LIKELY),
            ("(mochte|moechte) ~ (echten|richtigen|menschlichen|echte|menschliche) <person>", SURE),
            ("(geben|gib|holen|hol) [sie] mir ~ <person>", SURE),
            ("(echten|richtigen|menschlichen|echter|richtiger|echte) <person> ~ bitte", SURE),
            ("<person> bitte", LIKELY),
            ("(rufen|ruf|ruft) [sie] (mich|uns) ~ (an|zuruck|zurueck)", LIKELY),
            ("jemand ~ (zuruckrufen|zurueckrufen|anrufen|kontaktieren|melden)", LIKELY),
            ("(bitte|um|einen|wunsche) [einen] (ruckruf|rueckruf)", LIKELY),
            ("(erreiche|spreche) ich ~5 <person>", LIKELY),
            ("(kann|darf|konnte) ich ~ <person> ~ sprechen", SURE),
            ("kann (mir|uns) ~ (mensch|mitarbeiter|human) helfen", LIKELY),
        ],
        {
            "person": (
                "mensch menschen mitarbeiter mitarbeiterin mitarbeitern"
                " berater beraterin person jemand jemanden jemandem"
                " kundendienst kundenservice kundenberater"
                " kundenberaterin kundenbetreuer kundenbetreuung vorgesetzten"
                " vorgesetzter vorgesetzte chef chefin manager"
                " managerin filialleiter filialleiterin teamleiter support"
                " ansprechpartner agenten ansprechpartnerin rezeption techniker technikerin sachbearbeiter human"
                " sachbearbeiterin hotline supervisor leitung hausdame concierge empfang abteilung personal agent"
                " irgendjemand irgendjemandem verantwortlichen zustandigen"
                " bankberater kollegin schichtleiter hotelleitung"
                " geschaftsleitung geschaftsfuhrer"
            ).split()
        },
    ),
)
FRENCH = Language(
    frozenset(
        "je j un une moi avec vous votre svp plait quelqu'un veux voudrais pouvez pas du des les mon puis peux".split()
    ),
    Phrases(
        [
            ("(parler|parle|discuter|echanger|dialoguer) ~ <person>", SURE),
            ("quelqu'un ~ (parler|discuter|joindre)", SURE),
            ("quelqu'un ~ (appelle|rappelle|contacte|rappeler|appeler|contacter)", LIKELY),
            ("(joindre|contacter) ~ <person>", LIKELY),
            ("(passez|passe|transferez|mettez|connectez|transfere|passer) [moi|nous] ~ <person>", SURE),
            ("mettez moi en (relation|contact|ligne)", SURE),
            ("(veux|voudrais|exige|demande) ~ <person>", LIKELY),
            ("(rappelez|appelez) (moi|nous)", LIKELY),
            ("(me|nous) (rappeler|rappelle|recontacter)", LIKELY),
            ("etre (rappele|rappelee|mis en relation|mise en relation|transfere|transferee)", LIKELY),
            ("<person> (svp|s il vous plait)", LIKELY),
        ],
        {
            "person": [
                *"human humain humaine conseiller conseillere".split(),
                *"agent agente responsable superieur superieure quelqu'un".split(),
                *"employe employee operateur operatrice operator".split(),
                *"teleconseiller manager gerant gerante directeur".split(),
                *"technician directrice technicien technicienne reception".split(),
                *"receptionniste interlocuteur interlocutrice chef conseil".split(),
                *"representant superviseur standard concierge banquier banquiere".split(),
                *("service client", "etre human", "etre humain", "une personne", "vraie personne", "personne reelle"),
            ]
        },
    ),
)
SPANISH = Language(
    frozenset(
        "con una un quiero por favor alguien necesito puedo puede pueden quisiera hablar hablo hay como exijo"
        " solicito llamenme llameme llamame paseme deme".split()
    ),
    Phrases(
        [
            ("(hablar|hablo|comunicarme|conversar|platicar|charlar) (con|a) ~ <person>", SURE),
            ("alguien ~ (hablar|conversar)", SURE),
            ("(paseme|pasame|comuniqueme|comunicame|transfierame|transfiereme|conecteme|conectame) ~ con", SURE),
            ("(pongame|ponme|derivame|pasenme) ~ con", SURE),
            ("(pasar|pasarme|transferir|transferirme|poner|ponerme|comunicar|conectar) ~ con ~ <person>", SURE),
            ("(quiero|necesito|deseo|exijo|solicito|dame|deme|quisiera) ~ <person>", LIKELY),
            ("(contactar|contacto|contact) ~ con ~ <person>", LIKELY),
            ("(llamenme|llameme|llamame)", LIKELY),
            ("me (pueden|puede|podrian|podria) (llamar|contactar)", LIKELY),
            ("que me (llamen|llame|contacten)", LIKELY),
            ("(persona|agent|human|representante|asesor) [real|humana] por favor", SURE),
            ("(atienda|atenderme|atiende|ayude) ~ <person>", LIKELY),
        ],
        {
            "person": [
                *"persona personas human humano humana agent".split(),
                *"agente representante asesor asesora supervisor supervisora".split(),
                *"gerente encargado encargada responsable alguien".split(),
                *"operador operadora operator ejecutivo ejecutiva jefe".split(),
                *"jefa tecnico tecnica recepcion recepcionista".split(),
                *"empleado empleada trabajador manager director directora".split(),
                *(
                    "companero",
                    "companera",
                    "gestor",
                    "gestora",
                    "atencion al cliente",
                    "servicio al cliente",
                    "ser human",
                ),
            ]
        },
    ),
)
LANGUAGES = (GERMAN, FRENCH, SPANISH)
NO_BOTS = Phrases(
    [
        ("(nicht|kein|keinem|keine|keinen|satt|genug) ~5 <bot> ~ (reden|sprechen|chatten|schreiben)", LIKELY),
        ("(nicht|kein|keinem|keine|keinen) ~ mit ~ <bot>", LIKELY),
        ("(ne|pas|marre|assez) ~5 parler ~ <bot>", LIKELY),
        ("(no|harto|harta|cansado|cansada) ~5 hablar ~ <bot>", LIKELY),
    ],
    {"bot": BOTS},
)
TAKEN_BACK = frozenset(
    "nicht kein keine keinen keinem keiner ohne nie statt anstatt weder niemand pas sans jamais inutile aucun"
    " aucune plutot no sin nunca tampoco ningun ninguna".split()
)
UNABLE = frozenset("warum wieso pourquoi porque erreiche arrive puedo consigo logro peux parviens reussis".split())
OTHERS = frozenset(
    "bruder schwester freund freundin frau mann kollege mutter vater nachbar er gestern sagte sagt stand"
    " schrieb gesagt frere soeur ami amie femme mari mere pere hier dit disait ecrit hermano hermana amigo"
    " amiga mujer marido madre padre vecino ella ayer dijo dice decia pidio".split()
)
NEED_QUESTIONS = (
    ("muss", "ich"),
    ("soll", "ich"),
    ("sollte", "ich"),
    ("dois", "je"),
    ("faut", "il"),
    ("tengo", "que"),
    ("debo",),
    ("suis", "je"),
)
SUPPOSES = frozenset("wenn falls si cuando bevor avant antes".split())


def requests_abroad(clause: Clause) -> Iterator[Request]:
    """Every request the clause makes in one of these languages."""
    known = set(clause.words)
    for found in NO_BOTS.in_clause(clause):
        yield Request(found.first, found.last, found.value)
    if not _is_taken_back(clause, known):
        yield from phrases_abroad(clause)


def phrases_abroad(clause: Clause) -> Iterator[Request]:
    """The phrases of a request that the clause holds, whoever asks: an offer holds them too."""
    for language in LANGUAGES:
        if not language.marks.isdisjoint(clause.words):
            for found in language.phrases.in_clause(clause):
                yield Request(found.first, found.last, found.value)


def _is_taken_back(clause: Clause, known: set[str]) -> bool:
    """Whether the clause denies or supposes it, tells of others, or asks if one must."""
    words = clause.words
    if OTHERS & known or (words[0] in SUPPOSES and not TAKEN_BACK & known):
        return True
    if any(words[at : at + len(pair)] == pair for pair in NEED_QUESTIONS for at in range(len(words))):
        return True
    return bool(TAKEN_BACK & known) and not UNABLE & known
