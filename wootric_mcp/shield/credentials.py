"""Keys and passwords in free text: what opens an account, known by how it begins or by the word before it."""

from __future__ import annotations

import re

_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"  # JSON web token
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # Amazon
    r"|(?:sk|pk|rk)_(?:live|test)_\w{10,}"  # Stripe
    r"|sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}"  # OpenAI, Anthropic
    r"|gh[opsur]_\w{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}"
    r"|xox[abeoprs]-[\w-]{10,}"  # Slack
    r"|AIza[\w-]{35}"  # Google
    r"|(?<=Bearer )(?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*"
    r")(?![\w-])"
)
_SIGNS_OF_KEYS = ("eyJ", "AKIA", "ASIA", "_live_", "_test_", "sk-", "gh", "glpat", "xox", "AIza", "Bearer")
_WORDS = (
    r"(?:pass(?:word|wort|wd|phrase|code)|pwd|kennwort|mot de passe|contraseña|senha|wachtwoord|lösenord"
    r"|hasło|пароль|パスワード|密码|비밀번호|(?:api|access|secret)[ _-]?key|secret|token)"
)
_STEMS = (
    "pass", "pwd", "kennwort", "contraseña", "senha", "wachtwoord", "lösenord", "hasło", "пароль",
    "パスワード", "密码", "비밀번호", "key", "secret", "token",
)  # fmt: skip
"""To see at once that most comments have none."""
_SIGN = r"[^\s,;\"'“”‘’«»\[\]]"
_MIXED = rf"(?={_SIGN}{{0,99}}\d)(?={_SIGN}{{0,99}}[^\W\d])"
_PASSWORD = re.compile(
    rf"(?<!\w)(?P<told>{_WORDS}"
    rf"(?:\s?[:=：]\s?[\"'“‘«]?{_MIXED}(?={_SIGN}{{4}})"
    rf"|\s(?:is|was|ist|lautet|est|es|è)\s[\"'“‘«]?{_MIXED}(?=[^\W\d]{_SIGN}{{5}})))"
    rf"{_SIGN}+(?<![.!?)])",
    re.IGNORECASE,
)
"""After a colon any word with a letter and a figure, after “is” one of six that begins with a letter: “the
password is wrong” and “the token is 5.2MB” tell none."""


def mask_credentials(text: str) -> str:
    """Text with `[token]` for keys and `[password]` for what is told as one, of letters and figures."""
    if any(sign in text for sign in _SIGNS_OF_KEYS):
        text = _KEY.sub("[token]", text)
    lowered = text.lower()
    if any(stem in lowered for stem in _STEMS):
        text = _PASSWORD.sub(r"\g<told>[password]", text)
    return text
