"""The allow-list of calls: its loader is strict, and a line taken out never makes a call look harmless."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cronlift.elixir import catalogue
from cronlift.elixir.catalogue import HARMLESS, Catalogue, Entry, default_catalogue

GOOD = '- {module: Enum, function: map, kind: pure, source: "enum.ex"}'


def text(*calls: str, uses: tuple[str, ...] = ()) -> str:
    return "\n".join(["calls:", *(calls or (GOOD,)), *(["uses:", *uses] if uses else [])]) + "\n"


def call(module: str, function: str, kind: str, arity: int | None = None) -> str:
    at = "" if arity is None else f", arity: {arity}"
    return f'- {{module: "{module}", function: "{function}"{at}, kind: {kind}, source: "x"}}'


def kind(module: str, function: str, arity: int = 1) -> str | None:
    entry = catalogue.lookup(module, function, arity)
    return entry.kind if entry else None


# ── the loader ──


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(1, 2000), max_size=300))
def test_plain_lines_are_read_as_yaml_would(removed: set[int]) -> None:
    lines = Path(catalogue.__file__).with_name("effects.yaml").read_text().splitlines()
    shorter = "\n".join(line for i, line in enumerate(lines) if i not in removed or not line.startswith("- "))
    plain = catalogue._plain_lists(shorter)
    assert plain is not None
    assert plain == catalogue._lists(shorter, "x")


@pytest.mark.parametrize(
    "line",
    [
        '- {module: Enum, function: map, kind: pure, source: "a\\tb"}',
        "- {module: Enum, function: map, kind: pure, source: 'x'}",
        "- {module: Enum, function: map, kind: pure, source: x }",
        '- {module: Enum, function: map, kind: pure, source: "x"} # why',
        '- {module: Enum, function: map, kind: pure, source: "x", }',
        '-  {module: Enum, function: map, kind: pure, source: "x"}',
        "- {module: Enum, function: map, kind: pure, source: !!str x}",
    ],
)
def test_other_lines_are_left_to_yaml(line: str) -> None:
    assert catalogue._plain_lists(text(line)) is None
    assert kind_of(line) == "pure"


def kind_of(line: str) -> str:
    (entry,) = Catalogue.from_text(text(line)).calls
    return entry.kind


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (text(call("Enum", "map", "harmless")), 2, "no kind of effect"),
        (text(GOOD, GOOD), 3, "listed twice, first on line 2"),
        (text(GOOD, call("Enum", "map", "pure", 2)), 3, "also listed without arity"),
        (text(call("Enum", "*", "pure"), call("Enum", "random", "random")), 3, "no other line"),
        (text(call("Enum", "random", "random"), call("Enum", "*", "pure")), 3, "no other line"),
        (text(call("Sentry", "*", "telemetry"), call("Sentry", "flush", "http")), 3, "no other line"),
        (text(call("Enum", "*", "pure", 2)), 2, "every arity"),
        (text('- {module: Enum, function: map, kind: pure}'), 2, "expected"),
        (text('- {module: Enum, function: map, kind: pure, source: ""}'), 2, "no source"),
        (text('- {module: Enum, function: map, kind: pure, source: "x", note: "y"}'), 2, "expected"),
        (text('- {module: Enum, module: List, function: map, kind: pure, source: "x"}'), 2, "expected"),
        (text('- {module: Enum, function: [map], kind: pure, source: "x"}'), 2, "no function"),
        (text('- {module: Enum, function: "map all", kind: pure, source: "x"}'), 2, "no function"),
        (text('- {module: enum, function: map, kind: pure, source: "x"}'), 2, "no module"),
        (text('- {module: Enum, function: map, arity: two, kind: pure, source: "x"}'), 2, "no arity"),
        (text('- {module: Enum, function: map, arity: -1, kind: pure, source: "x"}'), 2, "no arity"),
        (text("- {module: Enum, function: map,", '   kind: pure, source: "x"}'), 2, "on one line"),
        (text('- {module: Enum, function: map, kind: pure, callback: no, source: "x"}'), 2, "left out"),
        (text('- {module: Enum, function: "*", kind: pure, callback: true, source: "x"}'), 2, "cannot tell"),
        (text("- Enum.map"), 2, "on one line"),
        (text(uses=('- {module: Task, source: "x"}', '- {module: Task, source: "y"}')), 5, "twice"),
        (text(uses=('- {module: Task, aliases: Job, source: "x"}',)), 4, "not a list"),
        ("calls: []\nmore: []\n", 2, "'more'"),
        ("calls: []\ncalls: []\n", 2, "'calls'"),
        ("calls: Enum\n", 1, "not a list"),
        ("", 1, "expected the lists"),
        ("calls:\n- {module: Enum\n", 3, "not YAML"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_is_refused_and_named(content: str, line: int, words: str) -> None:
    with pytest.raises(ValueError) as refused:
        Catalogue.from_text(content, name="list.yaml")
    assert str(refused.value).startswith(f"list.yaml:{line}: ")
    assert words in str(refused.value)


def test_a_blocking_whole_module_may_stand_beside_other_lines() -> None:
    listed = Catalogue.from_text(text(call(":io", "*", "file"), call(":io", "nl", "log", 0)))
    assert [e.kind if (e := listed.lookup(":io", "nl", n)) else None for n in (0, 1)] == ["log", "file"]
    assert listed.lookup("io", "nl", 0) is None


def test_arity_is_told_apart_where_it_is_given() -> None:
    listed = Catalogue.from_text(text(call("URI", "default_port", "config_read", 1), call("URI", "parse", "pure")))
    assert listed.lookup("URI", "default_port", 1) is not None
    assert listed.lookup("URI", "default_port", 2) is None
    assert listed.lookup("URI", "parse", 7) is not None


# ── taking lines out ──


@cache
def probes() -> tuple[tuple[str, str, int], ...]:
    """Every listed call, it with an unlisted arity, and one unlisted function a module."""
    found: dict[tuple[str, str, int], None] = {}
    for e in default_catalogue().calls:
        found[(e.module, e.function if e.function != "*" else "anything", e.arity or 0)] = None
        found[(e.module, e.function if e.function != "*" else "anything", 9)] = None
        found[(e.module, "not_listed", 1)] = None
    return tuple(found)


def assert_not_looser(full: Catalogue, reduced: Catalogue, calls: tuple[tuple[str, str, int], ...]) -> None:
    for probe in calls:
        before, after = full.lookup(*probe), reduced.lookup(*probe)
        if before == after or after is None:
            continue
        assert before is not None, f"{probe} was unknown and is now {after}"
        assert not after.harmless, f"{probe} was {before} and is now {after}"


def test_no_single_line_taken_out_makes_any_call_look_more_harmless() -> None:
    full = default_catalogue()
    modules: dict[str, tuple[tuple[str, str, int], ...]] = {}
    for probe in probes():
        modules[probe[0]] = (*modules.get(probe[0], ()), probe)
    assert len(full.calls) > 1000
    for i, entry in enumerate(full.calls):
        reduced = Catalogue((*full.calls[:i], *full.calls[i + 1 :]), full.uses)
        # Within the entry's module; that other modules' claims stay as they are, the next test sees.
        assert_not_looser(full, reduced, modules[entry.module])
        gone = reduced.lookup(entry.module, entry.function, entry.arity or 0)
        assert gone is None or not gone.harmless or gone.kind == entry.kind, entry


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_no_lines_taken_out_of_the_file_make_any_call_look_more_harmless(data: st.DataObject) -> None:
    path = Path(catalogue.__file__).with_name("effects.yaml")
    lines = path.read_text(encoding="utf-8").splitlines()
    claims = [i for i, line in enumerate(lines) if line.startswith("- ")]
    gone = data.draw(st.sets(st.sampled_from(claims), min_size=1, max_size=400))
    reduced = Catalogue.from_text("\n".join("" if i in gone else line for i, line in enumerate(lines)))
    full = default_catalogue()
    assert len(reduced.calls) + len(reduced.uses) == len(claims) - len(gone)
    assert_not_looser(full, reduced, probes())
    for use in full.uses:
        assert reduced.is_harmless_use(use.module) == (use.line - 1 not in gone)


_ENTRIES = st.lists(
    st.builds(
        Entry,
        module=st.sampled_from(["A", ":b"]),
        function=st.sampled_from(["*", "f", "g"]),
        arity=st.sampled_from([None, None, 1, 2]),
        kind=st.sampled_from(["pure", "log", "shell", "unknown"]),
        source=st.just("x"),
        line=st.just(1),
    ).filter(lambda e: e.function != "*" or e.arity is None),
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(_ENTRIES, st.data())
def test_no_list_the_loader_accepts_gets_looser_when_lines_go(entries: list[Entry], data: st.DataObject) -> None:
    try:
        full = Catalogue(entries)
    except ValueError:
        return
    kept = [e for e in entries if data.draw(st.booleans())]
    calls = tuple((m, f, n) for m in ("A", ":b") for f in ("f", "g", "h") for n in (1, 2, 3))
    assert_not_looser(full, Catalogue(kept), calls)


# ── what the shipped list says ──


@pytest.mark.parametrize(
    ("module", "function", "arity", "expected"),
    [
        ("System", "cmd", 2, "shell"), ("System", "shell", 1, "shell"), (":os", "cmd", 1, "shell"),
        ("Port", "open", 2, "shell"), (":erlang", "open_port", 2, "shell"), ("Rambo", "run", 2, "shell"),
        ("File", "rm_rf!", 1, "file"), (":file", "delete", 1, "file"), ("Path", "wildcard", 1, "file"),
        ("Path", "expand", 1, "file"), ("System", "tmp_dir!", 0, "file"), ("Briefly", "create", 0, "file"),
        ("Req", "post!", 2, "http"), ("HTTPoison", "get", 1, "http"), (":httpc", "request", 4, "http"),
        (":hackney", "request", 5, "http"), ("Finch", "request", 2, "http"), ("ExAws", "request", 1, "http"),
        ("GenServer", "call", 2, "process_state"), ("Task", "async", 1, "process_state"),
        ("Task.Supervisor", "start_child", 2, "process_state"), ("Agent", "get", 2, "process_state"),
        (":ets", "lookup", 2, "process_state"), (":persistent_term", "get", 1, "process_state"),
        ("Process", "put", 2, "process_state"), ("Kernel", "send", 2, "process_state"),
        ("Kernel", "spawn", 1, "process_state"), (":erlang", "spawn", 3, "process_state"),
        ("Cachex", "get", 2, "process_state"), ("FunWithFlags", "enabled?", 1, "process_state"),
        (":mnesia", "dirty_write", 1, "process_state"), (":rpc", "call", 4, "process_state"),
        ("Application", "put_env", 3, "process_state"), ("System", "halt", 0, "process_state"),
        (":rand", "seed", 1, "process_state"), ("URI", "default_port", 2, "process_state"),
        ("Calendar", "put_time_zone_database", 1, "process_state"),
        ("Phoenix.PubSub", "broadcast", 3, "pubsub"), ("AMQP.Basic", "publish", 4, "pubsub"),
        ("Oban", "insert!", 1, "enqueue"), ("Oban", "insert_all", 1, "enqueue"),
        ("Exq", "enqueue", 4, "enqueue"),
        ("Ecto.Changeset", "unsafe_validate_unique", 3, "sql"), ("Postgrex", "query!", 3, "sql"),
        ("Code", "eval_string", 1, "unknown"), ("Redix", "command!", 2, "unknown"),
        ("IO", "gets", 1, "unknown"), ("IO", "puts", 2, "unknown"),
    ],
)  # fmt: skip
def test_dangerous_calls_keep_a_job_in_the_application(module: str, function: str, arity: int, expected: str) -> None:
    assert kind(module, function, arity) == expected
    assert expected not in HARMLESS


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("MyApp.Repo", "delete_all"), ("MyApp.Mailer", "deliver"), ("Elixir", "apply"), ("Kernel", "apply"),
        ("Kernel", "exit"), ("Kernel", "raise"), ("Kernel", "*"), (":erlang", "apply"), (":erlang", "*"),
        ("Kernel", "function_exported?"), ("String", "to_existing_atom"), ("Function", "capture"),
        ("Stream", "map"), ("Stream", "resource"), ("Stream", "run"), ("Stream", "each"),
        ("Access", "filter"), ("Ecto.Changeset", "prepare_changes"), ("Ecto.Changeset", "optimistic_lock"),
        ("Ecto.Multi", "run"), ("Ecto.Query", "from"), ("Ecto.Adapters.SQL", "query!"),
        ("Oban", "drain_queue"), ("Stream", "repeatedly"),
        ("Decimal.Context", "set"), ("OpenTelemetry.Tracer", "with_span"), ("NewRelic", "span"),
        ("Timex", "local"), ("Regex", "import"), (":crypto", "engine_load"),
    ],
)  # fmt: skip
def test_what_nobody_vouches_for_is_unknown(module: str, function: str) -> None:
    assert [kind(module, function, n) for n in range(6)] == [None] * 6


@pytest.mark.parametrize(
    ("module", "function", "arity", "expected"),
    [
        ("Enum", "map", 2, "pure"), ("Enum", "random", 1, "random"), ("Enum", "shuffle", 1, "random"),
        ("Map", "get", 3, "pure"), ("Kernel", "length", 1, "pure"), ("Kernel", "..//", 3, "pure"),
        ("DateTime", "utc_now", 0, "clock"), ("DateTime", "add", 3, "pure"),
        ("Date", "utc_today", 0, "clock"),
        ("System", "system_time", 1, "clock"), (":os", "timestamp", 0, "clock"), ("Timex", "now", 0, "clock"),
        ("Timex", "shift", 2, "pure"), ("Timex", "from_iso_day", 1, "clock"), ("Timex", "century", 1, "pure"),
        ("Application", "get_env", 3, "config_read"), ("System", "fetch_env!", 1, "config_read"),
        ("Ecto.UUID", "generate", 0, "random"), ("Ecto.UUID", "cast", 1, "pure"),
        (":crypto", "strong_rand_bytes", 1, "random"), (":crypto", "hash", 2, "pure"),
        ("Logger", "info", 2, "log"), ("IO", "puts", 1, "log"), ("IO", "inspect", 2, "log"),
        (":telemetry", "execute", 3, "telemetry"), ("Sentry", "capture_message", 2, "telemetry"),
        ("Ecto.Changeset", "validate_required", 2, "pure"), ("Oban.Job", "new", 2, "clock"),
    ],
)  # fmt: skip
def test_harmless_calls_are_listed(module: str, function: str, arity: int, expected: str) -> None:
    assert kind(module, function, arity) == expected
    assert expected in HARMLESS


def test_only_modules_without_clock_chance_state_or_callbacks_are_pure_as_a_whole() -> None:
    whole = {e.module for e in default_catalogue().calls if e.function == "*" and e.harmless}
    elixir = {"Atom", "Base", "Bitwise", "Float", "Integer", "Range", "Tuple", "Version"}
    assert whole == elixir | {":base64", ":math", ":proplists", ":string"}
    assert all(e.kind == "pure" for e in default_catalogue().calls if e.module in whole)


@pytest.mark.parametrize(
    ("module", "function", "arity", "callback"),
    [
        ("Enum", "each", 2, True), ("Enum", "reduce", 3, True), ("Enum", "into", 2, False),
        ("Enum", "into", 3, True), ("Enum", "join", 2, False), ("Map", "update", 4, True),
        ("Map", "get", 2, False), ("Map", "merge", 2, False), ("Map", "merge", 3, True),
        ("Keyword", "get_lazy", 3, True), ("Kernel", "then", 2, True), (":lists", "foreach", 2, True),
        (":telemetry", "span", 3, True), (":telemetry", "execute", 3, False), ("String", "replace", 3, True),
    ],
)  # fmt: skip
def test_functions_that_call_an_argument_are_marked(module: str, function: str, arity: int, callback: bool) -> None:
    entry = catalogue.lookup(module, function, arity)
    assert entry is not None and entry.callback is callback


def test_uses_that_could_change_what_functions_do_are_not_listed() -> None:
    assert catalogue.is_harmless_use("Oban.Worker") and catalogue.is_harmless_use("GenServer")
    assert default_catalogue().aliases_of_use("Oban.Worker") == ("Oban.Job", "Oban.Worker")
    assert default_catalogue().aliases_of_use("GenServer") == ()
    risky = (
        "Oban.Pro.Worker",
        "Swoosh.Mailer",
        "NewRelic.Tracer",
        "Tesla",
        "Ecto.SoftDelete.Repo",
        "Decorator.Define",
    )
    assert not any(catalogue.is_harmless_use(name) for name in risky)
