"""Whom an e-mail survey is for: read from a list of addresses, or from CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .operation import Call
from .parameters import Parameters, typed

MOST_ADDRESSES = 100
MOST_ROWS = 5_000

_CONTEXT = "___context:"
_LANGUAGE = "___language"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person to ask. `identity` is the `email` of the end user, `address` where the mail goes."""

    identity: str
    address: str
    external_id: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None

    def fill(self, text: str | None) -> str | None:
        """`text` with each `{{name}}` replaced by this person's value, or by nothing."""
        return text and _PLACEHOLDER.sub(lambda found: self.context.get(found[1], ""), text)


def from_addresses(parameters: Parameters) -> list[Recipient]:
    """The recipients of `emails`, with the values of `external_ids` and `context` at the same positions."""
    emails, external_ids = parameters.strings("emails"), parameters.strings("external_ids")
    properties = parameters.properties("end_user[properties]") or {}
    if not emails:
        parameters.problem("emails", "is missing")
    elif len(emails) > MOST_ADDRESSES:
        parameters.problem("emails", "does not have a valid value")
    if external_ids and len(external_ids) != len(emails):
        parameters.problem("external_ids", "does not have a valid value")
    context = _context(parameters)
    parameters.check()
    return [
        Recipient(
            identity=email,
            address=email,
            external_id=external_ids[position] if external_ids else None,
            properties=properties,
            context={name: values[position] for name, values in context.items() if position < len(values)},
        )
        for position, email in enumerate(emails)
    ]


def _context(parameters: Parameters) -> dict[str, list[str]]:
    """The values of each variable, the n-th for the n-th address, however they are spread over hashes."""
    held = parameters.raw("context")
    hashes = held if isinstance(held, list) else [] if held is None else [held]
    result: dict[str, list[str]] = {}
    for each in hashes:
        if not isinstance(each, Mapping):
            parameters.problem("context", "is invalid")
            return {}
        for name, value in each.items():
            result.setdefault(name, []).extend(part.strip() for part in str(value).split(","))
    return result


def from_csv(call: Call, content: bytes, template: Sequence[str] | None) -> list[Recipient]:
    """The recipients in CSV text; `template` has the language codes of the survey template, if one is named.

    Raises:
        Refusal: 400, naming every column or value that does not hold. One bad row spoils the file.
    """
    parameters = call.parameters
    try:
        header, *rows = [
            row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row
        ]
    except (UnicodeDecodeError, csv.Error, ValueError):
        parameters.refuse("csv", "is invalid")
    address_column = parameters.text("send_to_email_field")
    identity_column = parameters.text("unique_identifier_field")
    if identity_column and not address_column:
        parameters.problem("send_to_email_field", "is missing")
    for name, column in (
        ("send_to_email_field", address_column),
        ("unique_identifier_field", identity_column),
    ):
        if column and column not in header:
            parameters.problem(name, "does not have a valid value")
    if not address_column and header[0] != "email":
        parameters.problem("csv", "must have email as its first column")
    if len(rows) > MOST_ROWS:
        parameters.problem("csv", "does not have a valid value")
    if _LANGUAGE in header and template is None:
        parameters.problem("survey_settings[survey_template_id]", "is missing")
    parameters.check()
    columns = _Columns(header, address_column, identity_column)
    recipients = [_from_row(parameters, columns, line, row) for line, row in enumerate(rows, start=2)]
    for line, recipient in enumerate(recipients, start=2):
        if _LANGUAGE in header and recipient.language not in (template or ()):
            parameters.problem(f"csv[{line}][{_LANGUAGE}]", "does not have a valid value")
    parameters.check()
    return recipients


@dataclass(frozen=True, slots=True)
class _Columns:
    header: Sequence[str]
    address: str | None
    identity: str | None

    def identity_column(self) -> str:
        """The column that names the end user."""
        return self.identity or ("email" if "email" in self.header else self.address or "email")


def _from_row(parameters: Parameters, columns: _Columns, line: int, row: list[str]) -> Recipient:
    if len(row) > len(columns.header):
        parameters.problem(f"csv[{line}]", "is invalid")
    cells = dict(zip(columns.header, row, strict=False))
    identity_column = columns.identity_column()
    properties: dict[str, Any] = {}
    context: dict[str, str] = {}
    for name, value in cells.items():
        if name.startswith(_CONTEXT):
            context[name.removeprefix(_CONTEXT)] = value
        elif name and value and name not in {identity_column, columns.address, _LANGUAGE}:
            try:
                properties[name] = typed(name, value)
            except ValueError:
                parameters.problem(f"csv[{line}][{name}]", "is invalid")
    identity = cells.get(identity_column, "").strip()
    return Recipient(
        identity=identity,
        address=cells.get(columns.address, "").strip() if columns.address else identity,
        properties=properties,
        context=context,
        language=cells.get(_LANGUAGE),
    )
