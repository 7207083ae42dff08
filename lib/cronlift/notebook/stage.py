"""One call per notebook: read what earlier stages left, run the stage's function, write its document.

The functions themselves are in cronlift.stages; nothing is passed on in a kernel's memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cronlift.model.decision import Decisions
from cronlift.model.diagnosis import Diagnosis
from cronlift.model.handover import Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.monitoring import Monitoring
from cronlift.model.plan import Plan
from cronlift.model.realtime import Proposals
from cronlift.model.verdict import Classification
from cronlift.model.verification import Check, Verification
from cronlift.notebook import progress, views
from cronlift.notebook.display import Block, Say, block
from cronlift.notebook.parameters import (
    ClassifyParameters,
    DoctorParameters,
    GenerateParameters,
    HandoverParameters,
    InstallParameters,
    InventoryParameters,
    MonitorParameters,
    Parameters,
    RealtimeParameters,
    VerifyParameters,
    resolve,
)
from cronlift.record.close import close, inputs_of
from cronlift.record.run_folder import RunFolder
from cronlift.record.run_id import run_id
from cronlift.verification import queries

if TYPE_CHECKING:
    from cronlift.handover.operation import Operation


def inventory(params: InventoryParameters) -> Inventory:
    """Stage 01. Reads the application's source, and its database where one is named."""
    from cronlift.stages.inventory import inventory as find

    server = params.server()
    name = params.run_id or run_id(params.folder_of_app, params.env)
    with _record(params) as folder:
        if server is None:
            document = find(params.folder_of_app, params.env, run_id=name)
        else:
            with server.connect() as connection:
                document = find(params.folder_of_app, params.env, connection=connection, run_id=name)
        folder.write_document(document)
    return document


def classify(params: ClassifyParameters) -> Classification:
    """Stage 02."""
    from cronlift.stages.classify import classify as judge

    with _record(params) as folder:
        found = folder.read(Inventory)
        document = judge(
            params.folder_of_app,
            params.env,
            decisions=_decisions(params.decisions_file),
            inventory=found,
            run_id=params.run_id or found.run_id,
        )
        folder.write_document(document)
    return document


def generate(params: GenerateParameters) -> Plan:
    """Stage 03. Reads the database's catalogs."""
    from cronlift.stages.generate import generate as make

    with _record(params) as folder:
        judged = folder.read(Classification)
        document = make(
            judged,
            params.folder_of_app,
            params.server(),
            decisions=_decisions(params.decisions_file),
            jobs=tuple(params.jobs),
            mode=params.mode or None,
            run_id=params.run_id or judged.run_id,
        )
        folder.write_document(document)
    return document


def install(params: InstallParameters) -> Installation:
    """Stage 04. With ``apply`` it acts on exactly the plan whose hash is named; SafetyError otherwise, Finding where
    the last verification saw other rows."""
    from cronlift.record.approval import require_approval, require_no_difference
    from cronlift.stages.install import install as put

    with _record(params) as folder:
        plan = folder.read(Plan)
        if params.apply:
            require_approval(plan, params.plan_hash)
            require_no_difference(folder, plan)
        document = put(
            plan,
            params.server(),
            apply=params.apply,
            run_id=params.run_id or plan.run_id,
            record=folder.write_document,
        )
        folder.write_document(document)
    return document


def next_step(params: InstallParameters) -> Block | None:
    """The command that hands the jobs over, where a managed plan was installed."""
    from cronlift.record.next_step import next_step as following

    text = following(params.folder(), params.run, params.server())
    return block(Say(text)) if text else None


def verify(params: VerifyParameters) -> Verification:
    """Stage 05. What the database reported (instants, rows) goes to evidence.json."""
    from cronlift.stages.verify import verify as check

    with _record(params) as folder:
        plan = folder.read(Plan)
        result = check(
            plan,
            params.server(),
            app=params.folder_of_app,
            env=params.env,
            proof=params.proof(),
            probe=params.probe,
            run_id=params.run_id or plan.run_id,
            progress=partial(_checked, plan),
        )
        folder.write_evidence(result.evidence)
        folder.write_document(result.verification)
    return result.verification


def _checked(plan: Plan, checks: Mapping[str, Check]) -> None:
    """Report one check of all jobs to whoever watches."""
    names = {job.id: job.cron_name for job in plan.jobs}
    for kind in {check.name for check in checks.values()}:
        said = "; ".join(sorted({check.text for check in checks.values()}))
        statuses = {names[job]: check.status for job, check in checks.items()}
        progress.report(text=f"{kind.replace('_', ' ')}: {said}", check=kind, checked=statuses)


def hand_over(params: HandoverParameters) -> Handover:
    """The switch. With ``apply`` it acts on exactly the plan whose hash is named, and stays on record; SafetyError
    where something stands against it, Pending where it has to wait for a tick."""
    from cronlift.handover.operation import perform
    from cronlift.record.acts import act
    from cronlift.record.approval import require_approval

    with _record(params) as folder:
        plan = folder.read(Plan)
        if params.apply:
            require_approval(plan, params.plan_hash)
        return act(
            folder,
            lambda record: perform(
                _operation(params),
                plan,
                params.server(),
                jobs=params.jobs,
                apply=params.apply,
                run_id=params.run_id or plan.run_id,
                record=record,
            ),
        )


def _operation(params: HandoverParameters) -> Operation:
    from cronlift.handover.back import Rollback
    from cronlift.handover.complete import Complete
    from cronlift.handover.start import Start

    deployed = params.deployed or None
    if params.verb == "start":
        return Start()
    return Complete(deployed=deployed) if params.verb == "complete" else Rollback(deployed=deployed)


def standing(params: HandoverParameters) -> Block:
    """Who runs each job of the plan, as the database says. Reads only."""
    from cronlift.handover.status import status
    from cronlift.notebook import handing
    from cronlift.record.owners import owners

    hands = {hand.job: hand for hand in status(params.server()).jobs}
    found = owners(params.folder().read(Plan), hands, installed=True)
    return handing.standing(found, {job: hand.note for job, hand in hands.items()})


def doctor(params: DoctorParameters) -> Diagnosis:
    """The doctor: of the server's entries, or of the migrations where a folder of them is named. Keeps no record."""
    from cronlift.doctor.diagnose import diagnose
    from cronlift.doctor.migrations import diagnose_migrations

    app = resolve(params.app) if params.app else None
    if params.migrations:
        return diagnose_migrations(resolve(params.migrations), app, params.env)
    return diagnose(params.server(), app, params.env)


def watch(params: MonitorParameters) -> Monitoring:
    """A look at the server's entries, with slots for plots. Keeps no record."""
    from cronlift.monitor.alarms import Limits
    from cronlift.monitor.watch import Question
    from cronlift.monitor.watch import monitor as look

    question = Question(
        window=timedelta(days=params.days),
        slot=timedelta(hours=3),
        owned=params.owned,
        plans=tuple(folder.read(Plan) for folder in params.folders()),
        limits=Limits(grace=params.grace),
    )
    return look(params.server(), question)


def monitor(params: VerifyParameters, name: queries.Name) -> Block:
    """One of the monitoring queries (``sql/<name>.sql``) for the plan's jobs, with what it returns just now."""
    found = queries.ask(name, params.folder().read(Plan), params.server())
    return views.query(views.headline(found.sql), found.sql, found.columns, found.rows)


def before_after(params: VerifyParameters) -> Block:
    """Each moved job's times: as the app's scheduler wrote them down, as they are now, and in the proof. Reads only."""
    from cronlift.comparison.before_after import compare
    from cronlift.notebook import before_after as shown

    folder = params.folder()
    plan, inventory = folder.read(Plan), folder.read_if_there(Inventory)
    return shown.before_after(compare(plan, params.server(), inventory, folder.read_evidence()))


def realtime(params: RealtimeParameters) -> Proposals:
    """Alternatives to the schedules of the plan's jobs. Reads catalogs, keeps no record, installs nothing."""
    from cronlift.realtime.propose import propose

    plan = params.folder().read(Plan)
    return propose(plan, params.server(), jobs=tuple(params.jobs), interval=params.interval)


@contextmanager
def _record(params: Parameters) -> Iterator[RunFolder]:
    """The run folder, held for writing; closed as a record afterwards, unless a runner holds it and does so."""
    with params.folder().writing(closes=False) as folder:
        yield folder
        if not folder.held_by_runner:
            known = None
            if isinstance(params, ClassifyParameters) or (
                isinstance(params, InventoryParameters) and not folder.manifest.exists()
            ):
                file = params.decisions_file if isinstance(params, ClassifyParameters) else None
                known = inputs_of(params.folder_of_app, params.env, file)
            close(folder, inputs=known)


def _decisions(file: Path | None) -> Decisions | None:
    if file is None:
        return None
    from cronlift.stages import decisions

    return decisions.load(file)
