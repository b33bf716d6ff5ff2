from __future__ import annotations

from datetime import timedelta

from .connection import CLIENT, connected


async def test_the_limit_counts_down_in_the_headers_and_then_refuses() -> None:
    async with connected(rate_limit=3) as api:
        reset = str(api.sandbox.clock.seconds() + 60)
        for remaining in ("2", "1", "0"):
            headers = (await api.get("/v1/segments")).headers
            assert headers["x-rate-limit-limit"] == "3"
            assert headers["x-rate-limit-remaining"] == remaining
            assert headers["x-rate-limit-reset"] == reset
        refused = await api.get("/v1/segments")
        assert (refused.status_code, refused.json()) == (429, {"error": "Rate limit exceeded", "status": 429})
        assert (refused.headers["x-rate-limit-remaining"], refused.headers["x-rate-limit-reset"]) == (
            "0",
            reset,
        )
        assert "retry-after" not in refused.headers


async def test_the_window_is_fixed_and_begins_with_the_first_request() -> None:
    async with connected(rate_limit=2, retry_after=True) as api:
        await api.get("/v1/segments")
        api.sandbox.clock.advance(59)
        await api.get("/v1/segments")
        refused = await api.get("/v1/segments")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        api.sandbox.clock.advance(1)
        assert (await api.get("/v1/segments")).headers["x-rate-limit-remaining"] == "1"


async def test_a_clock_set_back_does_not_close_the_window_for_long() -> None:
    async with connected(rate_limit=1) as api:
        await api.get("/v1/segments")
        api.sandbox.clock.set(api.sandbox.clock.now() - timedelta(minutes=10))
        assert (await api.get("/v1/segments")).status_code == 200


async def test_tokens_and_unknown_callers_do_not_count() -> None:
    async with connected(rate_limit=1) as api:
        assert (await api.post("/oauth/token", data=CLIENT)).headers.get("x-rate-limit-limit") is None
        await api.get("/v1/segments", headers={"Authorization": "Bearer x"})
        assert (await api.get("/v1/segments")).status_code == 200


async def test_refusals_of_operations_carry_the_headers_too() -> None:
    async with connected() as api:
        assert (await api.get("/v1/end_users/5")).headers["x-rate-limit-remaining"] == "99"


async def test_the_limit_can_be_off() -> None:
    async with connected(rate_limit=None) as api:
        answers = [await api.get("/v1/segments") for _ in range(120)]
        assert {answer.status_code for answer in answers} == {200}
        assert "x-rate-limit-limit" not in answers[0].headers
