"""What calls out of the application do: the allow-list ``effects.yaml`` beside this file, read strictly.

A call that is not listed is unknown. The loader refuses lists in which taking a line out could make a call
look more harmless than the line did, so every line can be reviewed on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

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
_ARITY = re.compile(r"\d{1,3}", re.ASCII)
# One field of a plain claim: quoted, a word that YAML reads as it stands, or a list of such words.
_PAIR = re.compile(r'((\w+): (?:("[^"\\]*")|(\w[\w.!?]*)|(\[\w[\w.]*(?:, \w[\w.]*)*\])))(?:, |$)', re.ASCII)
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


class _Claim(NamedTuple):
    """A line of the text, its fields in order as written."""

    line: int
    fields: list[tuple[str, str | list[str]]]


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
        lists = _plain_lists(text) or _lists(text, name)
        calls = [_entry(claim, name) for claim in lists.get("calls", ())]
        uses = [_use(claim, name) for claim in lists.get("uses", ())]
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


def _plain_lists(text: str) -> dict[str, list[_Claim]] | None:
    """The lists of a text whose every line is of the plainest form (as the shipped one's are): read many times faster
    than as YAML, with the same result. None for any other text."""
    found: dict[str, list[_Claim]] = {}
    claims: list[_Claim] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("- {") and claims is not None and line.endswith("}"):
            pairs = _PAIR.findall(line, 3, len(line) - 1)
            if ", ".join(p[0] for p in pairs) != line[3:-1]:
                return None
            claims.append(_Claim(number, [(key, _plain(*rest)) for _, key, *rest in pairs]))
        elif line in ("calls:", "uses:") and line[:-1] not in found:
            claims = found[line[:-1]] = []
        elif line and not line.startswith("#"):
            return None
    return found if all(found.values()) else None


def _plain(quoted: str, word: str, words: str) -> str | list[str]:
    return words[1:-1].split(", ") if words else word or quoted[1:-1]


def _lists(text: str, name: str) -> dict[str, list[_Claim]]:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _refusal(name, mark.line + 1 if mark else 1, "this is not YAML") from None
    if not isinstance(root, yaml.MappingNode):
        raise _refusal(name, 1, "expected the lists `calls` and `uses`")
    found: dict[str, list[_Claim]] = {}
    for key, value in root.value:
        line = key.start_mark.line + 1
        if key.value not in ("calls", "uses") or key.value in found:
            raise _refusal(name, line, f"expected `calls` and `uses` once each, not {key.value!r}")
        if not isinstance(value, yaml.SequenceNode):
            raise _refusal(name, line, f"`{key.value}` is not a list")
        found[key.value] = [_claim(node, name) for node in value.value]
    return found


def _claim(node: yaml.Node, name: str) -> _Claim:
    """A claim is one line, so that one line taken out is one claim less."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode) or node.start_mark.line != node.end_mark.line:
        raise _refusal(name, line, "a claim is one mapping on one line")
    return _Claim(line, [(str(key.value), _value(value)) for key, value in node.value])


def _value(node: yaml.Node) -> str | list[str]:
    if isinstance(node, yaml.SequenceNode):
        return [v if isinstance(v := _value(item), str) else "" for item in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) and isinstance(node.value, str) else ""


def _fields(claim: _Claim, name: str, required: set[str], optional: set[str]) -> dict[str, str | list[str]]:
    fields = dict(claim.fields)
    if len(fields) != len(claim.fields) or not required <= fields.keys() <= required | optional:
        keys = ", ".join(key for key, _ in claim.fields)
        raise _refusal(name, claim.line, f"expected {', '.join(sorted(required))}, not {keys}")
    return fields


def _string(value: str | list[str], name: str, line: int, field: str, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or not value.strip() or (form is not None and not form.fullmatch(value)):
        raise _refusal(name, line, f"{value if isinstance(value, str) else ''!r} is no {field}")
    return value


def _entry(claim: _Claim, name: str) -> Entry:
    fields, line = _fields(claim, name, _CALL_KEYS, {"arity", "callback"}), claim.line
    kind = _string(fields["kind"], name, line, "kind")
    if kind not in _KINDS:
        raise _refusal(name, line, f"{kind!r} is no kind of effect: {', '.join(sorted(_KINDS))}")
    function = _string(fields["function"], name, line, "function", _FUNCTION)
    arity: int | None = None
    if "arity" in fields:
        arity = int(_string(fields["arity"], name, line, "arity", _ARITY))
        if function == WHOLE_MODULE:
            raise _refusal(name, line, '"*" stands for every arity')
    module = _string(fields["module"], name, line, "module", _MODULE)
    source = _string(fields["source"], name, line, "source")
    callback = "callback" in fields
    if callback and _string(fields["callback"], name, line, "mark of a callback") != "true":
        raise _refusal(name, line, "`callback` is true or left out")
    if callback and function == WHOLE_MODULE:
        raise _refusal(name, line, '"*" cannot tell which functions call one of their arguments')
    return Entry(module, function, arity, cast(CallKind, kind), source, line, callback)


def _use(claim: _Claim, name: str) -> Use:
    fields, line = _fields(claim, name, {"module", "source"}, {"aliases"}), claim.line
    aliases = fields.get("aliases", [])
    if not isinstance(aliases, list):
        raise _refusal(name, line, "`aliases` is not a list")
    names = tuple(_string(a, name, line, "module", _MODULE) for a in aliases)
    module = _string(fields["module"], name, line, "module", _MODULE)
    return Use(module, names, _string(fields["source"], name, line, "source"), line)
