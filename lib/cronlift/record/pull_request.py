"""The folder for a pull request: the patch, the framework's migration where it belongs, and a text for reviewers."""

from __future__ import annotations

from pathlib import PurePosixPath

from cronlift.model.plan import Plan, PlannedJob

FOLDER = "pull_request"
SUMMARY = f"{FOLDER}/summary.md"


def files(plan: Plan) -> dict[str, str]:
    """What the folder holds, by path below the run folder; nothing where the plan holds no job of an application."""
    if not plan.jobs or not plan.app:
        return {}
    found = {SUMMARY: summary(plan), f"{FOLDER}/config.patch": plan.patch}
    if plan.migration.text:
        found[f"{FOLDER}/{PurePosixPath(plan.migration.file).name}"] = plan.migration.text
    return {name: text for name, text in found.items() if text}


def summary(plan: Plan) -> str:
    """The pull request's text, in Markdown: what moves, what each side does, what is lost, and the way back."""
    target = plan.target
    versions = [job for job in plan.jobs if job.managed and job.managed.supersedes]
    count = f"{len(plan.jobs)} scheduled job{'s' if len(plan.jobs) != 1 else ''}"
    parts = [
        f"# Change {count} of {_plain(plan.app)} that PostgreSQL runs already"
        if len(versions) == len(plan.jobs)
        else f"# Move {count} of {_plain(plan.app)} into PostgreSQL",
        f"pg_cron {target.pg_cron_version} runs them {'once they are handed over' if plan.gated else 'from now on'}, "
        f"in database `{target.database}`"
        + (f" (its entries are in `{target.cron_database}`)" if target.split else "")
        + f". Plan `{plan.hash}`.",
        _table(plan),
        *(_job(job) for job in plan.jobs),
        "## In which order",
        _order(plan),
        "## The way back",
        ("`cronlift jobs rollback --run RUN --apply` gives the managed jobs back, and then " if plan.gated else "")
        + "`cronlift rollback --run RUN --apply` removes what was installed and nothing else; "
        "`git apply -R config.patch` puts the entries back.",
        *(_versions_back(versions) if versions else ()),
    ]
    return "\n\n".join(parts) + "\n"


def _versions_back(versions: list[PlannedJob]) -> list[str]:
    """Of a later version the way back is to the one before, which stays until its own run is taken back."""
    olds = ", ".join(_plain(job.managed.supersedes) for job in versions if job.managed and job.managed.supersedes)
    return [
        f"`cronlift jobs rollback` returns a new version to the one before ({olds}), which pg\\_cron then runs again: "
        "the patch stays deployed. Once the new one has proved itself, `cronlift rollback` of the run folder that "
        "installed the old one removes that."
    ]


def _order(plan: Plan) -> str:
    """What to do when: of managed jobs the gate is the switch, of plain ones the deploy."""
    steps = [
        "Read the plan, then install exactly it: `cronlift install --run RUN --apply --plan-hash "
        f"{plan.hash[:16]}`. (The migration in this folder creates the same procedures, for other databases.)"
    ]
    deploy = "Apply the patch (`git apply config.patch`) and deploy"
    if plan.gated:
        steps.append("`cronlift jobs start --run RUN --apply`: pg_cron has them from a moment between two ticks on.")
        deploy += ", after that and whenever you like: the gate lets one side run a tick, whatever the crontab holds"
    if plan.plain:
        named = f" of {', '.join(_plain(job.worker) for job in plan.plain)}" if plan.gated else ""
        deploy += f". Between 1 and the deploy a tick{named} can run twice, once on each side; the other way round it "
        deploy += "can be lost"
    steps.append(f"{deploy}.")
    if plan.gated:
        steps.append("`cronlift jobs complete --run RUN --apply`, once a tick has passed without the application.")
    steps.append("`cronlift verify --run RUN` after the first tick.")
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _table(plan: Plan) -> str:
    lines = ["| job | schedule | cron entry | runs |", "|---|---|---|---|"]
    lines += [
        f"| {_plain(job.worker)} | `{job.schedule.source}` → `{job.schedule.pg_cron}` | `{_cell(job.cron_name)}` "
        f"| `{_cell(job.call)}` |"
        for job in plan.jobs
    ]
    return "\n".join(lines)


def _job(job: PlannedJob) -> str:
    lines = [f"## {_plain(job.worker)}"]
    lines += [f"{n}. `{step.file}:{step.line}`\n\n{_fenced(step.text, 'sql')}" for n, step in enumerate(job.steps, 1)]
    if job.managed and job.managed.supersedes:
        lines.append(
            f"A new version, `{_cell(job.id)}`, of what pg\\_cron runs as `{_cell(job.managed.supersedes)}`: "
            "`cronlift jobs start` switches from one to the other in one update, between the ticks of both."
        )
    if job.plain_because:
        lines.append(f"Plain, the deploy is its switch: {_plain(job.plain_because)}.")
    if job.losses:
        lines.append("What pg_cron will not do:\n\n" + "\n".join(f"- {x.code}: {_plain(x.text)}" for x in job.losses))
    if job.warnings:
        lines.append("To read:\n\n" + "\n".join(f"- {_plain(text)}" for text in job.warnings))
    return "\n\n".join(lines)


def _fenced(text: str, language: str) -> str:
    """A code block whose fence does not occur in the text (which is the application's)."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def _plain(text: str) -> str:
    """Text that stays text in Markdown: what could be markup is escaped."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in " ".join(text.split()))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
