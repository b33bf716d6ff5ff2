"""What customers said: pure functions over feedback records. No I/O, no clock, no text for machines only.

`period` reads a period, `score` computes NPS, CSAT and CES, `themes` and `quotes` find what is talked about,
`search` finds who said it, `checking` tells true quotations from others, `digest` puts it together and
`report` writes it down within a token budget.
"""
