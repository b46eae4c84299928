"""Danger in German, French and Spanish, as people write it once accents are folded."""

from tools.escalation.hard_signals import Says
from tools.escalation.language.word_lists import words

DIES = Says(0.95, denial=True, supposed=True, asked=True)
OTHERS_TOO = Says(0.95, others=True, asked=True)
DANGER = Says(0.95, others=True, asked=True, fresh=True)
LOST = Says(0.95, others=True, not_before=words("son sa ses le la les un une su sus el los una mi de"))
ATTACKED = Says(0.9, others=True, asked=True)
ILL_DENIED = Says(0.95, others=True, denial=True, asked=True, fresh=True)
PLACES = words("in mit bei hier dort en con aqui cerca")
MACHINES = words("proceso procesos servidor tarea processus serveur tache")

GERMAN: list[tuple[str, Says]] = [
    ("(mich|mir) ~2 (umbringen|umbringe|tote|toten|erhange|erhangen|erschiessen)", DIES),
    ("(bringe|tote|erschiesse|erhange) mich [um]", DIES),
    ("(mir|mich) ~3 (leben nehmen|etwas antun|was antun|selbst verletzen|ritzen|ritze)", DIES),
    ("nicht mehr (leben|weiterleben|aufwachen)", Says(0.95, denial=True, not_before=PLACES)),
    ("(will|mochte|wollte) (sterben|tot sein)", DIES),
    ("leben ~3 keinen sinn", Says(0.6, denial=True)),
    ("(selbstmord|suizid) (begehen|gedanken|gefahrdet|begehe)", DIES),
    ("(selbstmordgedanken|suizidgedanken|suizidgefahrdet|suizidal|lebensmude)", Says(0.9, others=True)),
    ("(sie|euch|dich|alle|jemanden|ihn) ~2 (umbringen|abstechen|erschiessen|verprugeln|toten|abknallen)", Says(0.9)),
    ("(bringe|steche|schlage|erschiesse) (sie|euch|dich|alle|ihn) [alle] (um|ab|zusammen|tot)", OTHERS_TOO),
    ("(mann|jemand|er|person|typ|gast) ~6 (messer|waffe|pistole)", Says(0.9, others=True)),
    ("(ich|wir) ~2 in gefahr", DANGER),
    ("(es brennt|feuer im|feuer in|brand im|brand in)", Says(0.9, others=True, not_with=words("dvd cd lampe kamin"))),
    ("(riecht|stinkt) ~3 (gas|rauch|verbrannt|verschmort)", Says(0.85, others=True)),
    ("(gasgeruch|gasleck|rauch im|rauch in|rauch aus|rauchentwicklung)", Says(0.85, others=True)),
    ("(aufzug|fahrstuhl|lift) ~3 (eingeschlossen|gefangen|fest|eingesperrt|steckengeblieben)", DANGER),
    ("(stecke|stecken|sitze|sitzen|bin|sind) ~4 (aufzug|fahrstuhl) ~1 (fest|gefangen|eingesperrt)", DANGER),
    ("(herzinfarkt|schlaganfall|brustschmerzen|atemnot|bewusstlos|ohnmachtig|anaphylaktischen)",
     Says(0.85, others=True, fresh=True)),
    ("(keine luft|nicht atmen|nicht mehr atmen|atmet nicht)", ILL_DENIED),
    ("(krankenwagen|notarzt|rettungswagen) [bitte|sofort|schnell|rufen]", Says(0.85, fresh=True)),
    ("(schlagt|schlug|bedroht|verfolgt|misshandelt|wurgt|vergewaltigt|stalkt) (mich|uns|mein|meine)", ATTACKED),
    ("(wurde|werde|bin) ~3 (bedroht|vergewaltigt|angegriffen|uberfallen|verfolgt|belastigt|geschlagen)", ATTACKED),
    ("(jemand|einbrecher|fremder) ~5 (einbrechen|eingebrochen|bricht)", Says(0.85, others=True)),
    ("(rufen|holen|schicken) ~3 (polizei|krankenwagen|feuerwehr)", Says(0.85)),
    ("(kind|sohn|tochter|baby) ~3 (verschwunden|vermisst|entfuhrt|verloren gegangen)", OTHERS_TOO),
]  # fmt: skip

FRENCH: list[tuple[str, Says]] = [
    ("(me|m) [vais] (suicider|tuer|suicide|pendre|tue)", DIES),
    ("(mettre fin a mes jours|en finir avec la vie|envie de mourir|veux mourir|plus envie de vivre|plus vivre|pensees"
     " suicidaires|idees noires|suicidaire)", Says(0.95, denial=True)),
    ("(vais|veux|vous) ~3 (tuer|buter|egorger|frapper|casser la gueule|poignarder)",
     Says(0.9, not_before=words("le la temps processus"))),
    ("(homme|quelqu'un|quelqu un|type|il|individu) ~6 (couteau|arme|pistolet|fusil)", Says(0.9, others=True)),
    ("(pris|avale|prendre) ~2 trop de (medicaments|cachets|pilules|comprimes)", DIES),
    ("(suis|sommes|est|sont) en danger", DANGER),
    ("(il y a|a) (le feu|un incendie|une fuite de gaz|de la fumee)", DANGER),
    ("(au feu|en feu|prend feu|pris feu|odeur de gaz|odeur de brule|sent le gaz|sent le brule|fuite de gaz)",
     Says(0.85, others=True)),
    ("(coince|coinces|coincee|bloque|bloques|bloquee|enferme|enfermee) dans (l|un|la|le) (ascenseur|chambre|sauna)",
     Says(0.9, others=True)),
    ("(crise cardiaque|arret cardiaque|avc|douleur a la poitrine|douleurs a la poitrine|mal a la poitrine|inconscient"
     "|inconsciente|perdu connaissance|evanoui|evanouie|saigne beaucoup|s etouffe)",
     Says(0.9, others=True, fresh=True)),
    ("(arrive|peux|peut|respire) (plus|pas) [a] [respirer]", Says(0.3, denial=True)),
    ("(n arrive|ne peux|ne peut|arrive|peux|peut) (plus|pas) [a] respirer", ILL_DENIED),
    ("respire (plus|pas)", ILL_DENIED),
    ("(appelez|envoyez|appeler|besoin d) ~3 (ambulance|samu|pompiers|police|secours)", Says(0.85)),
    ("(me|m|nous) (frappe|bat|menace|suit|poursuit|agresse|a frappe|a agresse|a viole|a menace|harcele)", ATTACKED),
    ("(suis|ai ete|etait|a ete) ~1 (agresse|agressee|viole|violee|menace|menacee|battue|frappee|suivie|kidnappe)",
     ATTACKED),
    ("(fils|fille|enfant|bebe) (a|est|n est) ~1 (disparu|disparue|perdu|perdue|enleve|enlevee|etouffe)", LOST),
    ("(bombe|alerte a la bombe) (dans|a|sous)", Says(0.9, others=True)),
]  # fmt: skip

SPANISH: list[tuple[str, Says]] = [
    ("(me|a) [voy] (suicidar|suicidarme|matar|matarme|mato)", Says(0.9, not_with=MACHINES)),
    ("(quiero|quisiera|prefiero|ganas de|pienso en|pensando en|voy a) (morir|morirme|matarme|suicidarme)", DIES),
    ("(quitarme la vida|acabar con mi vida|no quiero vivir|no quiero seguir viviendo|ganas de vivir|pensamientos"
     " suicidas)", Says(0.95, denial=True, not_before=PLACES)),
    ("(voy a|te|los|les|quiero) (matar|matarte|matarlos|matarlo|golpear|apunalar|disparar|mato)",
     Says(0.9, not_before=words("el la tiempo proceso"))),
    ("(hombre|alguien|tipo|el|persona) ~6 (cuchillo|pistola|navaja|arma)", Says(0.9, others=True)),
    ("(estoy|estamos|esta|estan) en peligro", DANGER),
    ("(hay|hubo) (fuego|un incendio|humo|una fuga de gas|una bomba|un fuego)", DANGER),
    ("(huele a gas|huele a quemado|huele a humo|olor a gas|fuga de gas|se esta quemando|se quema|en llamas)",
     Says(0.85, others=True)),
    ("(atrapado|atrapada|atrapados|encerrado|encerrada|encerrados) en (el|un|la) (ascensor|elevador|habitacion|bano"
     "|sauna)", Says(0.9, others=True)),
    ("(infarto|ataque al corazon|derrame cerebral|dolor en el pecho|dolor de pecho|inconsciente|desmayo|desmayado"
     "|desmayada|convulsiones|se ahoga|sangrando mucho|paro cardiaco)", Says(0.9, others=True, fresh=True)),
    ("no (puedo|puede|consigo) respirar", ILL_DENIED),
    ("no respira", ILL_DENIED),
    ("(llamen|llame|llama|manden|envien|necesito|necesitamos) ~3 (ambulancia|policia|bomberos)", Says(0.85)),
    ("(me|nos) (pega|golpea|amenaza|persigue|sigue|ataco|violo|golpeo|amenazo|acosa|esta pegando|esta siguiendo|esta"
     " amenazando)", Says(0.85, others=True, not_before=words("apareciendo saliendo dando sin pasando"))),
    ("(hijo|hija|nino|nina|bebe) (ha|se ha|esta|se) ~1 (desaparecido|desaparecida|perdido|perdida|desaparecio"
     "|secuestrado)", LOST),
]  # fmt: skip

ABROAD = [*GERMAN, *FRENCH, *SPANISH]
