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

HARMLESS = """
order 12345678 never came
Order number 1234567890 is lost
order no. 0123456789
my order 0012345678901
Bestellung 4711-0815-2323
Bestellnummer 0171 1234567
Rechnung Nr. 2026-004711
Rechnungsnummer 0301234567
commande 0612345678
facture 2026 11 0042
pedido 612345678
ticket 555-123-4567
ticket #20261116001
case 00123456
ref 020 7946 0958
reference: 98765 43210
invoice 1-800-555-0199
tracking 1Z999AA10123456784
tracking 00340434161094042557
tracking number 420 10001 9400 1000
SKU 0815-4711-99
part no 123-456-7890
serial 0123456789
SN 012 345 6789
ISBN 978-3-16-148410-0
ISBN 0-306-40615-2
EAN 4006381333931
license 12345-67890-12345
booking 0171234567
policy 030-123-4567
Vorgang 0800 1234567
Kundennummer 0049123456
id 512004417
response 103377120
#103377120 said so
user 512004417 and 512009930
on 2026-11-16
on 16.11.2026
on 11/16/2026 at 10:30:45
01.02.2026 at 0930
2026-11-16 10:30
2026-11-16T10:30:45Z
20261116 and 20261117
16/11/26 until 18/11/26
01-02-2026 to 03-02-2026
from 01.02.2026 03.04.2026
between 2019-2020 and 2021-2022
2019 2020 2021 2022
since 01/02/2024
01.01.1970 00:00
Q1 2026, Q2 2026
week 46 2026
1700000000
1700000000000 ms
20261116103045
at 0930 and 1745
09:00-17:30
from 0900-1730 on weekdays
10:30, 11:45, 12:15
8-12 and 14-18
00:15:30
it took 30 - 45 minutes
3-5 business days
24/7/365
1.234.567,89 EUR
$1,234,567.89
EUR 1 234 567.89
12 345 678 rows
1 000 000 customers
100 000 000 rows
612 345 678 rows
250.000.000 users
1.500.000.000 events
2 000 000 000
1'234'567 CHF
€ 1234567
1234567890 EUR
USD 9999999
0.123456789
0.5 to 0.75
3.14159265358
2.718281828
0.00000001
99.999999 %
99.99999999%
1e10
10/10/10/10
10/10/10/10/10
9 8 7 6 5 4 3 2 1 0
1 2 3 4 5 6 7 8 9
10 9 10 8 9 10
1234567 or 7654321
1111111111
0000000000
000000000000
99999999999
version 1.2.3.4.5
v10.0.0.1
version 10.0.0.1
version 2.4.1.0 is broken
build 2026.11.16.1
iOS 17.4.1.2
Chrome 119.0.6045.105
firmware 1.0.12.34
Android 14.0.1.0
app 5.12.0.3
Python 3.11.4
1920x1080
1920 x 1080 pixels
2560 1440
192 kHz, 24 bit
220-240 V, 50/60 Hz
5 x 10 x 20 cm
100-200-300 g
1000 1500 2000 ml
120/80 mmHg
60 90 60
12 345 km
48.8566 2.3522
52.5200, 13.4050
coordinates 48.85661400 2.35222190
0.8566 2.3522
59.3293, 18.0686
10115 Berlin
10115 20095 80331
SW1A 1AA
90210-1234
CA 94016
room 101-102-103
floors 1-2-3-4-5-6-7
lines 100-200 and 300-400
pages 1024-2048
port 8080 and 65535
127 0 0 1
HTTP 404 502 503
error 0x80070005
error 80070057
error code 1603-1618-1641
GPT 4 and 5
S/N 123456789
2 of 3
100%
5 stars out of 5
3 000 EUR a year
10 000 to 20 000 seats
1 to 1000000
12 months x 99.99
1234 5678 9012 3456 is no card
4111 1111 1111 1112 is no card
1111 2222 3333 4444
4111 is the end of it
XX00 1234 5678 9012 is no account
DE00 3704 0044 0532 0130 00
AB12 CD34 EF56
A1B2C3D4E5F6
3f2504e0-4f89-11d3-9a0c-0305e82c3301
std::cout and a::b
12:34:56
10:20:30:40
00:1A:2B:3C:4D:5E
foo@bar
@wootric rocks
10 seats @ 5 EUR
meet @ noon
see https://example.com/pricing/2026
www.example.com/blog/10-reasons-2026
https://x.example/docs/getting-started-with-nps-in-2026
https://x.example/orders/0171234567
example.com
node.js, asp.net
a.b.c
e.g. 5 of 10
no numbers at all
call me anytime
my number is unlisted
phone support was great
I called 3 times in 2 weeks
called at 10 and at 11
call again in 2026
text is 12 pt
reached level 99
ring size 52
we called 15 customers on 2026-11-16
telephone wait: 45 minutes
email me
score 9/10
NPS 45 → 52
R-7K3M2QX
NPS-1234-5678
WOOTRIC-2026-11
AB-123-456-789
password: forgotten twice
the password is wrong
my password is not accepted since 2026
reset my password 3 times
password: at least 8 characters
the token is 5.2MB
token expired after 30 minutes
secret: it has 24 rooms
sk-based routing for 2026
skill-based-routing-for-2026-in-EMEA-and-APAC
risk-based 2026
AKIA 16
Bearer of bad news for 2026
Order:12345678
id:0171234567
It took 12. 2026 was better
wa.me is blocked
I am on 12.0. 2 of 3 fail
GDPR Art. 6(1)
§ 312 BGB
ISO 27001:2022
IEC 61508-3
RFC 2822 and 5322
SOC 2 Type 2
401(k)
F-150, 737-800
"""

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


def harmless() -> list[str]:
    """What must stay as it is."""
    return HARMLESS.strip().splitlines()
