"""Plays scenarios: at a simulator each on a day of its own, at a bank's front-end in the time there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time

from bankadapters import registry
from bankadapters.conformance.bench import Bench, SimulatedBench, simulated
from bankadapters.conformance.scenario import Failed, Result, Scenario, Skipped, Verdict
from bankadapters.conformance.trial import Trial
from kernel import clock

Tell = Callable[[Result], None]


def play(scenario: Scenario, bench: Bench) -> Result:
    """One scenario at one bank. Whatever it meets is a verdict."""
    abilities = registry.adapter_class(bench.slug).abilities
    lacking = sorted(one.value for one in scenario.needs - abilities)
    if lacking:
        return Result(bench.slug, scenario, Verdict.ABSENT, f"no {', '.join(lacking)}")
    if scenario.steers and not bench.steered:
        return Result(bench.slug, scenario, Verdict.NOT_RUN, "wants a simulator")
    trial = Trial(bench)
    verdict, why = Verdict.PASSED, ""
    try:
        scenario.play(trial)
    except Skipped as skipped:
        verdict, why = skipped.verdict, str(skipped)
    except Failed as failed:
        verdict, why = Verdict.FAILED, str(failed)
    except Exception as error:  # an adapter that raises anything at all has failed its scenario
        verdict, why = Verdict.FAILED, f"{type(error).__name__}: {error}"
    return Result(bench.slug, scenario, verdict, why, trial.exchanges)


def _next_morning(bench: SimulatedBench) -> None:
    """Half past nine of the next working day, so that a scenario's day is its own."""
    day = clock.Calendar().next_working_day(clock.today())
    clock.set_offset(bench.clock_file, datetime.combine(day, time(9, 30), clock.SHANGHAI))


def play_simulated(
    slugs: Sequence[str], scenarios: Iterable[Scenario], *, tell: Tell
) -> list[Result]:
    """Every scenario at the simulators of these banks: one world for each profile of faults."""
    results = []
    by_profile: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_profile.setdefault(scenario.faults, []).append(scenario)
    for faults, group in by_profile.items():
        with simulated(slugs, faults=faults) as benches:
            for slug in slugs:
                for scenario in group:
                    _next_morning(benches[slug])
                    results.append(play(scenario, benches[slug]))
                    tell(results[-1])
    return results


def play_at_bank(bench: Bench, scenarios: Iterable[Scenario], *, tell: Tell) -> list[Result]:
    """Every scenario a bank's own test front-end can serve."""
    results = []
    for scenario in scenarios:
        results.append(play(scenario, bench))
        tell(results[-1])
    return results
