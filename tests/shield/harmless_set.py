"""Texts as customers write them that hold nothing personal, though they look like it."""

from __future__ import annotations

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


def harmless() -> list[str]:
    """What must stay as it is."""
    return HARMLESS.strip().splitlines()
