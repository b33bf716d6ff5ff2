"""What is read next, in a small world where wants come and go as they please."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from wootric_mcp.store.intervals import around, joined, without
from wootric_mcp.store.planning import Need, Position, next_walk, prospect

LAST = 30


@dataclass
class World:
    """Seconds, when each was read, and walks that read one second at each step."""

    wants: dict[int, Need] = field(default_factory=dict)
    read: dict[int, list[float]] = field(default_factory=dict)
    walks: list[Position] = field(default_factory=list)
    now: float = 1.0

    def needs(self) -> list[Need]:
        found = []
        for want in self.wants.values():
            done = [
                (second, second + 1)
                for second, times in self.read.items()
                if times and (not want.fresh or max(times) >= want.asked_at)
            ]
            found += [
                replace(want, start=start, end=end) for start, end in without((want.start, want.end), done)
            ]
        return found

    def follow(self) -> None:
        """Begin and end walks as the lane does, but for the number of them."""
        needs = self.needs()
        self.walks = [walk for walk in self.walks if prospect(needs, walk)]
        while begin := next_walk(needs, self.walks):
            going = prospect(needs, begin)
            assert going is not None
            waiting = any(self.is_waiting(need) for need in needs if need.urgent)
            assert going.urgent or not waiting, "somebody waits for something else"
            self.now += 1
            self.walks.append(replace(begin, began=self.now))

    def is_waiting(self, need: Need) -> bool:
        """Whether no walk that will do is in the gap: such a one gets there, or parts it at once."""
        urgent = [one for one in self.needs() if one.urgent and one.newest_first == need.newest_first]
        gap = around(joined(one.interval for one in urgent), need.start)
        assert gap is not None
        return not any(need.is_served_by(walk) and gap[0] <= walk.next_second < gap[1] for walk in self.walks)

    def step(self, number: int) -> None:
        """One walk reads a second."""
        if not self.walks:
            return
        walk = self.walks[number % len(self.walks)]
        needs = self.needs()
        going = prospect(needs, walk)
        if going is None:
            return
        second = walk.next_second
        assert any(need.start <= second < need.end for need in needs), "nobody wants that"
        assert (going.aim <= second) if walk.newest_first else (going.aim > second)
        self.read.setdefault(second, []).append(walk.began)
        edge = second if walk.newest_first else second + 1
        self.walks[self.walks.index(walk)] = replace(walk, edge=edge)


second = st.integers(0, LAST)
come = st.tuples(second, second, st.booleans(), st.booleans(), st.booleans())
events = st.lists(st.one_of(come, st.integers(0, 9), st.sampled_from(["step"] * 3 + ["go"])), max_size=40)


def run(given_events: list[object], *, may_be_fresh: bool) -> World:
    world, name = World(), 0
    for event in given_events:
        match event:
            case (int(start), int(end), bool(urgent), bool(newest_first), bool(fresh)):
                name += 1
                world.now += 1
                world.wants[name] = Need(start, end, urgent, newest_first, world.now, fresh and may_be_fresh)
            case "go" if world.wants:
                world.wants.pop(next(iter(world.wants)))
            case int(number):
                world.step(number)
            case _:
                world.step(0)
        world.follow()
    for number in range(10_000):
        if not world.needs():
            return world
        world.follow()
        world.step(number)
    raise AssertionError("it comes to no end")


@settings(deadline=None)
@given(events)
def test_every_wanted_second_is_read_once_and_nothing_else(given_events: list[object]) -> None:
    world = run(given_events, may_be_fresh=False)
    assert all(len(times) == 1 for times in world.read.values())


@settings(deadline=None)
@given(events)
def test_who_wants_it_fresh_gets_it_so(given_events: list[object]) -> None:
    run(given_events, may_be_fresh=True)


def test_newer_gaps_come_first_and_urgent_ones_before_all() -> None:
    needs = [Need(0, 10, False), Need(20, 30, False), Need(5, 8, True)]
    assert next_walk(needs, []) == Position(8)
    assert next_walk(needs, [Position(8)]) == Position(30)
    assert next_walk(needs, [Position(8), Position(30)]) is None


def test_a_walk_says_how_far_it_is_wanted_to_go() -> None:
    needs = [Need(10, 20, True), Need(0, 12, False)]
    going = prospect(needs, Position(20))
    assert going
    assert (going.urgent, going.aim) == (True, 10)
    going = prospect(needs, Position(10))
    assert going
    assert (going.urgent, going.aim) == (False, 0)
    assert prospect(needs, Position(0)) is None
    assert prospect(needs, Position(10, newest_first=False)) is None


def test_who_wants_it_fresh_gets_a_walk_of_their_own() -> None:
    old = Position(15, began=1.0)
    needs = [Need(0, 20, True, asked_at=2.0, fresh=True), Need(0, 15, False)]
    assert next_walk(needs, [old]) == Position(20)
    assert next_walk(needs, [old, Position(18, began=2.0)]) is None
