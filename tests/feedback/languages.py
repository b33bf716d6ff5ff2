"""Comments in ten languages, written for these tests: short and long ones, of many trades."""

COMMENTS: dict[str, str] = {
    "en": """
        The invoice was wrong twice and nobody at the office could tell me why.
        Really happy with the new scheduling screen, it saves our team two hours a week.
        Waited forty minutes on the phone before somebody answered.
        Breakfast was cold and the room smelled of smoke.
        The courier left my parcel in the rain without ringing the bell.
        Great value for money, would buy these shoes again.
        Your onboarding videos are too long, please make them shorter.
        My daughter loves the swimming lessons and the teachers are very patient.
        Cancelled my contract because the price went up again without notice.
        Search results are slow when we have more than a thousand contacts.
        The mechanic explained everything clearly and did not charge for the check.
        Too many emails, I only signed up to get one newsletter.""",
    "de": """
        Die Rechnung war zweimal falsch und niemand konnte mir sagen warum.
        Sehr zufrieden mit der neuen Terminplanung, sie spart unserem Team jede Woche Zeit.
        Ich habe vierzig Minuten in der Warteschleife gehangen, bis jemand abhob.
        Das Frühstück war kalt und das Zimmer roch nach Rauch.
        Der Bote hat mein Paket im Regen stehen lassen, ohne zu klingeln.
        Gutes Preisleistungsverhältnis, diese Schuhe würde ich wieder kaufen.
        Eure Einführungsvideos sind zu lang, macht sie bitte kürzer.
        Meine Tochter liebt den Schwimmkurs und die Lehrer sind sehr geduldig.
        Vertrag gekündigt, weil der Preis schon wieder ohne Ankündigung gestiegen ist.
        Die Suche ist langsam, sobald wir mehr als tausend Kontakte haben.
        Der Mechaniker hat alles verständlich erklärt und nichts für die Prüfung verlangt.
        Zu viele Mails, ich wollte nur einen Newsletter bekommen.""",
    "fr": """
        La facture était fausse deux fois et personne n'a su me dire pourquoi.
        Très contente du nouvel écran de planning, notre équipe gagne deux heures par semaine.
        J'ai attendu quarante minutes au téléphone avant que quelqu'un réponde.
        Le petit déjeuner était froid et la chambre sentait la fumée.
        Le livreur a laissé mon colis sous la pluie sans sonner à la porte.
        Bon rapport qualité-prix, je rachèterai ces chaussures.
        Vos vidéos de formation sont trop longues, merci de les raccourcir.
        Ma fille adore les cours de natation et les moniteurs sont très patients.
        J'ai résilié mon contrat parce que le prix a encore augmenté sans prévenir.
        La recherche est lente dès que nous avons plus de mille contacts.
        Le mécanicien a tout expliqué clairement et n'a rien facturé pour le contrôle.
        Trop de mails, je voulais seulement recevoir une lettre par mois.""",
    "es": """
        La factura estaba mal dos veces y nadie en la oficina supo decirme por qué.
        Muy contenta con la nueva pantalla de turnos, nos ahorra dos horas a la semana.
        Esperé cuarenta minutos al teléfono hasta que alguien contestó.
        El desayuno estaba frío y la habitación olía a humo.
        El repartidor dejó mi paquete bajo la lluvia sin llamar al timbre.
        Buena relación calidad precio, volvería a comprar estos zapatos.
        Vuestros vídeos de introducción son demasiado largos, hacedlos más cortos.
        A mi hija le encantan las clases de natación y los profesores tienen mucha paciencia.
        Cancelé el contrato porque el precio subió otra vez sin aviso.
        La búsqueda va lenta cuando tenemos más de mil contactos.
        El mecánico me explicó todo con claridad y no cobró por la revisión.
        Demasiados correos, solo quería recibir un boletín.""",
    "it": """
        La fattura era sbagliata due volte e nessuno in ufficio sapeva dirmi perché.
        Molto contenta della nuova schermata dei turni, ci fa risparmiare due ore alla settimana.
        Ho aspettato quaranta minuti al telefono prima che qualcuno rispondesse.
        La colazione era fredda e la camera odorava di fumo.
        Il corriere ha lasciato il pacco sotto la pioggia senza suonare il campanello.
        Buon rapporto qualità prezzo, ricomprerei queste scarpe.
        I vostri video introduttivi sono troppo lunghi, fateli più brevi.
        Mia figlia adora il corso di nuoto e gli insegnanti sono molto pazienti.
        Ho disdetto il contratto perché il prezzo è aumentato di nuovo senza preavviso.
        La ricerca è lenta quando abbiamo più di mille contatti.
        Il meccanico ha spiegato tutto con chiarezza e non ha chiesto niente per il controllo.
        Troppe mail, volevo ricevere soltanto una newsletter.""",
    "pt": """
        A fatura veio errada duas vezes e ninguém no escritório soube me dizer o motivo.
        Muito feliz com a nova tela de escalas, nossa equipe economiza duas horas por semana.
        Esperei quarenta minutos ao telefone até alguém atender.
        O café da manhã estava frio e o quarto cheirava a fumaça.
        O entregador deixou minha encomenda na chuva sem tocar a campainha.
        Boa relação entre custo e benefício, compraria estes sapatos de novo.
        Os vossos vídeos de introdução são demasiado longos, façam uns mais curtos.
        A minha filha adora as aulas de natação e os professores têm muita paciência.
        Cancelei o contrato porque o preço subiu outra vez sem aviso.
        A busca fica lenta quando temos mais de mil contatos.
        O mecânico explicou tudo com clareza e não cobrou pela revisão.
        E-mails demais, eu só queria receber um boletim.""",
    "nl": """
        De rekening klopte twee keer niet en niemand op kantoor wist waarom.
        Heel blij met het nieuwe roosterscherm, het scheelt ons team twee uur per week.
        Ik hing veertig minuten aan de telefoon voordat er iemand opnam.
        Het ontbijt was koud en de kamer rook naar rook.
        De bezorger liet mijn pakje in de regen staan zonder aan te bellen.
        Goede verhouding tussen prijs en kwaliteit, ik zou deze schoenen weer kopen.
        Jullie uitlegfilmpjes zijn te lang, maak ze alsjeblieft korter.
        Mijn dochter vindt de zwemles geweldig en de leraren hebben veel geduld.
        Contract opgezegd omdat de prijs alweer zonder bericht omhoog ging.
        Het zoeken is traag zodra we meer dan duizend contacten hebben.
        De monteur legde alles duidelijk uit en rekende niets voor de controle.
        Te veel mails, ik wilde alleen één nieuwsbrief krijgen.""",
    "sv": """
        Fakturan var fel två gånger och ingen på kontoret kunde säga varför.
        Mycket nöjd med den nya schemavyn, den sparar vårt team två timmar i veckan.
        Jag väntade fyrtio minuter i telefon innan någon svarade.
        Frukosten var kall och rummet luktade rök.
        Budet lämnade mitt paket i regnet utan att ringa på.
        Bra värde för pengarna, jag skulle köpa de här skorna igen.
        Era introduktionsfilmer är för långa, gör dem gärna kortare.
        Min dotter älskar simskolan och lärarna har stort tålamod.
        Sade upp avtalet eftersom priset höjdes igen utan förvarning.
        Sökningen är långsam när vi har fler än tusen kontakter.
        Mekanikern förklarade allt tydligt och tog inget betalt för kontrollen.
        För många mejl, jag ville bara ha ett nyhetsbrev.""",
    "ja": """
        請求書が二回も間違っていて、誰も理由を説明できませんでした。
        新しいシフト画面にとても満足しています。毎週二時間の節約になります。
        電話で四十分も待たされました。
        朝食が冷たくて、部屋が煙草臭かったです。
        配達員が雨の中に荷物を置いて帰りました。
        値段のわりに質が良いので、この靴をまた買いたいです。
        導入動画が長すぎるので、もっと短くしてください。
        娘は水泳教室が大好きで、先生も辛抱強いです。
        予告なしにまた値上げされたので解約しました。
        連絡先が千件を超えると検索が遅くなります。
        整備士の説明が分かりやすく、点検は無料でした。
        メールが多すぎます。""",
    "zh": """
        账单错了两次,办公室里没有人能告诉我原因。
        对新的排班界面非常满意,每周为我们团队节省两个小时。
        打电话等了四十分钟才有人接。
        早餐是冷的,房间里有烟味。
        快递员没按门铃就把包裹放在雨里。
        性价比很高,我会再买这双鞋。
        你们的入门视频太长了,请做短一点。
        我女儿很喜欢游泳课,老师们很有耐心。
        价格又没有通知就上涨了,所以我取消了合同。
        联系人超过一千个时搜索很慢。
        修车师傅解释得很清楚,检查也没有收费。
        邮件太多了,我只想收到一份简报。""",
}


def comments_by_language() -> list[tuple[str, str]]:
    """(language, comment), 120 of them."""
    return [
        (language, line.strip())
        for language, lines in COMMENTS.items()
        for line in lines.strip().splitlines()
    ]


def first_words(comment: str, n: int = 6) -> str:
    """The first words; of a text without spaces, as many characters as that many words have."""
    return " ".join(comment.split()[:n]) if " " in comment else comment[: 2 * n]
