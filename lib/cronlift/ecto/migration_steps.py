"""One migration's ``change`` or ``up``, followed where it is literal (ecto_sql lib/ecto/migration.ex: create/2,
alter/2, add/3, timestamps/1, references/2, rename/2, execute/1). What is not followed makes what it may have touched
unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cronlift.ecto import ddl
from cronlift.ecto.column_types import column_type, type_of
from cronlift.ecto.constants import constant
from cronlift.ecto.library_tables import oban_jobs
from cronlift.ecto.tables import Column, Table, Tables
from cronlift.elixir import syntax as ast
from cronlift.elixir.evaluator import Evaluator, Scope
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.trace import State, TooComplex
from cronlift.elixir.values import Known, ListValue, TupleValue, Unknown, Value, keyword_items

_VERBS = {"create", "create_if_not_exists", "alter", "rename", "drop", "drop_if_exists", "execute", "execute_file"}
_DEEPEST = 20


@dataclass(slots=True)
class Defaults:
    """A repository's ``migration_*`` configuration; ``unsure`` where it is not a literal."""

    timestamps: dict[str, Value] = field(default_factory=dict)
    primary_key: Value | None = None
    foreign_key: dict[str, Value] = field(default_factory=dict)
    unsure: bool = False

    def reference(self) -> dict[str, Value]:
        """What ``references/2`` takes by default: the primary keys' type, then ``migration_foreign_key``
        (ecto_sql lib/ecto/migration.ex, foreign_key_repo_opts/0)."""
        key = keyword_items(self.primary_key) if self.primary_key is not None else None
        return {**{k: v for k, v in (key or {}).items() if k == "type"}, **self.foreign_key}


class Migration:
    """One migration module: its ``change`` or ``up``, followed where it is literal."""

    def __init__(self, project: Project, module: Module, tables: Tables, defaults: Defaults) -> None:
        self.project, self.module, self.tables, self.defaults = project, module, tables, defaults
        self.evaluator = Evaluator(project)
        self.depth = 0

    def run(self) -> None:
        for name in ("up", "change"):
            function = self.module.functions.get((name, 0))
            if function:
                for clause in function.clauses:
                    self.section(clause.sections, {})
                return

    def section(self, sections: dict[str, ast.Block | tuple[ast.Clause, ...]] | None, env: dict[str, Value]) -> None:
        body = (sections or {}).get("do")
        for node in body.body if isinstance(body, ast.Block) else ():
            env = self.statement(node, env)

    def value(self, node: Node | None, env: dict[str, Value]) -> Value:
        if node is None or any(isinstance(n, ast.Call) and isinstance(n.target, ast.Alias) for n in ast.walk(node)):
            return Unknown("the result of another module's function")
        if not env:
            return constant(self.evaluator, node, self.module)
        try:
            flows = self.evaluator.eval(node, State(env), Scope(self.module))
        except (TooComplex, RecursionError):
            return Unknown("a computed value")
        return flows[0][1] if len(flows) == 1 else Unknown("a computed value")

    # ── statements ──
    def statement(self, node: Node, env: dict[str, Value]) -> dict[str, Value]:
        match node:
            case ast.Block(body=body):
                for inner in body:
                    env = self.statement(inner, env)
            case ast.Binary(op="=", left=ast.Var(name=name), right=right):
                return {**env, name: self.value(right, env)}
            case ast.Call(target=None, name=name) if name in _VERBS and node.args:
                self.verb(node, env)
            case ast.Call(target=None, name="for"):
                self.loop(node, env)
            case ast.Call(target=ast.Alias(name="Enum"), name="each", args=(items, ast.Fn(clauses=(clause,)))):
                for item in self.items(items, env, clause.body):
                    self.statement(clause.body, {**env, **self.bound(clause.patterns[0], item)})
            case ast.Call(target=None, name="if" | "unless" | "case" | "cond"):
                self.doubt(node, env)
            case ast.Call(target=ast.Alias(name=name), name="up") if self.module.expand(name) in (
                "Oban.Migration", "Oban.Migrations",
            ):  # fmt: skip
                self.oban(node, env)
            case ast.Call(target=None) if (node.name, len(node.args)) in self.module.functions:
                self.helper(node, env)
            case _:
                self.doubt(node, env)
        return env

    def helper(self, node: ast.Call, env: dict[str, Value]) -> None:
        clauses = self.module.functions[(node.name, len(node.args))].clauses
        self.depth += 1
        if len(clauses) == 1 and self.depth < _DEEPEST:
            bound: dict[str, Value] = {}
            for pattern, argument in zip(clauses[0].params, node.args, strict=True):
                bound.update(self.bound(pattern, self.value(argument, env)))
            self.section(clauses[0].sections, bound)
        else:
            for clause in clauses:
                self.doubt(ast.Block(clause.span, _body(clause.sections)), {})
        self.depth -= 1

    def loop(self, node: ast.Call, env: dict[str, Value]) -> None:
        body = node.sections.get("do")
        first = node.args[0] if len(node.args) == 1 else None
        if not (isinstance(first, ast.Binary) and first.op == "<-" and isinstance(body, ast.Block)):
            return self.doubt(node, env)
        for item in self.items(first.right, env, body):
            self.statement(body, {**env, **self.bound(first.left, item)})
        return None

    def items(self, node: Node, env: dict[str, Value], body: Node) -> tuple[Value, ...]:
        value = self.value(node, env)
        if isinstance(value, ListValue):
            return value.items
        self.doubt(body, env)
        return ()

    def bound(self, pattern: Node, value: Value) -> dict[str, Value]:
        match pattern, value:
            case ast.Var(name=name), _:
                return {name: value}
            case ast.Tuple(items=items), TupleValue(items=values) if len(items) == len(values):
                return {k: v for p, x in zip(items, values, strict=True) for k, v in self.bound(p, x).items()}
            case _:
                return {}

    def doubt(self, node: Node, env: dict[str, Value]) -> None:
        """Something that is not followed: what it names may be changed by it."""
        for inner in ast.walk(node):
            match inner:
                case ast.Call(target=None, name="index" | "unique_index"):
                    table = self.tables.get(None, self.text(inner.args[0], env) or "") if inner.args else None
                    if table:
                        table.keys_unsure = True
                case ast.Call(target=None, name="create" | "alter" | "drop" | "rename" | "create_if_not_exists"):
                    self.doubt_verb(inner, env)
                case ast.Text(parts=parts):
                    text = " ".join(p for p in parts if isinstance(p, str))
                    if re.search(r"\b(alter|create|drop)\s+table\b", text, re.IGNORECASE):
                        whole = parts[0] if len(parts) == 1 else None
                        if not (isinstance(whole, str) and ddl.apply(whole, self.tables)):
                            self.tables.doubtful.update(re.findall(r"\w+", text))

    def doubt_verb(self, node: ast.Call, env: dict[str, Value]) -> None:
        name = self.table(node.args[0], env) if node.args else None
        if name and name[1]:
            known = self.tables.get(*name)
            if known is None and node.name.startswith("create"):
                known = Table(name[1])
                self.tables.put(name[0], known)
            if known:
                known.unsure = True
            return
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and inner.name in ("add", "modify", "remove", "timestamps") and inner.args:
                column = self.text(inner.args[0], env)
                self.tables.doubtful.add(column or "")

    # ── verbs ──
    def table(self, node: Node, env: dict[str, Value]) -> tuple[str | None, str] | None:
        """``table(:name, prefix: …)``: None where it is something else, an empty name where it is not known."""
        if not (isinstance(node, ast.Call) and node.target is None and node.name == "table" and node.args):
            return None
        options = self.options(node.args[1] if len(node.args) > 1 else None, env)
        prefix = self.plain(options.get("prefix")) if "prefix" in options else None
        name = self.text(node.args[0], env)
        if "prefix" in options and prefix is None and options["prefix"] != Known(None):
            return None, ""
        return prefix, name or ""

    def text(self, node: Node, env: dict[str, Value]) -> str | None:
        return self.plain(self.value(node, env))

    def plain(self, value: Value | None) -> str | None:
        match value:
            case Known(value=Atom(name=name)) | Known(value=str(name)):
                return name
            case _:
                return None

    def options(self, node: Node | None, env: dict[str, Value]) -> dict[str, Value]:
        if node is None:
            return {}
        return keyword_items(self.value(node, env)) or self._one_by_one(node, env)

    def _one_by_one(self, node: Node, env: dict[str, Value]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for item in node.items if isinstance(node, ast.List) else ():
            if isinstance(item, ast.Tuple) and isinstance(item.items[0], ast.Literal):
                key = item.items[0].value
                if isinstance(key, Atom):
                    found[key.name] = self.value(item.items[1], env)
        return found

    def verb(self, node: ast.Call, env: dict[str, Value]) -> None:
        if node.name == "execute":
            text = self.value(node.args[0], env)
            if not (isinstance(text, Known) and isinstance(text.value, str) and ddl.apply(text.value, self.tables)):
                self.doubt(node.args[0], env)
            return None
        name = self.table(node.args[0], env)
        if name is None:
            if node.name.startswith("create"):
                self.index(node.args[0], env)
            return None  # a constraint, or an index that goes: then another one may only be missing
        if not name[1]:
            return self.doubt_verb(node, env)
        match node.name:
            case "create" | "create_if_not_exists":
                if node.name == "create" or self.tables.get(*name) is None:
                    self.create(node, name, env)
            case "alter":
                known = self.tables.get(*name)
                if known is None:
                    known = Table(name[1], unsure=True)
                    self.tables.put(name[0], known)
                self.columns(known, node, env)
            case "drop" | "drop_if_exists":
                self.tables.drop(*name)
            case "rename":
                self.rename(node, name, env)
        return None

    def index(self, node: Node, env: dict[str, Value]) -> None:
        """``unique_index(:t, [:a, :b], where: …)`` (ecto_sql lib/ecto/migration.ex, index/3, unique_index/3)."""
        if not (isinstance(node, ast.Call) and node.name in ("index", "unique_index") and len(node.args) > 1):
            return
        options = self.options(node.args[2] if len(node.args) > 2 else None, env)
        if node.name == "index" and options.get("unique", Known(False)) == Known(False):
            return
        name, columns = self.text(node.args[0], env), self.value(node.args[1], env)
        prefix = self.plain(options.get("prefix"))
        table = self.tables.get(prefix, name or "")
        if table is None:
            self.tables.index_unread = self.tables.index_unread or not name
            return
        items = columns.items if isinstance(columns, ListValue) else (columns,)
        names = [i.value.name for i in items if isinstance(i, Known) and isinstance(i.value, Atom)]
        if len(names) == len(items) and not {"where", "using"} & set(options):
            table.keys.add(frozenset(names))
        else:
            table.keys_unsure = True

    def rename(self, node: ast.Call, name: tuple[str | None, str], env: dict[str, Value]) -> None:
        options = node.args[-1] if isinstance(node.args[-1], ast.List) else None
        to = ast.keyword(options, "to")
        if to is None:
            return
        if len(node.args) == 2:
            new = self.table(to, env)
            if new and new[1]:
                self.tables.rename(name[0], name[1], new[1])
            return
        old, column = self.text(node.args[1], env), self.text(to, env)
        table = self.tables.get(*name)
        if table and old and column and old in table.columns:
            table.rename_column(old, column)
        elif table:
            table.unsure = True

    def create(self, node: ast.Call, name: tuple[str | None, str], env: dict[str, Value]) -> None:
        table = Table(name[1], unsure=self.defaults.unsure)
        target = node.args[0]
        assert isinstance(target, ast.Call)
        options = self.options(target.args[1] if len(target.args) > 1 else None, env)
        key = options.get("primary_key", self.defaults.primary_key or Known(True))
        found = keyword_items(key)
        if found is not None and found:
            kind = self.plain(found.get("type")) or "bigserial"
            table.columns[self.plain(found.get("name")) or "id"] = Column(
                column_type(kind, found), True, _fills(kind, found), True
            )
        elif key == Known(True):
            table.columns["id"] = Column("bigint", True, True, True)
        elif key != Known(False):
            table.unsure = True
        self.columns(table, node, env)
        self.tables.put(name[0], table)

    def columns(self, table: Table, node: ast.Call, env: dict[str, Value]) -> None:
        body = node.sections.get("do")
        for line in body.body if isinstance(body, ast.Block) else ():
            self.line(table, line, env)

    def line(self, table: Table, node: Node, env: dict[str, Value]) -> None:
        if isinstance(node, ast.Call) and node.target is None and node.name == "timestamps":
            return self.timestamps(table, self.options(node.args[0] if node.args else None, env))
        if isinstance(node, ast.Var) and node.name == "timestamps":
            return self.timestamps(table, {})
        if isinstance(node, ast.Block):
            for inner in node.body:
                self.line(table, inner, env)
            return None
        repeated = self._repeated(node, env)
        if repeated is not None:
            self.depth += 1
            for inner, bound in repeated:
                self.line(table, inner, bound)
            self.depth -= 1
            return None
        if not (isinstance(node, ast.Call) and node.target is None and node.args):
            table.unsure = table.unsure or not isinstance(node, ast.Literal)
            return None
        name = self.text(node.args[0], env)
        if name is None or node.name not in ("add", "add_if_not_exists", "modify", "remove", "remove_if_exists"):
            table.unsure = True
            return None
        if node.name.startswith("remove"):
            table.columns.pop(name, None)
            return None
        if node.name == "add_if_not_exists" and name in table.columns:
            return None
        table.columns[name] = self.column(node, table.columns.get(name) if node.name == "modify" else None, env)
        return None

    def _repeated(self, node: Node, env: dict[str, Value]) -> list[tuple[Node, dict[str, Value]]] | None:
        """The lines that a loop over a known list, or a helper of the migration's own, puts into a block; None for any
        other form."""
        match node:
            case ast.Call(target=None, name="for", args=(ast.Binary(op="<-", left=pattern, right=items),)):
                body: Node | None = node.sections.get("do")  # type: ignore[assignment]
            case ast.Call(target=ast.Alias(name="Enum"), name="each", args=(items, ast.Fn(clauses=(one,)))):
                pattern, body = one.patterns[0], one.body
            case ast.Call(target=None, name=name, args=args) if (name, len(args)) in self.module.functions:
                (clause, *more) = self.module.functions[(name, len(args))].clauses
                inner = (clause.sections or {}).get("do")
                if more or not isinstance(inner, ast.Block) or self.depth > _DEEPEST:
                    return None
                values = [self.bound(p, self.value(a, env)) for p, a in zip(clause.params, args, strict=True)]
                return [(line, {k: v for bound in values for k, v in bound.items()}) for line in inner.body]
            case _:
                return None
        value = self.value(items, env)
        if not isinstance(body, ast.Block) or not isinstance(value, ListValue):
            return None
        return [(line, {**env, **self.bound(pattern, item)}) for item in value.items for line in body.body]

    def column(self, node: ast.Call, old: Column | None, env: dict[str, Value]) -> Column:
        given = node.args[1] if len(node.args) > 1 else None
        options = self.options(node.args[2] if len(node.args) > 2 else None, env)
        kind: str | None
        if isinstance(given, ast.Call) and given.target is None and given.name == "references":
            inner = {**self.defaults.reference(), **self.options(given.args[1] if len(given.args) > 1 else None, env)}
            kind = column_type(self.plain(inner.get("type")) or "bigserial", inner)
        else:
            kind = type_of(self.value(given, env), options)
        key = options.get("primary_key") == Known(True)
        null = options.get("null")
        not_null = key or null == Known(False) or (old is not None and old.not_null and null is None)
        default = "default" in options and options["default"] != Known(None)
        fills = default or "generated" in options or (old is not None and old.default and "default" not in options)
        fills = fills or (isinstance(given, ast.Literal) and _is_serial(given))
        return Column(kind, not_null, fills, key or (old is not None and old.primary))

    def timestamps(self, table: Table, given: dict[str, Value]) -> None:
        """``timestamps/1``: the repository's ``migration_timestamps`` are its defaults."""
        options = {**self.defaults.timestamps, **given}
        kind = type_of(options.get("type", Known(Atom("naive_datetime"))), options)
        not_null = options.get("null", Known(False)) == Known(False)
        for which in ("inserted_at", "updated_at"):
            name = options.get(which, Known(Atom(which)))
            column = self.plain(name)
            if column:
                table.columns[column] = Column(kind, not_null, "default" in options)
            elif name != Known(False):
                table.unsure = True

    def oban(self, node: ast.Call, env: dict[str, Value]) -> None:
        options = self.options(node.args[0] if node.args else None, env)
        self.tables.put(self.plain(options.get("prefix")), oban_jobs())


def _body(sections: dict[str, ast.Block | tuple[ast.Clause, ...]] | None) -> tuple[Node, ...]:
    body = (sections or {}).get("do")
    return body.body if isinstance(body, ast.Block) else ()


def _is_serial(node: ast.Literal) -> bool:
    return isinstance(node.value, Atom) and node.value.name in ("serial", "bigserial", "identity")


def _fills(kind: str, options: dict[str, Value]) -> bool:
    return kind in ("serial", "bigserial", "identity", "id") or "default" in options
