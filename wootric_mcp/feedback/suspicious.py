"""Comments that read like instructions to an assistant, told by a few turns of phrase in ten languages.

They count like any other comment, but are no quotes of an answer. This is no defence: who wants to can write
otherwise; what protects is that no comment stands outside a fence or `untrusted`.
"""

from __future__ import annotations

import re
from functools import cache

from wootric_mcp.feedback.words import fold

_ASSISTANT = (
    r"(?:an?\ |the\ |any\ |all\ )?(?:ai|llm|(?:large\ )?language\ model|chatgpt|gpt|claude|copilot)s?\b"
)
# Verbs stand in the imperative, and what is to be ignored is called earlier or everything: that a courier
# ignored the instructions is a usual complaint.
_WORDS = rf"""
    (?:ignore|disregard|forget|override|bypass)\ (?:\S+\ ){{0,4}}
        (?:previous|prior|preceding|above|earlier|foregoing|initial|original|system)\ (?:\S+\ )?
        (?:instruction|prompt|message|rule|direction|directive|command|guideline|context)
  | (?:ignore|disregard|forget|override)\ (?:everything|all|anything|the\ text)\ (?:above|before\ this)\b
  | (?:ignore|disregard|override|bypass)\ (?:all|any|your)\ (?:of\ )?(?:your\ |other\ )?
        (?:instructions|prompts|guidelines|programming|directives)\b
  | (?:reveal|print|show|repeat|output|disclose|leak)\ (?:\S+\ ){{0,3}}
        (?:your\ prompt|(?:system|hidden|initial)\ (?:prompt|instructions))\b
  | (?:new|updated|real|important)\ instructions?\ (?:for|to)\ (?:you\b|the\ assistant|{_ASSISTANT})
  | (?:you\ are(?:\ now)?|act\ as|pretend\ to\ be)\ (?:{_ASSISTANT}|unrestricted|in\ developer\ mode|dan\b)
  | (?:attention|(?:note|message|attention|instructions?)\ (?:to|for)),?\ {_ASSISTANT}
  | (?<!\w\ )(?:do\ not|don't|never)\ (?:tell|inform|alert|notify|mention\ (?:this|it)\ to)
        \ (?:the|your)\ (?:user|human|operator)\b
  | (?<!i\ )(?<!we\ )(?<!you\ )(?<!to\ )(?:call|invoke|execute|run)
        \ (?:the\ )?(?:tool\ |function\ )?(?:delete|send|remove|erase)_[a-z_]+
  | system[\ -]?prompts?\b | prompt[\ -]systeme\b | prompt\ d[eio]l?\ sistema\b
  | (?:ignoriere?|ignorieren\ sie|vergiss|vergessen\ sie|missachte)\ (?:\S+\ ){{0,3}}
        (?:vorherig|vorig|bisherig|fruher|obig|vorangegangen|all)\w*\ (?:\S+\ )?
        (?:anweisung|instruktion|befehl|vorgabe|regel)
  | (?:ignore[zr]?|oublie[zr]?|ne\ (?:tiens|tenez)\ pas\ compte)\ (?:\S+\ ){{0,4}}
        (?:instructions?|consignes?|directives?|regles?)\ (?:precedent|anterieur|ci-dessus|initial)
  | (?:ignora|ignore|ignorad|olvida|olvide|haz\ caso\ omiso)\ (?:\S+\ ){{0,4}}
        (?:instrucciones|indicaciones|ordenes|reglas)\ (?:anterior|previa|iniciale|del\ sistema|de\ arriba)
  | (?:ignora|ignorate|ignori|dimentica|dimenticate)\ (?:\S+\ ){{0,4}}
        (?:istruzioni|indicazioni|regole|comandi)\ (?:precedent|iniziali|di\ prima|di\ sistema|sopra)
  | (?:ignore|ignora|ignorem|esqueca|esquece|desconsidere)\ (?:\S+\ ){{0,4}}
        (?:instrucoes|orientacoes|regras|ordens|comandos)\ (?:anterior|acima|previa|iniciais|do\ sistema)
  | (?:negeer|vergeet)\ (?:\S+\ ){{0,3}}(?:vorige|eerdere|voorgaande|bovenstaande|alle)\ (?:\S+\ )?
        (?:instructie|aanwijzing|opdracht|regel)
"""
_SIGNS = r"""
    <\|?/?(?:system|assistant|im_start|im_end|endoftext|instructions?)\b
  | \[/?inst\] | <<sys>> | \#\#\#\ ?(?:instruction|system)\b
  | \b(?:system|assistant|ai)\s?:\s?(?:ignore|you\ (?:are|must|will)|call|send|delete|reveal|forget)\b
  | </?(?:untrusted|feedback|customer_text|(?:tool|function)_\w+)\b | \[assistant\] | !\[[^\[\]]{0,200}\]\(
  | \[(?:end\ of\ )?customer\ text
  | "(?:tool|function|name|tool_name)"\s?:\s?"\w+"
  | (?:これまで|以前|上記|前|すべて|全て)の?.{0,6}(?:指示|命令|プロンプト).{0,4}(?:無視|忘れ)
  | (?:忽略|无视|無視|忘记|忘記).{0,10}(?:之前|以上|上述|先前|前面|所有).{0,6}
        (?:指令|指示|提示|命令|规则|規則)
  | システムプロンプト | 系[统統]提示
"""
_RUN = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{100,}")
_ENCODED = [re.compile(kind) for kind in ("[A-Z]", "[a-z]", "[0-9]")]
"""What a run of letters and digits has that is no word but something encoded."""


@cache
def _turns() -> re.Pattern[str]:
    """Made when the first comment is analysed, which takes longer than all else that this room loads."""
    return re.compile(rf"\b(?:{_WORDS})|{_SIGNS}", re.VERBOSE)


def reads_like_instructions(text: str) -> bool:
    """Whether a comment, as it is shown, seems to tell an assistant what to do."""
    return _turns().search(fold(text)) is not None or any(
        all(kind.search(run) for kind in _ENCODED) for run in _RUN.findall(text)
    )
