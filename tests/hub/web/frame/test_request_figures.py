"""What a process counts about its requests, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from hub.web.request_figures import RequestFigures


def test_answers_and_their_times_are_counted_by_route() -> None:
    figures, registry = RequestFigures(), CollectorRegistry()
    registry.register(figures)
    for seconds in (0.005, 0.02, 0.3, 99.0, None):
        figures.note("/hooks/{channel}/{hook}", 200, seconds)
    figures.note("/hooks/{channel}/{hook}", 403, 0.001)
    said = set(generate_latest(registry).decode().splitlines())
    route = 'route="/hooks/{channel}/{hook}"'
    buckets = {"0.005": 2, "0.01": 2, "0.025": 3, "0.25": 3, "0.5": 4, "10.0": 4, "+Inf": 5}
    assert said >= {
        f'hub_requests_total{{{route},status="200"}} 5.0',
        f'hub_requests_total{{{route},status="403"}} 1.0',
        f"hub_request_seconds_count{{{route}}} 5.0",
        f"hub_request_seconds_sum{{{route}}} {0.005 + 0.02 + 0.3 + 99.0 + 0.001}",
        *(f'hub_request_seconds_bucket{{le="{bound}",{route}}} {count}.0' for bound, count in buckets.items()),
    }
