"""The 32 operations of the Wootric API, one row each.

Annotations, guards, retries, documentation and checks read this table, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    """What an operation can do to the account; arguments can only raise it (`wootric_mcp.guard`)."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"
    OUTBOUND = "outbound"


class Retry(StrEnum):
    """When a request may be sent a second time."""

    SAFE = "safe"
    """After a connection error, a 429 or a 5xx: the second request has no further effect."""
    REFUSED = "refused"
    """Only when Wootric refused it with 429; never after it may have arrived."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its tool name, its HTTP request, and what it can do.

    `scope` is the OAuth scope it is believed to need; Wootric does not document scopes per operation,
    so nothing is refused on its account.
    """

    id: str
    method: str
    path: str
    toolset: str
    risk: Risk
    retry: Retry
    scope: str

    @property
    def is_read_only(self) -> bool:
        """Whether the operation changes nothing and mails nobody."""
        return self.risk is Risk.READ

    @property
    def is_destructive(self) -> bool:
        """Whether its effect cannot be taken back: it overwrites, deletes or mails customers."""
        return self.method in {"PUT", "DELETE"} or self.risk is Risk.OUTBOUND

    @property
    def is_idempotent(self) -> bool:
        """Whether a second identical request changes nothing further."""
        return self.retry is Retry.SAFE


_RISK_SCOPES = {Risk.READ: "read", Risk.OUTBOUND: "survey"}


def _row(
    toolset: str, id_: str, method: str, path: str, risk: Risk = Risk.READ, scope: str | None = None
) -> Operation:
    safe = method in {"PUT", "DELETE"} or (method == "GET" and risk is Risk.READ)
    retry = Retry.SAFE if safe else Retry.REFUSED
    return Operation(id_, method, path, toolset, risk, retry, scope or _RISK_SCOPES.get(risk, "admin"))


_WRITE, _DESTRUCTIVE, _OUTBOUND = Risk.WRITE, Risk.DESTRUCTIVE, Risk.OUTBOUND
_USER = "/v1/end_users/{end_user_id}"

_ROWS = (
    _row("end_users", "list_end_users", "GET", "/v1/end_users"),
    _row("end_users", "create_end_user", "POST", "/v1/end_users", _WRITE),
    _row("end_users", "get_end_user", "GET", _USER),
    _row("end_users", "update_end_user", "PUT", _USER, _WRITE),
    _row("end_users", "delete_end_user", "DELETE", _USER, _DESTRUCTIVE, "delete_account"),
    _row("end_users", "get_end_user_by_phone", "GET", "/v1/end_users/phone_number/{phone_number}"),
    # A GET by name only: it mails an export to the account's own user.
    _row("end_users", "export_end_user_data", "GET", f"{_USER}/export", _WRITE, "export"),
    _row("responses", "list_responses", "GET", "/v1/responses"),
    _row("responses", "update_response", "PUT", "/v1/responses/{response_id}", _WRITE, "invalidate_response"),
    _row("responses", "list_end_user_responses", "GET", f"{_USER}/responses"),
    _row("responses", "create_response", "POST", f"{_USER}/responses", _WRITE, "respond"),
    _row("responses", "get_end_user_response", "GET", f"{_USER}/responses/{{response_id}}"),
    _row(
        "responses",
        "delete_response",
        "DELETE",
        f"{_USER}/responses/{{response_id}}",
        _DESTRUCTIVE,
        "invalidate_response",
    ),
    _row("responses", "list_promoter_responses", "GET", f"{_USER}/responses/promoters"),
    _row("responses", "list_passive_responses", "GET", f"{_USER}/responses/passives"),
    _row("responses", "list_detractor_responses", "GET", f"{_USER}/responses/detractors"),
    _row("declines", "list_declines", "GET", "/v1/declines"),
    _row("declines", "list_end_user_declines", "GET", f"{_USER}/declines"),
    _row("declines", "create_decline", "POST", f"{_USER}/declines", _WRITE, "respond"),
    _row("declines", "get_end_user_decline", "GET", f"{_USER}/declines/{{decline_id}}"),
    _row(
        "declines",
        "delete_decline",
        "DELETE",
        f"{_USER}/declines/{{decline_id}}",
        _DESTRUCTIVE,
        "invalidate_response",
    ),
    _row("declines", "update_decline", "PUT", "/v1/declines/{decline_id}", _WRITE, "invalidate_response"),
    _row("settings", "get_end_user_settings", "GET", f"{_USER}/settings"),
    _row("settings", "update_end_user_settings", "PUT", f"{_USER}/settings", _WRITE),
    _row("metrics", "get_nps_summary", "GET", "/v1/nps_summary"),
    _row("segments", "list_segments", "GET", "/v1/segments"),
    _row("survey_templates", "list_survey_templates", "GET", "/v1/survey_templates"),
    _row("email_surveys", "send_email_survey", "POST", "/v1/email_survey", _OUTBOUND),
    _row("email_surveys", "send_email_survey_csv", "POST", "/v1/email_survey_csv", _OUTBOUND),
    _row("email_surveys", "get_email_stats", "GET", "/v2/email_stats"),
    _row("email_surveys", "get_email_stats_sources", "GET", "/v2/email_stats/sources"),
    _row("email_surveys", "generate_bounce_report", "POST", "/v2/email_stats/bounce_report", _WRITE),
)

OPERATIONS: dict[str, Operation] = {row.id: row for row in _ROWS}
TOOLSETS: tuple[str, ...] = (*dict.fromkeys(row.toolset for row in _ROWS), "feedback")
