"""One classified job into one planned job, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cronlift.generate import catalog, command, gating, names, procedure
from cronlift.generate.catalog import Connection, Facts, Role
from cronlift.generate.gating import Gating
from cronlift.generate.procedure import Part, Variable
from cronlift.generate.quoting import Name, template, text_of
from cronlift.generate.refusal import RefusalError
from cronlift.generate.statement import CALL, is_computed, qualified, read
from cronlift.generate.transactions import Computed, Read, computed_once, transactions, value_of, with_loops
from cronlift.model.decision import Decision
from cronlift.model.document import digest
from cronlift.model.plan import PlannedJob, ScheduleVerdict, Target
from cronlift.model.verdict import ClassifiedJob
from cronlift.schedule import convert
from cronlift.sql import encoding
from cronlift.sql.rewrite import replace_parameters


def plan_job(
    job: ClassifiedJob,
    decision: Decision | None,
    target: Target,
    connection: Connection,
    names_taken: set[str],
    gates: Gating | None = None,
    *,
    gate_needed: bool = True,
) -> PlannedJob:
    """Plan one job against the app's database, read-only; behind a gate where ``gates`` are given. Raises RefusalError
    with the reason where it cannot; a job that cannot be gated is plain unless ``gate_needed``.

    ``names_taken`` holds ``schema.procedure`` of the jobs planned before: two workers of one last name get two
    procedures.
    """
    _check_rewrites(job, decision)
    schedule = _schedule(job, target)
    reads = _read_steps(job, connection, target)
    facts = [r.facts for r in reads]
    role = _role(decision, facts, target, connection)
    _check_refresh(reads)
    if any(q.code == "session-time-zone" for q in job.questions):
        _check_zones(role, target, connection)
    missing = catalog.missing_privileges(connection, role.name, facts)
    if missing:
        lacks, grants = ", ".join(what for what, _ in missing), " ".join(dict.fromkeys(grant for _, grant in missing))
        raise RefusalError(
            "missing-privilege", f"role {role.name} would run the job but lacks {lacks}; to give it: {grants}"
        )

    schema_name = procedure_name = procedure_sql = None
    commits = False
    grantees: tuple[str, ...] = ()
    if reads[0].step.alone and job.session:
        settings = ", ".join(job.session)
        raise RefusalError(
            "session-settings", f"{reads[0].step.command} stands alone in its entry, where {settings} cannot be set"
        )
    if reads[0].step.alone:
        call = _part(reads[0], target, connection, qualify=True).text
        if schedule.guard is not None:
            raise RefusalError("schedule-guard", f"{reads[0].step.command} cannot stand behind the guard it needs")
    else:
        schema_name = _schema(decision, facts, target)
        catalog.check_schema(connection, schema_name, role.name)
        procedure_name = _procedure_name(job, decision, schema_name, names_taken)
        groups = transactions(reads)
        calls = any(r.statement.node == CALL for r in reads)
        commits = len(groups) > 1 or calls or any(step.turn for step in job.steps)
        once = computed_once(groups)
        parts = [[_part(r, target, connection, qualify=commits, once=once) for r in group] for group in groups]
        path = catalog.path_text(target.search_path)
        items = with_loops(groups, parts, list(once.values()))
        procedure_sql = procedure.create(schema_name, procedure_name, items, path, job.session)
        call = text_of(template("generate/call", procedure=Name(schema_name, procedure_name)))
        grantees = catalog.default_grantees(connection, schema_name, role.name)

    managed, because = None, ""
    if gates is not None:
        try:
            if procedure_sql is None and not gate_needed:
                raise gating.UngatedError("stands-alone", f"no gate can hold back {reads[0].step.command}")
            managed = gates.of(job, decision, schedule, gated=procedure_sql is not None)
        except gating.UngatedError as error:
            if gate_needed:
                raise
            because = f"{error.why} ({error.code})"
        if managed:
            gating.check_queue(connection, managed, role.name)
    losses = gating.losses(job, managed) if managed else job.losses
    runs = command.plain(call, schedule.guard)
    if managed and procedure_sql is not None:
        runs = command.managed(job.id, call, commits=commits)
    cron_name = (
        names.checked(decision.cron_name, f"the cron name of {job.id}")
        if decision and decision.cron_name is not None
        else names.cron_name(target.database, job.id)
    )
    return PlannedJob(
        id=job.id,
        worker=job.worker,
        cron_name=cron_name,
        schedule=schedule,
        call=call,
        command=runs,
        job_role=role.name,
        schema_name=schema_name,
        procedure=procedure_name,
        procedure_sql=procedure_sql,
        commits=commits,
        default_grantees=grantees,
        steps=job.steps,
        losses=losses,
        warnings=tuple(_warnings(facts, role, commits, schedule) + _rewritten(job)),
        masks=decision.masks if decision else (),
        session=job.session,
        managed=managed,
        plain_because=because,
        config_file=job.config.file,
        config_line=job.config.line,
        hash=digest(
            {"procedure": procedure_sql, "command": runs, "schedule": schedule.pg_cron}
            | ({"managed": managed.model_dump(mode="json", exclude={"siblings"})} if managed else {})
        ),
    )


def _check_rewrites(job: ClassifiedJob, decision: Decision | None) -> None:
    """A statement that the application does not send needs somebody who accepted it."""
    for step in job.steps:
        if step.loop is not None and not (decision and decision.rewrite):
            raise RefusalError(
                "rewrite-not-accepted",
                f"{step.file}:{step.line}: one statement is proposed in the place of a loop; a decision must accept it "
                "(rewrite: true)",
            )


def _schedule(job: ClassifiedJob, target: Target) -> ScheduleVerdict:
    if job.schedule is None:
        raise RefusalError("no-schedule", "the entry has no schedule that could be read")
    verdict = convert(
        job.schedule,
        source=job.source,
        timezone=job.timezone,
        pg_cron=target.pg_cron_version,
        cron_timezone=target.cron_timezone,
    )
    notes = "; ".join(verdict.notes) or "no equal pg_cron expression is known"
    if verdict.equal != "proved" or verdict.pg_cron is None:
        raise RefusalError(f"schedule-{verdict.equal}", f"schedule {job.schedule!r} ({job.timezone}): {notes}")
    return verdict


def _read_steps(job: ClassifiedJob, connection: Connection, target: Target) -> list[Read]:
    if not job.steps:
        raise RefusalError("no-statements", "the job sends no statement that could be written down")
    for step in job.steps:
        if step.condition is not None:
            raise RefusalError(
                "conditional-step",
                f"{step.file}:{step.line} runs only where {step.condition}; that cannot move yet",
            )
    if len({step.repo for step in job.steps}) > 1:
        raise RefusalError("several-repos", "its statements go to several repositories, which may be databases")
    if len(job.steps) > 1 and (lone := next((s for s in job.steps if s.alone), None)):
        raise RefusalError(
            "must-stand-alone",
            f"{lone.file}:{lone.line}: PostgreSQL refuses {lone.command} in a transaction block, so it can only be a "
            f"cron command of its own, and the job sends {len(job.steps)} statements",
        )
    reads = []
    for step in job.steps:
        statement = read(step.sql)
        reads.append(Read(step, statement, catalog.look_up(connection, statement, target.search_path)))
    return reads


def _part(
    r: Read,
    target: Target,
    connection: Connection,
    *,
    qualify: bool,
    once: Mapping[Computed, Variable] = MappingProxyType({}),
) -> Part:
    """The statement's text with its parameters' values (``once``: those that are variables), and with its names
    qualified where no clause pins them."""
    if qualify and r.statement.node == "DropStmt":
        raise RefusalError("unqualified-name", "the names of a DROP cannot be qualified; decide this job by hand")
    schemas = catalog.home_schemas(r.facts) if qualify else {}
    needed = r.statement.parameters
    values = {p.position: value_of(p, r.facts.types[p.position - 1]) for p in r.step.parameters if p.position in needed}
    if not needed <= values.keys():
        raise RefusalError("parameter-unknown", f"no value is known for parameter ${min(needed - values.keys())}")
    judged = {p.position for p in r.step.parameters if p.by_type}
    for n in needed - judged:
        _check_parameter(n, values[n], r.facts.types[n - 1])
    typed = {n: f"CAST({values[n]} AS {r.facts.types[n - 1]})" for n in needed}
    text = replace_parameters(qualified(r.statement, schemas), typed)
    if text != r.statement.text:
        catalog.look_up(connection, read(text), target.search_path)
    origins = {p.position: p.origin for p in r.step.parameters}
    variables = {
        n: v.name for n in needed if (v := once.get((values[n], origins[n], r.facts.types[n - 1]))) is not None
    }
    if variables and r.statement.returns_rows and r.statement.node != "SelectStmt":
        raise RefusalError(
            "value-across-commits",
            f"{r.step.file}:{r.step.line} returns rows, so it runs as dynamic text, where a value that is computed "
            "before the first turn cannot go",
        )
    return Part(r.statement, replace_parameters(qualified(r.statement, schemas), {**typed, **variables}))


def _check_parameter(number: int, value: str, type_name: str) -> None:
    """What Postgrex encodes for a type (postgrex lib/postgrex/extensions): a string only as text, a number only as a
    number, a boolean only as a boolean. Anything else raises in the app, and must not start to work here."""
    if value == "NULL" or is_computed(value):
        return
    if value.endswith("[]"):
        kind, element = ("string" if value.endswith("::text[]") else "integer"), type_name.removesuffix("[]")
        if not type_name.endswith("[]") or encoding.base_type(element) not in encoding.ENCODABLE[kind]:
            text = f"parameter ${number} is a list where the server expects {type_name}: the app's call fails"
            raise RefusalError("parameter-type", text)
        return
    if value.endswith(("::uuid", "::bytea")):
        return
    if value.endswith("'"):
        kind = "string"
    elif value in ("true", "false"):
        kind = "boolean"
    else:
        kind = "integer" if value.strip("()").lstrip("-").isdigit() else "float"
    if encoding.base_type(type_name) not in encoding.ENCODABLE[kind]:
        raise RefusalError(
            "parameter-type",
            f"parameter ${number} is a {kind} ({value}) where the server expects {type_name}: the app's call fails",
        )


def _check_zones(role: Role, target: Target, connection: Connection) -> None:
    """Where a statement means the session's time zone, the sessions of both roles must start with the same one."""
    zones = [
        catalog.role_settings(connection, name, target.database).get("TimeZone")
        for name in (target.app_role, role.name)
    ]
    if zones[0] != zones[1]:
        app, own = (zone or "the server's" for zone in zones)
        raise RefusalError(
            "session-time-zone",
            f"the statements mean the session's time zone: {target.app_role} has {app}, {role.name} {own}",
        )


def _role(decision: Decision | None, facts: Sequence[Facts], target: Target, connection: Connection) -> Role:
    name = decision.job_role if decision and decision.job_role else _default_role(facts, target)
    role = catalog.role(connection, name)
    if role.superuser and not (decision and decision.superuser):
        raise RefusalError(
            "superuser-role",
            f"the job would run as superuser {name}: choose job_role in a decision, or superuser: true there",
        )
    if not role.can_login:
        raise RefusalError("role-cannot-log-in", f"pg_cron starts no job for role {name}, which has no LOGIN")
    return role


def _default_role(facts: Sequence[Facts], target: Target) -> str:
    """The owner of what the job writes; where that is hidden in functions, theirs; else of what it reads."""
    relations = [r for f in facts for r in f.relations]
    written = {r.owner for r in relations if r.reference.use != "SELECT"}
    called = {x.owner for f in facts for x in f.functions if x.schema != "pg_catalog"}
    owners = written or called or {r.owner for r in relations if r.schema != "pg_catalog"} or {target.app_role}
    if len(owners) > 1:
        raise RefusalError(
            "several-owners",
            f"what the job writes belongs to {', '.join(sorted(owners))}: choose job_role in a decision",
        )
    return next(iter(owners))


def _check_refresh(reads: Sequence[Read]) -> None:
    """What REFRESH … CONCURRENTLY needs (manual, REFRESH MATERIALIZED VIEW)."""
    for r in reads:
        if r.statement.node != "RefreshMatViewStmt" or not r.statement.concurrently:
            continue
        for view in r.facts.relations:
            if not view.unique_index:
                raise RefusalError(
                    "no-unique-index",
                    f"{view.schema}.{view.reference.name} has no unique index on columns without a WHERE clause; "
                    "REFRESH CONCURRENTLY fails on every run",
                )
            if not view.populated:
                raise RefusalError(
                    "not-populated",
                    f"{view.schema}.{view.reference.name} is not populated; REFRESH CONCURRENTLY fails until it is",
                )


def _schema(decision: Decision | None, facts: Sequence[Facts], target: Target) -> str:
    if decision and decision.schema_name is not None:
        return names.checked(decision.schema_name, "the procedure's schema")
    found = [x for f in facts for x in f.found if x.schema != "pg_catalog"]
    written = [x.schema for x in found if x.reference.kind == "relation" and x.reference.use != "SELECT"]
    for schema in (*written, *(x.schema for x in found), *target.search_path):
        return schema
    raise RefusalError("no-schema", "the app's search_path holds no schema: choose schema_name in a decision")


def _procedure_name(job: ClassifiedJob, decision: Decision | None, schema: str, taken: set[str]) -> str:
    if decision and decision.procedure is not None:
        name = names.checked(decision.procedure.removesuffix("()"), f"the procedure of {job.id}")
    else:
        name = names.procedure_name(job.id)
        if f"{schema}.{name}" in taken:
            name = names.shortened(f"{name}_{digest(job.id)[:8]}")
    if f"{schema}.{name}" in taken:
        raise RefusalError("name-taken", f"another job of this plan has the procedure {schema}.{name}")
    taken.add(f"{schema}.{name}")
    return name


def _warnings(facts: Sequence[Facts], role: Role, commits: bool, schedule: ScheduleVerdict) -> list[str]:
    texts = []
    if schedule.guard is not None:
        texts += [schedule.explanation, *schedule.notes]
    for relation in {r.oid: r for f in facts for r in f.relations}.values():
        if relation.row_security and (relation.row_security_forced or relation.owner != role.name):
            texts.append(f"row-level security of {relation.schema}.{relation.reference.name} applies to {role.name}")
    if commits:
        texts.append(
            "the procedure ends transactions, as the app did: CALL it outside of a transaction block; it leaves the "
            "session's search_path set"
        )
    return texts


def _rewritten(job: ClassifiedJob) -> list[str]:
    """What stands for a loop, in the plan of those who approve it."""
    texts = []
    for step in job.steps:
        if step.loop is not None:
            each = "; it commits all rows at once, the application one by one" if step.loop.commits else ""
            texts.append(f"the statement for {step.file}:{step.line} stands for a loop, by decision{each}")
    return texts
