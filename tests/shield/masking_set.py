"""Texts as customers write them, labelled by hand: what must be masked stands in «», nothing else may be.

Numbers are written as people in their country write them; none was made with the library that is used.
"""

from __future__ import annotations

PERSONAL = {
    "phone": """
Please call me back on «+353 86 123 4567».
Reach me at «+1 (415) 555-2671», thanks
my cell is «415-555-2671»
Call «(415) 555-2671» after six
Ring 1-800 number? I tried «1-800-555-0199» twice.
415 is dead, use «212.555.0147» instead
My number is «2125550147»
text me «917 555 0123»
phone: «9175550123».
You can reach me under «+44 20 7946 0958»
call me «020 7946 0958» any time
I am on «07700 900123»
mobile «07911123456»
«0161 496 0000» is our office
fax «(0121) 496 0123»? No: «(0121) 496 0124» it is
Ruft mich an: «0171 1234567»
Meine Nummer ist «0171/1234567», danke
Tel. «030 123456-78»
Telefon «(030) 23125-110»? besser «030/23125111»
erreichbar unter «+49 170 1234567»
unter «0049 30 23125111» erreichbar
«+49 (0)89 23125111» vormittags
«0151-12345678» ist mein Handy
Handy «015112345678»
Mobil: «0176 4567 8901»
appelez-moi au «06 12 34 56 78»
mon numéro est «0612345678»
«01.42.68.53.00» aux heures de bureau
tél : «+33 6 12 34 56 78»
joignable au «0033 1 42 68 53 00»
«07-81-23-45-67» merci
mi número es «612 345 678»
llámame al «612345678»
móvil «612 34 56 78» gracias
teléfono «91 123 45 67»
«+34 612 345 678» por favor
«+34912345678»
chiamatemi al «347 123 4567»
il mio cellulare «3471234567»
telefono «06 6982 1234»
«02 7600 1234» in ufficio
«+39 06 6982 1234» grazie
numero è «+39 347 1234567»
bel me op «06 12345678»
mijn nummer is «06-12345678»
«020-6241111» kantoor
telefoon «+31 6 12345678»
tel «0031 20 624 1111»
«+32 470 12 34 56» s.v.p.
bel «0470 12 34 56»
GSM «0470/12.34.56»
«02 511 12 34» Brussel
«+41 44 668 18 00» Zürich
ruf an «044 668 18 00»
«079 123 45 67» Natel
«+43 1 58858 0» Wien
telefonisch «0664 1234567»
«0043 664 1234567» bitte
ligue para «912 345 678»
telemóvel? tel «912345678»
«+351 912 345 678»
call «086 123 4567»
«(01) 679 3000» Dublin office
ring mig på «070-123 45 67»
«+46 70 123 45 67»
«08-508 290 00» Stockholm
mobil «40612345»
ring «22 12 34 56»
«+47 406 12 345»
tlf «+45 32 12 34 56»
tlf. «32 12 34 56»
«+358 40 123 4567» kiitos
«040 1234567» on numeroni
zadzwońcie «501 234 567»
telefon «501234567»
«+48 501 234 567»
tel. «22 694 12 34»
«+420 601 123 456»
telefon «601 123 456»
«+36 20 123 4567»
«06 20 123 4567» hívjon
«+30 694 123 4567»
tel «6941234567»
telefon «0721 234 567»
«+40 721 234 567» multumesc
call «0412 345 678» mate
«(02) 9374 4000» Sydney
«+61 412 345 678»
our line «1300 975 707»
ring «021 123 4567» NZ
«+64 21 123 4567»
電話 «03-1234-5678»
携帯は«090-1234-5678»です
«０９０－１２３４－５６７８» まで
«+81 90-1234-5678»
연락처 «010-2345-6789»
«02-312-3456» 전화
«+82 10-2345-6789»
手机«13800138000»
电话 «010-62961234»
«138 0013 8000» 联系我
«+86 138 0013 8000»
call «9876543210»
«98765 43210» whatsapp me
mobile no «098765 43210»
«+91 98765 43210»
«+91-9876543210»
me liga «(11) 98765-4321»
whatsapp «11 98765-4321»
celular «11987654321»
«+55 11 98765-4321»
ligue «(21) 2567-1234»
llamar al «55 1234 5678» México
«+52 55 1234 5678»
cel «11 2345-6789» Buenos Aires
«+54 9 11 2345-6789»
звоните «8 (495) 123-45-67»
«+7 916 123-45-67»
телефон «8 916 123 45 67»
«8-800-555-35-35» горячая линия
«+380 50 123 4567»
тел? телефон «050 123 45 67»
call «082 123 4567» in Cape Town
«+27 82 123 4567»
«0803 123 4567» Lagos
«+234 803 123 4567»
«+254 712 345678»
call «0712 345678» Nairobi
«+20 100 123 4567»
اتصل «٠١٠٠١٢٣٤٥٦٧» تليفون
telefon «0532 123 45 67»
«+90 532 123 45 67»
«054-123-4567» Tel Aviv
«+972 54-123-4567»
«050 123 4567» Dubai
«+971 50 123 4567»
«+966 50 123 4567»
whatsapp «9123 4567» Singapore
«+65 9123 4567»
call «+852 9123 4567»
«012-345 6789» Kuala Lumpur
«+60 12-345 6789»
hubungi telepon «0812-3456-7890»
«+62 812-3456-7890»
«0917 123 4567» Manila
«+63 917 123 4567»
«081 234 5678» Bangkok
«+66 81 234 5678»
call me 24/7: «+84 91 234 56 78»
phone «091 234 56 78» Hanoi
Ticket open for weeks, call «0171 1234567»!
call «555-1234» and ask for Ann
Tel:«0171 1234567»
phone:«9175550123»
tel:«+1-415-555-2671»
write to wa.me/«4917612345678»
call «+1 415 555 2671» ext. 123
«(+49)1701234567»
since the new version it crashes.. «079 123 45 67» Natel
it fails on my iphone 12. «8-800-555-35-35» is mine
where is my order? «0171 1234567»
订单有问题。«138 0013 8000»
it keeps our column order, thank you!. «079 123 45 67» Natel
the order is with us. «0171 1234567»
two numbers: «+49 170 1234567» and «+49 170 7654321»
call «0171 1234567», «0171 7654321» or «030 23125111»
""",
    "email": """
mail «me@shop.example.co.uk» now
write to «Mara.Okafor+nps@lumenfield.test».
<«jun_sato@lumenfield.test»>
mailto:«ann-lee@sub.example.org»?
(«o'neil.x@example.com» )
E-Mail: «müller@straße.example»
«MARA@EXAMPLE.COM»!
mara «mara (at) example.com» or so
«mara [at] example [dot] com»
«mara[at]example.com»
«ＭＡＲＡ＠example.com»
https://x.example/u/«mara%40example.com»/edit
Send it to «a@b.io», «c.d@e-f.dev» please
contact «12345@qq.com»
«x@1.2.example»
«"john doe"@example.com» is me
me «me{at}example{dot}com» too
«user@xn--fsqu00a.xn--0zwm56d» works
«用户@例子.公司» 写信
""",
    "card": """
card «4111 1111 1111 1111»
charged «4111111111111111» twice
my visa «4111-1111-1111-1111» was declined
«5555 5555 5555 4444» exp 12/27
mastercard «2223003122003222»
amex «3782 822463 10005»
«371449635398431» is on file
«6011 1111 1111 1117» discover
jcb «3530111333300000»
diners «3056 930902 5904»
unionpay «6200000000000005»
«4111.1111.1111.1111»
""",
    "account": """
pay «DE89 3704 0044 0532 0130 00» please
IBAN «DE89370400440532013000»
«GB29 NWBK 6016 1331 9268 19» is my account
«FR14 2004 1010 0505 0001 3M02 606»
iban «nl91abna0417164300»
«ES91 2100 0418 4502 0005 1332» para el reembolso
«IT60 X054 2811 1010 0000 0123 456»
«CH93 0076 2011 6238 5295 7»
«BE68 5390 0754 7034»
«AT61-1904-3002-3457-3201»
""",
    "ip": """
from «203.0.113.24» this morning
blocked my IP «198.51.100.7».
[«192.0.2.1»]:8443
it resolves to «2001:db8::1»
«2001:0db8:85a3:0000:0000:8a2e:0370:7334» is mine
«2001:db8:0:1::42» timed out
«::ffff:203.0.113.24» in the log
«fe80::1ff:fe23:4567:890a»%eth0
«203.0.113.24»:8080 refused
""",
    "token": """
see «eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U»
our key «AKIAIOSFODNN7EXAMPLE» leaked
«sk_live_4eC39HqLyjWDarjtT1zdp7dc» does not work
«sk-proj-abc123DEF456ghi789JKL012»?
«ghp_16C7e42F292c6912E7710c838347Ae178B4a»
«xoxb-123456789012-abcdefABCDEF» (Slack)
«AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY»
Authorization: Bearer «abcdef1234567890abcdef»
app.example.com/reset/«eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.abc»
""",
    "password": """
password: «hunter2»
my password is «hunter2»!
Passwort: «Sommer2024», geht nicht
pwd=«abc123»
Mot de passe : «Soleil99»
mein Passwort lautet "«Sommer2024»"
my api key: «12345abcdef».
""",
    "": """
https://x.example/cb«#access_token=abcdefg123»
see https://a.example/b«?token=secret#x»
www.a.example/«?k=1»
app.example.com/reset«?code=abc123»
https://«ann:pass@»x.example/a
https://x.example/reset/«3f2504e0-4f89-11d3-9a0c-0305e82c3301»
https://x.example/i/«eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.abc»
https://x.example/t/«a8Kd93jfKe02mXq71ZpQ»/open
https://x.example/magic/«Zx_9kLm-Qw3eRt5yUi7oPaSdFg»
""",
}
"""Kind of personal data (the word that stands for it; none for parts of addresses that go) to its texts."""

_OPEN, _CLOSE = "«", "»"


def personal() -> list[tuple[str, str, str]]:
    """What was written, what masking makes of it, and what must not be left."""
    found = []
    for kind, texts in PERSONAL.items():
        word = f"[{kind}]" if kind else ""
        for line in texts.strip().splitlines():
            *parts, last = line.split(_OPEN)
            head, tails = parts[0] if parts else last, [*parts[1:], last]
            written, masked, secrets = head, head, []
            for tail in tails:
                secret, rest = tail.split(_CLOSE)
                token = "[token]" if not kind and secret[0].isalnum() and "@" not in secret else word
                written, masked = written + secret + rest, masked + token + rest
                secrets.append(secret)
            found += [(written, masked, secret) for secret in secrets]
    return found
