"""Legal threats in German, French and Spanish, as people write them once accents are folded."""

from tools.escalation.hard_signals import Says
from tools.escalation.language.word_lists import words

THREAT = Says(0.85)
COURT = Says(0.85, supposed=True, asked=True)
THEFT = words("gestohlen dieb verloren")

GERMAN: list[tuple[str, Says]] = [
    ("(anwalt|anwalte|anwaltin|rechtsanwalt|rechtsanwaltin|anwaltlich) ~5 (einschalten|einschalte|beauftragen"
     "|beauftragt|beauftrage|melden|meldet|nehmen|wenden|sprechen|ubergeben|ubergebe|horen|einzuschalten|nehme|gehen"
     "|kontaktieren|informieren|schreiben|vorgehen|kummern|kummert|weiterleiten|hinzuziehen|informiert|eingeschaltet)",
     THREAT),
    ("(schalte|beauftrage|ubergebe|nehme|gehe|kontaktiere|informiere|wende|rufe|hole) ~5 (anwalt|rechtsanwalt"
     "|anwaltin)", THREAT),
    ("(horen|post|brief) ~3 (anwalt|rechtsanwalt|anwaltin)", COURT),
    ("(mein|meinem|meinen|unser|einen) (anwalt|rechtsanwalt)",
     Says(0.3, not_with=words("zimmer kaufvertrag hauskauf"))),
    ("(ich|wir) (verklage|verklagen|zeige|zeigen) (sie|euch|dich|ihre|eure|das)", THREAT),
    ("(sie|euch|dich|ihre bank|ihr hotel) ~3 (verklagen|anzeigen|verklage)", THREAT),
    ("(klage|anzeige|strafanzeige) ~3 (einreichen|erheben|erstatten|reiche|erstatte|einzureichen|gegen|ein)",
     Says(0.8, not_with=THEFT)),
    ("(reiche|reichen|erstatte|erstatten|erhebe) ~3 (klage|anzeige|strafanzeige)", Says(0.8, not_with=THEFT)),
    ("(rechtliche|rechtlichen|juristische|juristischen) (schritte|schritten|mittel|konsequenzen|massnahmen)", THREAT),
    ("(rechtsweg|rechtlich vorgehen|gerichtlich vorgehen|rechtlich gegen)", THREAT),
    ("(gehe|gehen|ziehe|ziehen|ziehen wir|landet|sehen|treffen) ~5 vor [das|dem] gericht", COURT),
    ("(vor gericht|vors gericht) ~3 (gehen|ziehen|bringen|sehen|treffen|landen|klaren)", COURT),
    ("(beschwerde|beschwere|beschweren|melde|melden|wende|wenden|gehe|gehen|einschalten|schalte|informiere"
     "|informieren|anzeigen|kontaktieren) ~6 (bafin|verbraucherzentrale|verbraucherschutz|schlichtungsstelle"
     "|ombudsmann|ombudsstelle|datenschutzbehorde|luftfahrtbundesamt|bundesnetzagentur|aufsichtsbehorde"
     "|datenschutzbeauftragten|aufsicht)", THREAT),
    ("(bafin|verbraucherzentrale|verbraucherschutz|schlichtungsstelle|ombudsmann|datenschutzbehorde"
     "|luftfahrtbundesamt|bundesnetzagentur|aufsichtsbehorde) ~5 (melden|wenden|beschweren|gehen|einschalten"
     "|informieren|ein|beschwerde|melde|kontaktieren)", THREAT),
    ("(bafin|verbraucherzentrale|schlichtungsstelle|ombudsmann|datenschutzbehorde|aufsichtsbehorde)", Says(0.35)),
    ("(an die presse|zur presse|an die medien|an die zeitung)", Says(0.6)),
]  # fmt: skip

FRENCH: list[tuple[str, Says]] = [
    ("(contacter|contacte|appeler|appelle|saisir|saisis|consulter|consulte|prendre|prends|engager|engage|voir"
     "|mandater|parler a|parle a|confier|transmettre|nouvelles de|passer par) ~4 (avocat|avocate|avocats|huissier)",
     THREAT),
    ("(mon|notre) (avocat|avocate) ~3 (contacter|contactera|prendre|prendra|ecrire|ecrira|appeler|appellera|occuper"
     "|va)", THREAT),
    ("(mon|notre|un) (avocat|avocate)", Says(0.3, not_with=words("chambre notaire maison"))),
    ("(porter|porte|portons|porterai|deposer|depose|deposerai) plainte", Says(0.85, not_with=words("vol vole voleur"))),
    ("(vous|votre banque|votre hotel|votre compagnie|votre entreprise) ~3 (justice|tribunal|tribunaux|poursuivre"
     "|poursuis|attaquer|prud'hommes)", THREAT),
    ("(saisir|saisis|saisirai|aller|vais|irai|porter) ~4 (tribunal|justice|mediateur|ombudsman|cnil|dgccrf|autorite"
     "|conciliateur)", THREAT),
    ("(poursuites|action|actions|procedure|demarches) (judiciaires|judiciaire|en justice|juridique|juridiques)",
     Says(0.8)),
    ("(signaler|signale|signalerai|plainte|reclamation|alerter|alerte|ecrire|contacter) ~6 (cnil|dgccrf|mediateur"
     "|repression des fraudes|ufc que choisir|que choisir|60 millions|autorite|defenseur des droits|acpr|dgac)",
     THREAT),
    ("(cnil|dgccrf|mediateur|defenseur des droits)", Says(0.35)),
    ("(alerter|contacter|contacte|aller voir|prevenir) ~3 (presse|medias|journaux|journaliste)", Says(0.6)),
]  # fmt: skip

SPANISH: list[tuple[str, Says]] = [
    ("(llamar|llamare|contactar|contactare|hablar|hablare|contratar|contratare|consultar|poner|pondre|acudir|acudire"
     "|noticias de|manos de|llamando|hablando|contactara) ~4 (abogado|abogada|abogados)", THREAT),
    ("(mi|nuestro|nuestra) (abogado|abogada) ~3 (contactar|contactara|pondra|llamara|escribira|va|contacto)", THREAT),
    ("(mi|un|una) (abogado|abogada)", Says(0.3, not_with=words("habitacion notario casa"))),
    ("(voy|vamos|pienso|quiero) a (demandar|denunciar|demandarlos|demandarles|denunciarlos|denunciarles|demandaros"
     "|denunciaros|llevarlos a juicio|llevarles a juicio|ir a juicio)", THREAT),
    ("(los|les|os) (demandare|denunciare|voy a demandar|voy a denunciar|demando|denuncio|vere en los tribunales)",
     THREAT),
    ("(demandare|denunciare|demandarlos|demandarles|denunciarlos|denunciarles|demandaremos|denunciaremos)", THREAT),
    ("(poner|presentar|interponer|pondre|presentare|interpondre|meter) ~2 (demanda|denuncia)",
     Says(0.85, not_with=words("robo robaron robado ladron"))),
    ("(acciones|medidas|vias) (legales|judiciales)", THREAT),
    ("(tribunales|juicio|juzgado) ~1 (nos|con|contra)", Says(0.75)),
    ("(ir|ire|acudir|acudire|llevar|llevare|nos vemos|veremos) ~3 (tribunales|juicio|juzgado)", Says(0.8)),
    ("(queja|reclamacion|denuncia|denunciar|acudir|acudire|reclamar|reclamare|quejarme|hoja|hojas|llamar|ir|ire) ~5"
     " (consumo|oficina del consumidor|defensor del pueblo|defensor del cliente|banco de espana|ocu|facua|aepd|aesa"
     "|omic|agencia de proteccion de datos|condusef|profeco|sernac|indecopi)", THREAT),
    ("(facua|ocu|aepd|condusef|profeco|defensor del consumidor)", Says(0.35)),
    ("(prensa|periodicos|medios) [de] [comunicacion]", Says(0.3)),
]  # fmt: skip

ABROAD = [*GERMAN, *FRENCH, *SPANISH]
