"""Environment variables and command-line flags, read once into one frozen `Settings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "WOOTRIC_"
SQLITE = "sqlite:///"
SECRETS = ("client_secret", "password", "account_token")

Region = Literal["us", "eu", "au"]
SurveyType = Literal["nps", "csat5", "csat10", "ces7"]
Privacy = Literal["full", "alias", "strict"]
Confirm = Literal["ask", "ask_or_token", "off"]
Names = Annotated[tuple[str, ...], NoDecode]

_HOSTS: dict[Region, str] = {
    "us": "https://api.wootric.com",
    "eu": "https://api.wootric.eu",
    "au": "https://api.wootric.au",
}
# What says which account is meant and who asks: the sandbox takes none of it from the environment.
_ACCOUNT = ("client_id", "client_secret", "username", "password", "account_token", "region", "base_url")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Settings(BaseSettings):
    """Everything an operator can set. Secrets never show in a repr or a log.

    Each field is read from `WOOTRIC_` and its name in capitals; a secret also from the file that
    `WOOTRIC_<NAME>_FILE` names. An empty value counts as not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    client_id: str = ""
    client_secret: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    account_token: SecretStr | None = None
    region: Region | None = None
    base_url: str = ""
    timezone: str = ""
    """IANA name of the account's time zone, which periods are resolved in; empty: the machine's."""
    survey_type: SurveyType = "nps"
    themes: str = ""
    """What comments are searched for besides the universal themes: packs, and a lexicon file of one's own."""
    csv_dir: Path | None = None
    """Folder whose files `send_email_survey_csv` may name; unset: none."""
    alias_key_file: Path | None = None
    """Where the key behind respondent aliases is kept; unset: the user's data folder."""
    deadline: float = Field(default=45.0, gt=0, le=600)
    """Seconds a tool call may take."""
    store: str = ""
    """Where what was read is kept: `off`, `memory`, `sqlite:///…` (a file, or a folder with a file for each
    account); empty: a file in the user's data folder."""
    store_days: int = Field(default=90, ge=0, le=36_500)
    """Days that something is kept after Wootric last returned it; 0: until the server ends."""
    budget_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the requests left by others that reading ahead may use."""
    privacy: Privacy = "alias"
    """Whether answers show e-mail addresses, phone numbers and IP addresses: `alias` only of a person who is
    asked about, `full` also beside responses and declines, `strict` none, and none is stored or logged."""

    confirm: Confirm = "ask_or_token"
    """How what deletes, overwrites or mails customers is confirmed: `ask`, by a person only; `ask_or_token`,
    where nobody can be asked also by a second call with a code; `off`, not at all."""
    confirm_writes: bool = False
    """Whether plain writes are confirmed, too."""
    unasked_recipients: int = Field(default=20, ge=0, le=10_000)
    """People who may be mailed within 24 hours on codes alone."""
    unasked_records: int = Field(default=20, ge=0, le=10_000)
    """Records that may be changed, deleted or revealed within 24 hours on codes alone."""
    audit: Path | None = None
    """File of the audit log; unset: in the user's data folder."""
    send_domains: Names = ()
    """Domains that may be mailed, and that senders and links may name; `*`: anybody may be mailed. Unset:
    anybody may be, and no other sender and no link may be named."""
    send_max_recipients: int = Field(default=5_000, ge=1)
    """People in one survey."""
    send_max_per_day: int = Field(default=0, ge=0)
    """Survey mails in 24 hours; 0: any number."""
    min_days_between: int = Field(default=14, ge=0, le=3_650)
    """Days for which somebody who was mailed from here is not mailed again."""

    toolsets: Names = ()
    tools: Names = ()
    exclude_tools: Names = ()
    read_only: bool = False

    # Private, so that no variable of the environment can set them.
    _is_sandbox: bool = PrivateAttr(default=False)
    _problems: tuple[str, ...] = PrivateAttr(default=())

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the story sandbox that the server itself started."""
        return self._is_sandbox

    @property
    def is_strict(self) -> bool:
        """Whether nobody's addresses and numbers may be shown, stored or logged."""
        return self.privacy == "strict"

    @property
    def problems(self) -> tuple[str, ...]:
        """What was set but cannot be used, one sentence each. Calls are refused with these."""
        return self._problems

    @field_validator("toolsets", "tools", "exclude_tools", "send_domains", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(re.findall(r"[^,\s]+", value)) if isinstance(value, str) else value

    @field_validator("region", "privacy", "confirm", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("audit", mode="before")
    @classmethod
    def _always_audited(cls, value: object) -> object:
        if isinstance(value, str) and value.strip().lower() in {"off", "none", "no", "false", "0"}:
            raise ValueError("name a file; the audit log cannot be switched off")
        return value

    @field_validator("send_domains")
    @classmethod
    def _domains(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        domains = tuple(value.lower().removeprefix("@").strip(".") for value in values)
        if not all(re.fullmatch(r"\*|[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains):
            raise ValueError("name domains such as example.com, comma-separated; * lets everybody be mailed")
        return domains

    @field_validator("csv_dir", "alias_key_file", "audit")
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        try:
            return value and value.expanduser()
        except RuntimeError as error:
            raise ValueError("names a user whose home is not known") from error

    @field_validator("store")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if value.lower() in ("", "off", "memory"):
            return value.lower()
        if value.startswith(SQLITE) and value.removeprefix(SQLITE) not in ("", ":memory:"):
            return value
        raise ValueError("use off, memory or sqlite:/// and a path; unset, it is a file in your data folder")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            if value:
                ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("name a time zone such as Europe/Berlin or America/New_York") from error
        return value

    @field_validator("base_url")
    @classmethod
    def _safe_base_url(cls, value: str) -> str:
        if not value:
            return value
        url = urlsplit(value)
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("give scheme, host and path only")
        if url.scheme == "https" and url.hostname:
            return value.rstrip("/")
        if url.scheme == "http" and url.hostname in _LOOPBACK:
            return value.rstrip("/")
        raise ValueError("must begin with https:// (http:// is for loopback only)")

    @classmethod
    def load(cls, flags: Mapping[str, object] | None = None) -> Self:
        """Read the environment and, over it, the flags. Never fails: see `problems`."""
        secrets, problems = _secrets_from_files()
        given: dict[str, Any] = {**secrets, **(flags or {})}
        try:
            settings = cls(**given)
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][0])
                problems.append(f"{PREFIX}{name.upper()} cannot be used: {_reason(fault['msg'])}.")
                given[name] = cls.model_fields[name].get_default()
            settings = cls(**given)
        settings._problems = tuple(problems)
        return settings

    @classmethod
    def for_sandbox(cls, base_url: str, flags: Mapping[str, object] | None = None) -> Self:
        """Settings for the sandbox at `base_url`; no account is taken from the environment, and nothing of
        it is kept longer than it lasts."""
        account: dict[str, Any] = {name: cls.model_fields[name].get_default() for name in _ACCOUNT}
        account.update(base_url=base_url, client_id="sandbox", client_secret="sandbox")  # noqa: S106
        settings = cls.load({**(flags or {}), **account, "store": "memory"})
        settings._problems = tuple(
            problem
            for problem in settings.problems
            if not problem.startswith(tuple(f"{PREFIX}{name.upper()}" for name in _ACCOUNT))
        )
        settings._is_sandbox = True
        return settings

    @property
    def url(self) -> str:
        """Base URL of the API: the one set, else by region, else by the account token's prefix."""
        return self.base_url or _HOSTS[self.region or self._token_region]

    @property
    def _token_region(self) -> Region:
        token = self.account_token.get_secret_value() if self.account_token else ""
        match = re.match(r"NPS-(EU|AU)-", token, re.IGNORECASE)
        return "us" if not match else "eu" if match[1].upper() == "EU" else "au"

    @property
    def grant(self) -> Literal["password", "client_credentials"] | None:
        """OAuth grant that the settings allow; a user name and password win. None: not configured."""
        if self.username and self.password:
            return "password"
        if self.client_id and self.client_secret:
            return "client_credentials"
        return None

    @property
    def is_usable(self) -> bool:
        """Whether calls can be made at all."""
        return self.grant is not None and not self.problems

    def what_to_set(self) -> str:
        """What is missing or wrong, in words that name the variables to set."""
        faults = list(self.problems)
        if self.grant is None:
            faults.append(
                "No Wootric credentials are configured. Set WOOTRIC_CLIENT_ID and WOOTRIC_CLIENT_SECRET "
                "(Wootric: Settings > API), or WOOTRIC_USERNAME and WOOTRIC_PASSWORD (with "
                "WOOTRIC_ACCOUNT_TOKEN if the user belongs to several accounts); for accounts in Europe or "
                "Australia also WOOTRIC_REGION=eu or au. To try the server without an account, start it "
                "with --sandbox."
            )
        return " ".join(faults)


def _secrets_from_files() -> tuple[dict[str, SecretStr], list[str]]:
    found: dict[str, SecretStr] = {}
    problems: list[str] = []
    for name in SECRETS:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                found[name] = SecretStr(Path(path).expanduser().read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError, RuntimeError) as error:
                problems.append(f"{variable} cannot be read: {type(error).__name__}.")
    return found, problems


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".")
