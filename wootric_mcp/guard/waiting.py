"""Plans that wait to be sent, in the ledger: sealed, so that no file holds who is to be mailed, or what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wootric_mcp.guard.plans import Plan
from wootric_mcp.guard.sealing import seal, unsealed
from wootric_mcp.store.marks import folded

if TYPE_CHECKING:
    from wootric_mcp.store.ledger import Ledger

_PURPOSE = "plan"


class WaitingPlans:
    """The plans of one account; what the ledger raises passes through.

    Args:
        ledger: Keeps them.
        secret: Opens them. What it does not open is no plan.
    """

    def __init__(self, ledger: Ledger, secret: bytes) -> None:
        self._ledger = ledger
        self._secret = secret

    async def keep(self, plan: Plan, *, now: float, until: float) -> None:
        """Keep a plan until then (account time)."""
        row = seal(plan.to_json(), self._secret, _PURPOSE)
        await self._ledger.keep_plan(plan.id, row, now=now, until=until)

    async def find(self, plan_id: str, *, now: float) -> Plan | None:
        """A plan that was kept, unless its time is over."""
        row = await self._ledger.plan(plan_id, now=now)
        plan = self._opened(row) if row else None
        return plan if plan and plan.id == plan_id else None

    async def drop_naming(self, end_user_id: int, address: str) -> None:
        """Drop the plans with a person who is erased, also from when only the address was known, and what is
        no plan."""
        theirs = folded(address)

        def names(row: str) -> bool:
            plan = self._opened(row)
            return plan is None or any(
                one.end_user_id == end_user_id or (theirs and folded(one.address) == theirs)
                for one in plan.people
            )

        await self._ledger.drop_plans(names)

    def _opened(self, row: str) -> Plan | None:
        try:
            return Plan.from_json(unsealed(row, self._secret, _PURPOSE))
        except ValueError:
            return None
