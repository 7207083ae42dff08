"""Types that the library ecto_enum declares (lib/ecto_enum.ex, lib/ecto_enum/use.ex, lib/ecto_enum/postgres/use.ex):
``defenum Name, …`` in another module, or ``use EctoEnum, …`` in a module of its own."""

from __future__ import annotations

from cronlift.ecto.constants import constant
from cronlift.ecto.types import EctoType
from cronlift.elixir import syntax as ast
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, TupleValue, Value

_LIBRARY = "EctoEnum"


def library_enum(project: Project, name: str) -> EctoType | None:
    """The enum that the module ``name`` is, None where ecto_enum does not make it or its values are not known."""
    owner = project.module(name.rpartition(".")[0])
    if owner and name in owner.enums and any(i.module == _LIBRARY for i in owner.imports):
        return _declared(project, owner, owner.enums[name].args[1:])
    own = project.module(name)
    uses = [u for u in own.uses if u.module in (_LIBRARY, f"{_LIBRARY}.Postgres")] if own else []
    if own is None or len(uses) != 1 or uses[0].options is None or ("dump", 1) in own.functions:
        return None
    kind, values = ast.keyword(uses[0].options, "type"), ast.keyword(uses[0].options, "enums")
    if kind is not None and values is not None:
        return _declared(project, own, (kind, values))
    return _declared(project, own, (uses[0].options,))


def _declared(project: Project, module: Module, args: tuple[Node, ...]) -> EctoType | None:
    """``values``, or a type of the database and ``values``; options (the schema it is in) may follow."""
    in_database = ""
    if len(args) >= 2 and isinstance(args[0], ast.Literal) and isinstance(args[0].value, Atom):
        in_database = args[0].value.name
        if len(args) > 2 and ast.keyword(args[2] if isinstance(args[2], ast.List) else None, "schema") is not None:
            return None
        args = args[1:]
    if not args:
        return None
    pairs = _pairs(constant(Evaluator(project), args[0], module))
    return EctoType("enum", values=pairs, module=in_database) if pairs else None


def _pairs(values: Value) -> tuple[tuple[str, str | int], ...]:
    found: list[tuple[str, str | int]] = []
    for item in values.items if isinstance(values, ListValue) else ():
        match item:
            case Known(value=Atom(name=name)) | Known(value=str(name)):
                found.append((name, name))
            case TupleValue(items=(Known(value=Atom(name=name)), Known(value=int() | str() as stored))):
                found.append((name, stored))
            case _:
                return ()
    return tuple(found)
