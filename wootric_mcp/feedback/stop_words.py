"""Words that no theme is made of, by language: function words, and words of mere opinion or manner.

Written for this purpose and kept short; accents are folded when they are read. A word that names a thing
people can be happy or unhappy with (help, call, price, website) must not stand here.
"""

from __future__ import annotations

from wootric_mcp.feedback.words import fold

_FUNCTION = {
    "en": """
        monday tuesday wednesday thursday friday saturday sunday a about above after again against ago
        ahead all almost already also although always am among an and another any anyone anything are
        aren't around as ask asked asking at away b back be because been before began being below best
        between both but by came can can't cannot come comes coming could couldn't did didn't do does
        doesn't doing don't done dont down due during each either else enough etc even ever every
        everyone everything exactly far few first for found from full further gave get gets getting give
        given gives giving go goes going gone got had hadn't half has hasn't have haven't having he her
        here hers him his how however i i'd i'll i'm i've if im in instead into is isn't it it's its
        itself just keep keeps kept know knew last least less let like long look looking lot lots made
        make makes making many may maybe me mean might mine more most much must my myself near need
        needed needs neither never new next no nobody none nor not nothing now of off often ok okay on
        once one only onto or other others otherwise our ours out over own per perhaps please put quite
        rather really right s said same saw say saying says see seem seems seen several shall she should
        shouldn't since so some someone something sometimes soon still such t take taken takes taking
        tell than thank thanks that that's the their them then there there's these they they're thing
        things think this those though thought through till to today together told too took toward tried
        try trying twice two under until up upon us use used uses using very via want wanted wants was
        wasn't way we we're we've well went were weren't what when where whether which while who whole
        whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're
        you've your yours yourself doesnt didnt isnt wasnt wont cant couldnt ive id weve able actually
        basically constantly day days week weeks month months year years hour hours minute minutes bit
        couple happen happened happens hope hopefully kind leave left literally people person probably
        rest start started stay stop stopped sure turn turned wrong part side point end three four five
        six seven eight nine ten finally recently lately currently else's answer answered comment
        comments n na idk""",
    "de": """
        ab aber als alle allem allen aller alles also am an andere anderen anderer anderes auch auf aus
        außer bei beide beim bekommen bereits bin bis bitte bleibt brauche brauchen brauchte bzw da dabei
        dadurch dafür dagegen daher damit danach dann dar daran darauf daraus darf darin darüber das dass
        dasselbe dazu dein deine dem den denen denn der deren des deshalb dessen die dies diese diesem
        diesen dieser dieses doch dort du durch eben egal ein eine einem einen einer eines einfach einige
        einigen einiger einiges einmal er erst es etwa etwas euch eure für fast ganz gar geben gegen
        gehen geht gemacht genau gerade gern gerne gewesen gibt ging hab habe haben hat hatte hatten her
        heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins irgendwie ist
        ja jede jedem jeden jeder jedes jedoch jemand jetzt kam kann kein keine keinem keinen keiner
        kommen kommt konnte konnten könnte könnten lange lassen leider lässt machen macht mal man manche
        mehr mein meine meinem meinen meiner meist mich mir mit möchte muss musste müssen nach nachdem
        neu neue neuen nicht nichts nie noch nun nur ob obwohl oder oft ohne paar pro schon sehen sehr
        seid sein seine seinem seinen seiner seit selber selbst sich sie sieht sind so sogar solche
        sollte sollten sondern sonst statt tag tage tagen tun über überall überhaupt um und uns unser
        unsere unter viel viele vielen vielleicht vom von vor wann war waren warum was weder weg wegen
        weil weiß weiter weitere welche wenig weniger wenn wer werde werden wie wieder will wir wird
        wirklich wo woche wochen monat monate monaten jahr jahre jahren wollen wollte worden wurde wurden
        zu zum zur zwar zwei drei zwischen stunde stunden minuten danke kommentar antwort bisher aktuell
        funktioniert funktionieren läuft""",
    "fr": """
        à afin ai aie aient ainsi alors après as assez au aucun aucune aujourd'hui aussi autre autres aux
        avaient avais avait avant avec avez avoir avons beaucoup bien c'est ça car ce cela celle celles
        celui cependant ces cet cette ceux chaque chez ci comme comment d d'un d'une dans de déjà depuis
        derrière des deux devant doit doivent donc dont du elle elles en encore enfin ensuite entre es
        est et étaient étais était été être eu eux faire fait fais faut font grâce ici il ils j j'ai je
        jamais jour jours jusqu l la là laquelle le lequel les leur leurs lors lui m ma mais mal malgré
        me même mêmes mes mettre mieux mis moi moins mois mon n ne ni non nos notre nous on ont or ou où
        par parce parfois pas pendant peu peut peuvent peux plus plusieurs plutôt pour pourquoi pouvoir
        près presque puis puisque qu quand que quel quelle quelles quelque quelques qui quoi rien s sa
        sans se semaine semaines sera seulement ses si sinon soit son sont sous souvent suis sur surtout
        t ta tant te tel telle tellement tes toi ton toujours tous tout toute toutes très trop trois tu
        un une va vais vers veut veux via voici voilà voir vos votre vous vraiment y an ans année années
        heure heures minutes fois merci bonjour fonctionne marche commentaire réponse qu'il qu'on n'est
        n'a n'ai s'est c'était j'avais d'avoir d'être c' d' j' l' m' n' s' t' qu'
        jusqu' lorsqu' puisqu'""",
    "es": """
        a ahora al algo alguien algún alguna algunas alguno algunos allí ante antes aquel aquella aquí
        así aun aún aunque bajo bastante bien cada casi como cómo con contra cosa cosas cual cuál cuando
        cuándo cualquier cuanto de debe deben del desde después día días donde dónde dos durante e el él
        ella ellas ellos en entonces entre era eran eres es esa esas ese eso esos está están estaba
        estado estar estas este esto estos estoy fue fueron ha había habían hace hacen hacer hacia han
        hasta hay haya he hecho hemos hizo hoy incluso ir la las le les lo los luego más me mes meses
        mejor menos mi mí mientras mis mismo misma mucha muchas mucho muchos muy nada nadie ni ningún
        ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para parece pero poco
        podría por porque pude puede pueden puedo pues que qué quien quién quiero se sé sea según ser
        será si sí sido siempre siendo sin sino sobre solo sólo son soy su sus tal también tampoco tan
        tanto te tener tengo ti tiene tienen toda todas todavía todo todos tras tres tu tú tus un una
        unas uno unos usted ustedes va van varias varios veces ver vez voy y ya yo año años hora horas
        minutos semana semanas gracias funciona funcionan comentario respuesta""",
    "it": """
        a abbastanza abbia abbiamo ad adesso ai al alcuni alla alle allo allora altra altre altri altro
        anche ancora anni anno appena avere aveva avevo avuto bene c c'è che chi ci ciò cioè circa co coi
        col come con così cui d da dal dalla dalle dallo davvero degli dei del della delle dello dentro
        devo deve di dopo dove due dunque e è ed era erano essere fa fai fanno fare fatto fino fra fu già
        giorni giorno giù gli ha hai hanno ho i il in infine invece io l la là le lei li lì lo loro lui
        ma mai me meglio meno mentre mesi mese mi mia mie miei mio molta molte molti molto ne né negli
        nei nel nella nelle nello nessun nessuna nessuno niente no noi non nostra nostro nulla o oggi
        ogni ora ore oltre per perché però più piuttosto po poco poi possiamo posso prima proprio può qua
        qualche qualcosa qualcuno quale quali quando quanto quasi quel quella quelle quelli quello questa
        queste questi questo qui quindi sarà sarebbe se sei sempre senza si sì sia siamo siete solo sono
        sopra soprattutto sotto sta stata state stati stato stesso su sua subito sue sugli sui sul sulla
        sulle suo suoi tanto te ti tra tre troppo tu tua tuo tutta tutte tutti tutto un una uno va vari
        verso vi viene voi volta volte vostra vostro minuti settimana settimane grazie funziona
        funzionano commento risposta l'ho c' d' l' m' s' t' un'
        dell' all' nell' sull' quell' quest'""",
    "pt": """
        a à agora ainda além alguém algum alguma algumas alguns ali ano anos antes ao aos após aquela
        aquele aqui aquilo as às assim até bem cada coisa coisas com como contra da dá daí das de dela
        dele deles demais depois desde dessa desse desta deste dia dias do dois dos duas durante e é ela
        elas ele eles em enquanto então entre era eram essa essas esse esses esta está estão estar estava
        este estes estou eu faz fazem fazer fez fica ficar foi for foram fosse há hoje hora horas isso
        isto já lá lhe logo mais mas me meio melhor menos mês meses mesma mesmo meu meus minha minhas
        minutos muita muitas muito muitos na nada não nas nem nenhum nenhuma nessa nesse nesta neste
        ninguém no nós nos nossa nosso nova novo num numa nunca o onde os ou outra outras outro outros
        para parece pela pelas pelo pelos pessoas pode podem poderia pois por porque pouco pra preciso
        quais qual qualquer quando quanto quase que quem quer quero são se seja sem semana semanas sempre
        sendo ser será seu seus si sim sistema só sobre somente sou sua suas também tanta tanto tão te
        tem temos tenho ter teve tinha toda todas todo todos três tu tudo um uma umas uns vai vão várias
        vários vem ver vez vezes você vocês vou obrigado obrigada funciona funcionam comentário resposta""",
    "nl": """
        aan achter af al alle alleen alles als altijd ander andere anders ben beter bij bijna binnen
        blijft boven bent daar daarna daarom dag dagen dan dat de deze die dit doch doe doen doet door
        dus duurt echt een eens eerst eigen eigenlijk elk elke en enige er erg ergens etc even gaan gaat
        gedaan geen gehad gekregen geweest gewoon ging goed graag had hadden heb hebben hebt heeft heel
        helaas helemaal hem hen het hier hij hoe hoewel hun ieder iedere iedereen iemand iets ik in is ja
        jaar jaren je jij jou jouw jullie kan kon konden krijg krijgen krijgt kun kunnen kunt laat lang
        langer liever maak maakt maand maanden maar mag me meer meest men met mij mijn minder minuten
        misschien moest moet moeten na naar naast nadat net niemand niet niets nieuwe nog nooit nu of om
        omdat onder ons onze ook op over overal paar pas per precies rond sinds snel soms staat steeds te
        teveel tegen ten ter terug terwijl tijdens toch toen tot totdat tussen twee drie u uit uur uw
        vaak van vanaf vandaag veel verder via voor vooral waar waarom waren was wat we week weken weer
        weg wel welke wellicht werd werden wie wij wil wilde willen word worden wordt zal ze zeer zelf
        zelfs zich zie zien zij zijn zit zo zoals zonder zou zouden werkt werken bedankt opmerking
        antwoord""",
}

_OPINION = {
    "en": """
        absolute absolutely amazing annoying appalling awesome awful bad badly better big brilliant
        clearly complete completely cool crap decent definitely dire disappointed disappointing
        disgusting dreadful enjoy enjoyed especially everytime excellent exceptional exceptionally
        extremely fab fabulous fair fairly fantastic feel feeling feels felt fine five-star frustrating
        fully generally glad good gr8 great greatly happily happy hate hated honestly horrible huge ideal
        impressed improve improved improvement improvements improving incredible incredibly issue issues
        kinda lovely love loved loves lovin major massive mostly nice normally obviously outstanding
        overall perfect perfectly pleasant pleased pleasure poor poorly positive pretty previously
        problem problems proper properly ridiculous sad satisfied seriously simply slightly smashing
        sometimes sorry special spot star stars super superb superior terrible terribly terrific tiny top
        total totally truly unable unacceptable unfortunately unhappy usually usual utter utterly
        wonderful wonderfully wish worse worst worth wow yeah yep recommend recommended experience
        experienced experiences small large high low old different little sort specific certain possible
        particularly certainly highly appreciate appreciated grateful thankful remember happening reason
        understand""",
    "de": """
        angenehm ärgerlich ausgezeichnet besser beste besten blöd cool eigentlich einfacher enttäuscht
        enttäuschend erfahrung erfahrungen furchtbar gut gute guten guter gutes großartig hervorragend
        hilfreich ideal insgesamt katastrophe klasse komplett mies nett nervig nützlich okay optimal
        perfekt positiv prima problem probleme problemlos richtig schade schlecht schlechte schlechten
        schlechter schlechtes schlimm schön schöne schrecklich schwer sehr sofort spitze super
        tatsächlich toll tolle tollen top total traurig unglaublich unmöglich unzufrieden völlig
        wunderbar zufrieden ziemlich empfehlen empfehlung verbessern verbesserung absolut nutzen nutze
        verwenden große großer großes kleine kleiner ständig finde""",
    "fr": """
        absolument agréable belle bon bonne bonnes bons catastrophe content contente correct déçu déçue
        décevant dommage efficace excellent excellente expérience extrêmement génial grand grande heureux
        horrible idéal impeccable impossible inacceptable incroyable insatisfait joli malheureusement
        mauvais mauvaise meilleur meilleure nul nulle ok parfait parfaite parfaitement passable pire
        plutôt problème problèmes ravi ravie recommande recommander satisfait satisfaite sympa super
        terrible top totalement triste vite améliorer amélioration aime adore trouve utiliser utilise
        petit petite nouvelle nouveau permet vraiment""",
    "es": """
        absolutamente agradable bonito buen buena buenas bueno buenos contenta contento decepcionado
        decepcionante demasiado desastre encanta excelente excelentes experiencia fantástico fatal feliz
        genial gran grande gusta horrible imposible increíble inaceptable insatisfecho lamentable malo
        mala malas malos mal maravilloso mejorar mejora mejoras normal ok pena peor perfecta
        perfectamente perfecto pésima pésimo problema problemas realmente recomendable recomiendo
        satisfecha satisfecho súper terrible triste usar uso utilizar utilizo nueva nuevo pequeño
        sencillo""",
    "it": """
        assolutamente bella bello brava bravo brutto buon buona buone buoni buono contenta contento
        delusa deluso deludente disastro eccellente esperienza fantastico felice grande inaccettabile
        incredibile mala male meraviglioso migliorare migliore ok orribile ottima ottimi ottimo peccato
        peggio peggiore perfetta perfettamente perfetto pessima pessimo piace problema problemi purtroppo
        rapido consiglio consigliato soddisfatta soddisfatto super terribile triste usare uso utilizzo
        nuovo nuova piccolo brutta""",
    "pt": """
        absolutamente adoro agradável boa boas bom bons chateado contente decepcionado decepcionante
        excelente excelentes experiência fantástico feliz gosto gostei grande horrível ideal impossível
        inaceitável incrível infelizmente insatisfeito lamentável legal mal maravilhoso mau má melhorar
        melhoria melhorias ok ótima ótimo ótimos péssima péssimo perfeita perfeitamente perfeito pior
        problema problemas realmente recomendo ruim satisfeita satisfeito super terrível triste usar uso
        utilizar pequeno novos""",
    "nl": """
        absoluut belachelijk beste betere blij buitengewoon fantastisch fijn fijne geweldig geweldige
        goede heerlijk ideaal jammer leuk leuke moeilijk mooi mooie netjes nuttig ok onacceptabel
        ongelofelijk onmogelijk ontevreden perfect prettig prettige prima probleem problemen positief
        slecht slechte slechter slechtst super teleurgesteld teleurstellend tevreden top totaal
        uitstekend uitstekende verbeteren verbetering verschrikkelijk volledig waardeloos zeker ervaring
        ervaringen aanrader aanbevelen gebruik gebruiken gebruikt grote kleine vind""",
}

_STOCK = {
    "en": """
        additionally anybody anyhow anyway anyways apart beside besides everybody furthermore gladly moreover
        nevertheless plus somebody somehow somewhere therefore thus whatever whenever wherever eleven twelve
        fifteen twenty thirty forty fifty hundred thousand million dozen dozens first second third percent
        second seconds euro euros dollar dollars pound pounds cent cents bucks quid usd eur gbp km kg cm""",
    "de": """
        außerdem ansonsten dennoch zudem trotzdem übrigens jedenfalls vier fünf sechs sieben acht neun zehn
        elf
        zwölf zwanzig dreißig vierzig fünfzig hundert tausend erste ersten zweite zweiten dritte euro
        euros cent franken prozent sekunde sekunden minute uhr km kg cm""",
    "fr": """
        ailleurs cependant néanmoins pourtant toutefois quatre cinq sept huit neuf dix onze douze quinze vingt
        trente quarante cinquante cent mille premier première deuxième second seconde troisième euro euros
        centime centimes francs dollars pourcent minute secondes km kg cm""",
    "es": """
        además asimismo embargo excepto igualmente cuatro cinco seis siete ocho nueve diez once doce quince
        veinte treinta cuarenta cincuenta cien ciento mil primer primera primero segundo segunda tercera euro
        euros dólar dólares peso pesos céntimos ciento minuto segundos km kg cm""",
    "it": """
        inoltre comunque tuttavia pertanto quattro cinque sei sette otto nove dieci undici dodici quindici
        venti trenta quaranta cinquanta cento mille prima primo seconda secondo terzo terza euro dollari
        centesimi minuto secondi km kg cm""",
    "pt": """
        aliás contudo entretanto portanto porém todavia quatro cinco seis sete oito nove dez onze doze quinze
        vinte trinta quarenta cinquenta cem cento mil primeira primeiro segunda segundo terceira euro euros
        dólares reais real centavos minuto segundos km kg cm""",
    "nl": """
        bovendien daarnaast echter desondanks trouwens vier vijf zes zeven acht negen tien elf twaalf vijftien
        twintig dertig veertig vijftig honderd duizend eerste tweede derde euro euros dollar cent procent
        minuut seconden km kg cm""",
}

_JOINING = """
    a an and as at but by for from if in into my of on or our so than that the their this to was with your
    aber als am an auf aus bei das dass dem den der des die ein eine einem einen einer für im mit oder und von
    vor zu zum zur au aux avec ce ces d' dans de des du en et la le les l' ma mais mon nos notre ou par pour
    que qu' sa son sur un une al con del el los las lo mi muy o para por se su una uno y ad agli ai alla alle
    che col da dal dalla dei del della delle di e gli i il nel nella per più sul sulla ao aos as com da das do
    dos em na nas no nos os para pela pelo um uma de door een het met naar of om op te uit van voor
    """
_WEAK = """
    time times day days work working works zeit zeiten temps tiempo tempo tijd tijden
    """

STOP_WORDS = {language: frozenset(fold(words).split()) for language, words in _FUNCTION.items()}
"""Function words: they tell the language of a comment and part its phrases."""

BARRED = {
    language: STOP_WORDS[language] | frozenset(fold(f"{words} {_STOCK[language]}").split())
    for language, words in _OPINION.items()
}
"""Function words, words of mere opinion, and stock words: what joins sentences, numbers, units,
        currencies."""

JOINING = frozenset(_JOINING.split())
"""Articles, prepositions and the like, with which a run of words should not end or begin."""

WEAK = frozenset(fold(_WEAK).split())
"""Words that say something only beside another one (waiting time), whatever the language."""
