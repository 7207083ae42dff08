"""Reads one module's schema block (ecto lib/ecto/schema.ex, schema/2 and what may stand in it).

What a schema's own macros bring is followed where ``use`` leads to a ``__using__`` of the application; a form of the
block that is not understood makes the schema *unsure*, and then no SQL is made from it.
"""

from __future__ import annotations

from cronlift.ecto.constants import constant, underscored
from cronlift.ecto.enum_types import library_enum
from cronlift.ecto.schemas import Association, Schema, SchemaField
from cronlift.ecto.types import EctoType, array_of, read_type
from cronlift.elixir import syntax as ast
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.values import (
    NIL,
    Known,
    ListValue,
    ModuleName,
    TupleValue,
    Value,
    atom,
    fully_known,
    keyword_items,
)


class SchemaReader:
    """Reads one module's schema block."""

    def __init__(self, project: Project, module: Module, block: ast.Call) -> None:
        self.project, self.module, self.block = project, module, block
        self.using = list(_using(project, module, ()))
        self.constants = Evaluator(project)
        table = self.value(block.args[0]) if block.args and not isinstance(block.args[0], ast.List) else NIL
        name = table.value if isinstance(table, Known) and isinstance(table.value, str) else ""
        self.schema = Schema(module.name, name, module.file, block.span.line)
        if not name:
            embedded = block.name in ("embedded_schema", "typed_embedded_schema")
            self.unsure("it is embedded" if embedded else "its table's name is not known")

    def unsure(self, why: str) -> None:
        self.schema.unsure = self.schema.unsure or f"{self.module.name}: {why}"

    def value(self, node: Node | None, module: Module | None = None) -> Value:
        return constant(self.constants, node, module or self.module)

    def attribute(self, name: str) -> Value | None:
        """An attribute as the schema macro sees it: the module's own above the block, else what ``use`` set."""
        node = self.module.attribute(name, self.block.span)
        if node is not None:
            return self.value(node)
        for other, attributes in self.using:
            if name in attributes:
                return self.value(attributes[name], other)
        return None

    def read(self) -> Schema:
        plain = any(u.module in ("Ecto.Schema", "TypedEctoSchema") for u in self.module.uses)
        if not plain and not self.using:
            self.unsure("it does not `use Ecto.Schema` where cronlift can see it")
        prefix = self.attribute("schema_prefix")
        match prefix:
            case Known(value=str(text)):
                self.schema.prefix = text
            case None | Known(value=None):
                pass
            case _:
                self.unsure("its @schema_prefix is not known")
        self._primary_key()
        for form in _forms(self.block.sections.get("do")):
            self._form(form)
        self._mapper()
        return self.schema

    def _mapper(self) -> None:
        """``@field_source_mapper`` renames every column with a function."""
        if self.attribute("field_source_mapper") is not None:
            self.unsure("its @field_source_mapper computes the columns' names")

    def _primary_key(self) -> None:
        key = self.attribute("primary_key")
        if key is None:
            self._put("id", EctoType("id"), {"autogenerate": Known(True), "primary_key": Known(True)})
            return
        match key:
            case Known(value=False):
                return
            case TupleValue(items=(Known(value=Atom(name=name)), type_, options)):
                found = keyword_items(options)
                kind = read_type(type_, (found or {}).get)
                if kind is not None and found is not None:
                    self._put(name, kind, {**found, "primary_key": Known(True)})
                    return
        self.unsure("its @primary_key is not understood")

    def _put(self, name: str, kind: EctoType, options: dict[str, Value]) -> None:
        kind = self._declared(kind)
        source = options.get("source", atom(name))
        if not (isinstance(source, Known) and isinstance(source.value, Atom)):
            self.unsure(f"the column of {name} is not known")
            return
        autogenerate = options.get("autogenerate", NIL)
        how = ""
        if autogenerate == Known(True):
            how = "id" if kind.name == "id" else "uuid" if kind.name in ("binary_id", "uuid") else "other"
        elif autogenerate not in (NIL, Known(False)):
            how = "other"
        writable = options.get("writable", atom("always"))
        self.schema.fields[name] = SchemaField(
            name, source.value.name, kind, options.get("default", NIL),
            virtual=options.get("virtual") == Known(True),
            primary_key=options.get("primary_key") == Known(True), autogenerate=how,
            writable=writable.value.name if isinstance(writable, Known) and isinstance(writable.value, Atom) else "?",
            selectable=options.get("load_in_query", Known(True)) == Known(True),
            read_after_writes=options.get("read_after_writes") == Known(True),
        )  # fmt: skip

    def _declared(self, kind: EctoType) -> EctoType:
        """A type of a module, as what a library made of it where that is known."""
        if kind.name == "array" and kind.inner is not None:
            return array_of(self._declared(kind.inner))
        if kind.name == "custom":
            return library_enum(self.project, kind.module) or kind
        return kind

    def _form(self, node: Node) -> None:
        if isinstance(node, ast.Block):
            for inner in node.body:
                self._form(inner)
            return None
        if isinstance(node, ast.Attribute | ast.Literal | ast.Var | ast.Text):
            return self._timestamps({}) if isinstance(node, ast.Var) and node.name == "timestamps" else None
        if isinstance(node, ast.Binary) and node.op == "::":  # typed_ecto_schema: field(…) :: type
            return self._form(node.left)
        if not isinstance(node, ast.Call) or node.target is not None:
            return self.unsure("its block holds something that is not understood")
        args = node.args
        options = self._options(args[-1]) if args and isinstance(args[-1], ast.List) else {}
        name = self._name(args[0]) if args and not isinstance(args[0], ast.List) else None
        if node.name in ("has_many", "has_one", "many_to_many"):
            unread = len(args) > 2 and not isinstance(args[-1], ast.List)
            deletes = options.get("on_delete", atom("nothing")) != atom("nothing")
            self.schema.hooked = self.schema.hooked or deletes or unread
        match node.name:
            case "field" if name:
                given = args[1] if len(args) > 1 and not isinstance(args[1], ast.List) else None
                kind = read_type(self.value(given), options.get) if given else EctoType("string")
                if isinstance(given, ast.Tuple) and len(args) == 2:
                    kind = read_type(self.value(given), options.get)
                if kind is None:
                    kind = EctoType("custom", module="a type that is not understood")
                self._put(name, kind, options)
            case "timestamps":
                self._timestamps(options)
            case "belongs_to" if name and len(args) > 1:
                self._belongs_to(name, args[1], options)
            case "has_many" | "has_one" if name and len(args) > 1:
                self._has(name, args[1], options)
            case "many_to_many" if name and len(args) > 1:
                self._many_to_many(name, args[1], options)
            case "embeds_one" | "embeds_many" if name:
                source = options.get("source", atom(name))
                self._put(name, EctoType("embed", module=node.name), {"source": source})
            case _:
                self.unsure(f"{node.name} in its block is not understood")
        return None

    def _name(self, node: Node) -> str | None:
        value = self.value(node)
        return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else None

    def _options(self, node: ast.List) -> dict[str, Value]:
        """Options one by one: one that is not known must not hide the others."""
        found: dict[str, Value] = {}
        for item in node.items:
            if isinstance(item, ast.Tuple) and len(item.items) == 2:
                key = item.items[0]
                if isinstance(key, ast.Literal) and isinstance(key.value, Atom):
                    found.setdefault(key.value.name, self.value(item.items[1]))
        return found

    def _timestamps(self, options: dict[str, Value]) -> None:
        """``timestamps/1``: ``@timestamps_opts`` are its defaults (lib/ecto/schema.ex, timestamps/1)."""
        defaults = self.attribute("timestamps_opts")
        base = keyword_items(defaults) if defaults is not None else {}
        if base is None:
            self.unsure("its @timestamps_opts are not known")
            base = {}
        merged = {**base, **options}
        kind = read_type(merged.get("type", atom("naive_datetime")), merged.get)
        if kind is None or "autogenerate" in merged:
            self.unsure("how its timestamps are made is not known")
            return
        for which in ("inserted_at", "updated_at"):
            column = merged.get(which, atom(which))
            if column == Known(False):
                continue
            source = merged.get(f"{which}_source", column)
            if not (isinstance(column, Known) and isinstance(column.value, Atom)):
                self.unsure("the names of its timestamps are not known")
                return
            self._put(column.value.name, kind, {"source": source})
            made = self.schema.fields.get(column.value.name)
            if made:
                how = "insert" if which == "inserted_at" else "always"
                self.schema.fields[made.name] = SchemaField(made.name, made.source, made.type, autogenerate=how)

    def _related(self, node: Node) -> tuple[str, str | None] | None:
        match self.value(node):
            case ModuleName(name=name):
                return name, None
            case TupleValue(items=(Known(value=str(source)), ModuleName(name=name))):
                return name, source
            case _:
                return None

    def _where(self, options: dict[str, Value], key: str = "where") -> tuple[tuple[str, Value], ...] | None:
        found = keyword_items(options.get(key, ListValue(())))
        return tuple(found.items()) if found is not None else None

    def _belongs_to(self, name: str, related: Node, options: dict[str, Value]) -> None:
        target = self._related(related)
        key = options.get("foreign_key", atom(f"{name}_id"))
        type_ = options.get("type") or self.attribute("foreign_key_type") or atom("id")
        kind = read_type(type_, options.get)
        where = self._where(options)
        if not (isinstance(key, Known) and isinstance(key.value, Atom)) or kind is None or where is None:
            self.unsure(f"its association {name} is not understood")
            return
        if options.get("define_field", Known(True)) == Known(True):
            self._put(key.value.name, kind, {k: v for k, v in options.items() if k in ("source", "primary_key")})
        if target is None:
            return
        references = options.get("references", atom("id"))
        other = references.value.name if isinstance(references, Known) and isinstance(references.value, Atom) else ""
        self.schema.associations[name] = Association(
            name, "belongs_to", key.value.name, target[0], other, target[1], where
        )

    def _has(self, name: str, related: Node, options: dict[str, Value]) -> None:
        if isinstance(related, ast.List):
            through = options.get("through")
            if isinstance(through, ListValue):
                steps = [v.value.name for v in through.items if isinstance(v, Known) and isinstance(v.value, Atom)]
                self.schema.associations[name] = Association(name, "through", through=tuple(steps))
            return
        target, where = self._related(related), self._where(options)
        own_key = self.schema.primary_key[0].name if self.schema.primary_key else "id"
        owner = options.get("references", atom(own_key))
        # lib/ecto/association.ex, association_key/2: the last part of the module's name, underscored, and the key.
        short = underscored(self.module.name.rpartition(".")[2])
        key = options.get("foreign_key", atom(f"{short}_{_atom_name(owner)}"))
        if target is None or where is None or not _atom_name(owner) or not _atom_name(key):
            return  # such an association can be declared and never joined
        deletes = _atom_name(options.get("on_delete", atom("nothing")))
        self.schema.associations[name] = Association(
            name, "has", _atom_name(owner), target[0], _atom_name(key), target[1], where, on_delete=deletes
        )

    def _many_to_many(self, name: str, related: Node, options: dict[str, Value]) -> None:
        target, where, join_where = self._related(related), self._where(options), self._where(options, "join_where")
        join = options.get("join_through", NIL)
        keys = keyword_items(options["join_keys"]) if "join_keys" in options else None
        if target is None or where is None or join_where is None or not fully_known(join):
            return
        if keys is None and "join_keys" not in options:
            mine, theirs = (underscored(m.rpartition(".")[2]) for m in (self.module.name, target[0]))
            keys = {f"{mine}_id": atom("id"), f"{theirs}_id": atom("id")}
        if keys is None or len(keys) != 2:
            return
        pairs = tuple((k, _atom_name(v)) for k, v in keys.items())
        self.schema.associations[name] = Association(
            name, "many_to_many", pairs[0][1], target[0], pairs[1][1], target[1], where,
            join_through=join, join_keys=pairs, join_where=join_where,
            on_delete=_atom_name(options.get("on_delete", atom("nothing"))),
        )  # fmt: skip


def _atom_name(value: Value) -> str:
    return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else ""


def _forms(section: ast.Block | tuple[ast.Clause, ...] | None) -> tuple[Node, ...]:
    return section.body if isinstance(section, ast.Block) else ()


def _using(project: Project, module: Module, seen: tuple[str, ...]) -> list[tuple[Module, dict[str, Node]]]:
    """What the application's own ``use`` lines bring: each ``__using__`` with the attributes its quote sets, where
    that leads to ``use Ecto.Schema`` in the end."""
    found: list[tuple[Module, dict[str, Node]]] = []
    for use in module.uses:
        other = project.module(use.module)
        if other is None or use.module in seen or "__using__" not in other.macros:
            continue
        names: list[str] = []
        attributes: dict[str, Node] = {}
        places = [other.macros["__using__"]]
        chosen = _chosen(project, module, use.span)
        if chosen and (function := other.functions.get((chosen, 0))):
            # `use MyApp, :schema`: the macro applies the function of that name.
            places = [c.span for c in function.clauses]
        for node in ast.walk(project.tree(other.file)):
            if not any(p.start <= node.span.start and node.span.end <= p.end for p in places):
                continue
            match node:
                case ast.Attribute(name=name, value=value) if value is not None:
                    attributes[name] = value
                case ast.Call(target=None, name="use", args=(ast.Alias(name=name), *_)):
                    names.append(other.expand(name))
        if "Ecto.Schema" in names or "TypedEctoSchema" in names:
            found.append((other, attributes))
    return found


def _chosen(project: Project, module: Module, span: Span) -> str:
    """The atom of a ``use X, :atom`` line."""
    for node in ast.walk(project.tree(module.file)):
        match node:
            case ast.Call(name="use", args=(_, ast.Literal(value=Atom(name=name)))) if node.span == span:
                return name
    return ""
