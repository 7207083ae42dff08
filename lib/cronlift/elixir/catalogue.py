"""What calls out of the application do: the allow-list ``effects.yaml`` beside this file, read strictly.

A call that is not listed is unknown. The loader refuses lists in which taking a line out could make a call
look more harmless than the line did, so every line can be reviewed on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

from cronlift.elixir.immutable import immutable
from cronlift.model.effect import EffectKind

CallKind = Literal["pure"] | EffectKind

# Kinds that a job can have and still move: the other kinds keep it in the application.
HARMLESS: frozenset[CallKind] = frozenset({"pure", "log", "telemetry", "clock", "random", "config_read"})
WHOLE_MODULE = "*"

_KINDS = frozenset({"pure", *get_args(EffectKind)})
_MODULE = re.compile(r"[A-Z]\w*(\.[A-Z]\w*)*|:[a-z]\w*", re.ASCII)
_FUNCTION = re.compile(r"\*|[a-z_]\w*[?!]?|[-+*/<>=!&|.~:]{1,4}", re.ASCII)
_CALL_KEYS = {"module", "function", "kind", "source"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@immutable
class Entry:
    """One claim: a call of ``module.function`` is of ``kind``; ``arity`` None stands for every arity.

    With ``callback`` it also calls a function that is among its arguments.
    """

    module: str
    function: str
    arity: int | None
    kind: CallKind
    source: str
    line: int
    callback: bool = False

    @property
    def harmless(self) -> bool:
        """Whether a job with such a call can still move."""
        return self.kind in HARMLESS


@immutable
class Use:
    """A ``use`` line that leaves the module's own functions as written; ``aliases``: those it adds."""

    module: str
    aliases: tuple[str, ...]
    source: str
    line: int


class Catalogue:
    """The claims, checked: ValueError names the line of the first one that does not fit."""

    def __init__(self, calls: Iterable[Entry], uses: Iterable[Use] = (), *, name: str = "effects") -> None:
        self.calls, self.uses = tuple(calls), tuple(uses)
        self._calls: dict[tuple[str, str, int | None], Entry] = {}
        self._uses: dict[str, Use] = {}
        for entry in self.calls:
            key = (entry.module, entry.function, entry.arity)
            if key in self._calls:
                first = self._calls[key].line
                raise _refusal(name, entry.line, f"{_text(entry)} is listed twice, first on line {first}")
            self._calls[key] = entry
        for use in self.uses:
            if use.module in self._uses:
                raise _refusal(name, use.line, f"use {use.module} is listed twice")
            self._uses[use.module] = use
        self._check_overlaps(name)

    @classmethod
    def from_text(cls, text: str, *, name: str = "effects") -> Catalogue:
        """Build from text in the form of ``effects.yaml``; ValueError names the line that does not fit."""
        try:
            root = yaml.compose(text, Loader=_Loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise _refusal(name, mark.line + 1 if mark else 1, "this is not YAML") from None
        lists = _lists(root, name)
        calls = [_entry(node, name) for node in lists.get("calls", ())]
        uses = [_use(node, name) for node in lists.get("uses", ())]
        return cls(calls, uses, name=name)

    def lookup(self, module: str, function: str, arity: int) -> Entry | None:
        """The claim about a call, or None: then nothing is known. Erlang's modules have a leading colon."""
        for key in ((module, function, arity), (module, function, None), (module, WHOLE_MODULE, None)):
            if (entry := self._calls.get(key)) is not None:
                return entry
        return None

    def is_harmless_use(self, module: str) -> bool:
        """Whether ``use module`` leaves what the using module's functions do as its source says."""
        return module in self._uses

    def aliases_of_use(self, module: str) -> tuple[str, ...]:
        """The modules that ``use module`` aliases for the using module; each last part is the short name."""
        use = self._uses.get(module)
        return use.aliases if use else ()

    def _check_overlaps(self, name: str) -> None:
        """No claim may stand behind a more harmless one that would show when it is taken out."""
        modules: dict[str, list[Entry]] = {}
        for entry in self.calls:
            modules.setdefault(entry.module, []).append(entry)
            if entry.arity is not None and (entry.module, entry.function, None) in self._calls:
                raise _refusal(name, entry.line, f"{_text(entry)} is also listed without arity")
        for entries in modules.values():
            whole = next((e for e in entries if e.function == WHOLE_MODULE), None)
            if whole and whole.harmless and len(entries) > 1:
                what = f'{whole.module} "*" is {whole.kind}, so the module can have no other line'
                raise _refusal(name, max(e.line for e in entries), what)


@cache
def default_catalogue() -> Catalogue:
    """The catalogue that is shipped, read once."""
    path = Path(__file__).with_name("effects.yaml")
    return Catalogue.from_text(path.read_text(encoding="utf-8"), name=path.name)


def lookup(module: str, function: str, arity: int) -> Entry | None:
    """The shipped claim about a call, or None: then nothing is known."""
    return default_catalogue().lookup(module, function, arity)


def is_harmless_use(module: str) -> bool:
    """Whether the shipped list has ``use module``."""
    return default_catalogue().is_harmless_use(module)


def _refusal(name: str, line: int, what: str) -> ValueError:
    return ValueError(f"{name}:{line}: {what}")


def _text(entry: Entry) -> str:
    return f"{entry.module}.{entry.function}" + ("" if entry.arity is None else f"/{entry.arity}")


def _lists(root: yaml.Node | None, name: str) -> dict[str, list[yaml.Node]]:
    if not isinstance(root, yaml.MappingNode):
        raise _refusal(name, 1, "expected the lists `calls` and `uses`")
    found: dict[str, list[yaml.Node]] = {}
    for key, value in root.value:
        line = key.start_mark.line + 1
        if key.value not in ("calls", "uses") or key.value in found:
            raise _refusal(name, line, f"expected `calls` and `uses` once each, not {key.value!r}")
        if not isinstance(value, yaml.SequenceNode):
            raise _refusal(name, line, f"`{key.value}` is not a list")
        found[key.value] = value.value
    return found


def _fields(node: yaml.Node, name: str, required: set[str], optional: set[str]) -> Mapping[str, yaml.Node]:
    """A claim's fields; a claim is one line, so that one line taken out is one claim less."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode) or node.start_mark.line != node.end_mark.line:
        raise _refusal(name, line, "a claim is one mapping on one line")
    keys = [key.value for key, _ in node.value]
    if len(set(keys)) != len(keys) or not required <= set(keys) <= required | optional:
        raise _refusal(name, line, f"expected {', '.join(sorted(required))}, not {', '.join(map(str, keys))}")
    return {key.value: value for key, value in node.value}


def _string(node: yaml.Node, name: str, field: str, form: re.Pattern[str] | None = None) -> str:
    value = node.value if isinstance(node, yaml.ScalarNode) else ""
    if not isinstance(value, str) or not value.strip() or (form is not None and not form.fullmatch(value)):
        raise _refusal(name, node.start_mark.line + 1, f"{value!r} is no {field}")
    return value


def _entry(node: yaml.Node, name: str) -> Entry:
    fields = _fields(node, name, _CALL_KEYS, {"arity", "callback"})
    line = node.start_mark.line + 1
    kind = _string(fields["kind"], name, "kind")
    if kind not in _KINDS:
        raise _refusal(name, line, f"{kind!r} is no kind of effect: {', '.join(sorted(_KINDS))}")
    function = _string(fields["function"], name, "function", _FUNCTION)
    arity: int | None = None
    if "arity" in fields:
        arity = int(_string(fields["arity"], name, "arity", re.compile(r"\d{1,3}", re.ASCII)))
        if function == WHOLE_MODULE:
            raise _refusal(name, line, '"*" stands for every arity')
    module = _string(fields["module"], name, "module", _MODULE)
    source = _string(fields["source"], name, "source")
    callback = "callback" in fields
    if callback and _string(fields["callback"], name, "mark of a callback") != "true":
        raise _refusal(name, line, "`callback` is true or left out")
    if callback and function == WHOLE_MODULE:
        raise _refusal(name, line, '"*" cannot tell which functions call one of their arguments')
    return Entry(module, function, arity, cast(CallKind, kind), source, line, callback)


def _use(node: yaml.Node, name: str) -> Use:
    fields = _fields(node, name, {"module", "source"}, {"aliases"})
    aliases = fields.get("aliases")
    if aliases is not None and not isinstance(aliases, yaml.SequenceNode):
        raise _refusal(name, node.start_mark.line + 1, "`aliases` is not a list")
    names = tuple(_string(a, name, "module", _MODULE) for a in aliases.value) if aliases is not None else ()
    module = _string(fields["module"], name, "module", _MODULE)
    return Use(module, names, _string(fields["source"], name, "source"), node.start_mark.line + 1)
