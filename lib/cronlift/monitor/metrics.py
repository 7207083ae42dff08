"""The same look as metrics in Prometheus' text format (exposition format 0.0.4), for a scrape or a textfile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from cronlift.model.monitoring import Monitoring, Watched

_LABELS = ("job", "database", "jobid")

_INSTANTS = {
    "last_start": "When its last run started.",
    "last_success": "When the last run that succeeded started.",
    "next_start": "When it is due next.",
    "running": "Since when a run of it goes on.",
    "overdue": "The firing that should have started a run and did not.",
    "failing": "When the first of the failures after its last success started.",
}
_FIELDS = {"last_start": "last_run", "next_start": "next_run", "running": "running_since", "overdue": "overdue_since",
           "failing": "failing_since"}  # fmt: skip
_COUNTS = {
    "failures_in_a_row": "Failed runs since its last success.",
    "waiting": "Firings that fell due and were not started.",
    "fence_hits": "Inserts of the application turned away after the move was complete.",
    "last_rows": "Rows its last successful run touched.",
    "success_ratio": "The share of runs that succeeded, in the window.",
}


def text(document: Monitoring) -> str:
    """The whole answer. Gauges only: pg_cron's history is pruned, so that nothing in it rises for ever."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Looked(document))
    return generate_latest(registry).decode()


class _Looked(Collector):
    """A look that was made, as a collector."""

    def __init__(self, document: Monitoring) -> None:
        self.document = document

    def collect(self) -> Iterator[Metric]:
        yield from self._server()
        for name, says in _INSTANTS.items():
            yield self._of_jobs(f"{name}_timestamp_seconds", says, lambda job, n=name: _seconds(job, n))
        for name, says in _COUNTS.items():
            yield self._of_jobs(name, says, lambda job, n=name: _number(job, n))
        yield self._of_jobs("active", "Whether the entry is switched on.", lambda job: float(job.active))
        yield self._runs()
        yield self._durations()
        yield self._signals()

    def _server(self) -> Iterator[Metric]:
        launcher = self.document.launcher
        if launcher.alive is not None:
            yield GaugeMetricFamily("cronlift_launcher_up", "Whether pg_cron's launcher runs.", float(launcher.alive))
        yield GaugeMetricFamily("cronlift_runs_going_on", "Runs that go on.", float(launcher.running))
        window = float(self.document.window_seconds)
        yield GaugeMetricFamily("cronlift_window_seconds", "How far back runs were counted.", window)
        rows = GaugeMetricFamily("cronlift_history_rows", "Rows of a record of runs.", labels=("database", "table"))
        size = GaugeMetricFamily("cronlift_history_bytes", "Its size on disk.", labels=("database", "table"))
        for table in self.document.history:
            rows.add_metric((table.database, table.table), table.rows)
            size.add_metric((table.database, table.table), table.bytes)
        yield from (rows, size)

    def _of_jobs(self, name: str, says: str, value: object) -> Metric:
        family = GaugeMetricFamily(f"cronlift_job_{name}", says, labels=_LABELS)
        for job in self.document.jobs:
            found = value(job)  # type: ignore[operator]
            if found is not None:
                family.add_metric(_labels(job), found)
        return family

    def _runs(self) -> Metric:
        family = GaugeMetricFamily("cronlift_job_runs", "Runs in the window.", labels=(*_LABELS, "status"))
        for job in self.document.jobs:
            for status in ("succeeded", "failed", "skipped"):
                family.add_metric((*_labels(job), status), getattr(job, status))
        return family

    def _durations(self) -> Metric:
        says = "How long its successful runs of the window took."
        family = GaugeMetricFamily("cronlift_job_duration_seconds", says, labels=(*_LABELS, "quantile"))
        for job in self.document.jobs:
            for quantile, value in (("0.5", job.p50_ms), ("0.95", job.p95_ms)):
                if value is not None:
                    family.add_metric((*_labels(job), quantile), value / 1000)
        return family

    def _signals(self) -> Metric:
        says = "What is wrong (severity red) or worth a look; no job: the server's own."
        family = GaugeMetricFamily("cronlift_signal", says, labels=(*_LABELS, "severity", "code"))
        own = [(("", "", ""), signal) for signal in self.document.signals]
        for labels, signal in [*own, *((_labels(job), s) for job in self.document.jobs for s in job.signals)]:
            family.add_metric((*labels, signal.severity, signal.code), 1)
        return family


def _labels(job: Watched) -> tuple[str, str, str]:
    return job.name, job.database, str(job.jobid)


def _seconds(job: Watched, name: str) -> float | None:
    found = getattr(job, _FIELDS.get(name, name))
    return datetime.fromisoformat(found).timestamp() if found else None


def _number(job: Watched, name: str) -> float | None:
    found = job.success_rate if name == "success_ratio" else getattr(job, name)
    return float(found) if found is not None else None
