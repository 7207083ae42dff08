"""DDL written in SQL (``execute`` in a migration, ``structure.sql``) taken into Tables, by PostgreSQL's own parser."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pgparse

from cronlift.ecto.tables import Column, Table, Tables

_META = re.compile(r"^\\.*$", re.MULTILINE)
_COPY = re.compile(r"^COPY .*?^\\\.$", re.MULTILINE | re.DOTALL)
_NAMES = {
    "timestamptz": "timestamptz", "timestamp": "timestamp", "varchar": "varchar", "int8": "bigint", "int4": "integer",
    "int2": "smallint", "bool": "boolean", "float8": "double precision", "float4": "real", "bpchar": "char",
}  # fmt: skip
_SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def apply(sql: str, tables: Tables) -> bool:
    """Take one or several statements in. False where the text cannot be read."""
    try:
        statements = pgparse.parse(_META.sub("", _COPY.sub("", sql)))
    except pgparse.PGQueryError:
        return False
    for statement in statements:
        kind, tree = next(iter(statement["stmt"].items()))
        if kind == "CreateStmt":
            _create(tree, tables)
        elif kind == "AlterTableStmt":
            _alter(tree, tables)
        elif kind == "RenameStmt":
            _rename(tree, tables)
        elif kind == "DropStmt" and tree.get("removeType") == "OBJECT_TABLE":
            for item in tree["objects"]:
                names = [n["String"]["sval"] for n in item["List"]["items"]]
                tables.drop(names[-2] if len(names) > 1 else None, names[-1])
        elif kind in ("CreateTableAsStmt", "DoStmt") and "able" in sql:
            _doubt(kind, tree, tables)
        _others(kind, tree, tables)
    return True


def _others(kind: str, tree: dict[str, Any], tables: Tables) -> None:
    """What is no table: indexes, enumerated types, views, functions."""
    match kind:
        case "IndexStmt" if tree.get("unique"):
            table = tables.get(tree["relation"].get("schemaname"), tree["relation"]["relname"])
            names = [p["IndexElem"].get("name") for p in tree.get("indexParams", [])]
            if table and None not in names and "whereClause" not in tree:
                table.keys.add(frozenset(names))
            elif table:
                table.keys_unsure = True
        case "CreateEnumStmt":
            tables.enums[_last(tree["typeName"])] = tuple(v["String"]["sval"] for v in tree.get("vals", []))
        case "AlterEnumStmt" if "newVal" in tree and "oldVal" not in tree:
            name = _last(tree["typeName"])
            tables.enums[name] = (*tables.enums.get(name, ()), tree["newVal"])
        case "ViewStmt":
            tables.views.add(tree["view"]["relname"])
        case "CreateTableAsStmt" if tree.get("objtype") == "OBJECT_MATVIEW":
            tables.views.add(tree["into"]["rel"]["relname"])
        case "CreateFunctionStmt":
            returned = type_text(tree["returnType"]) if "returnType" in tree else "void"
            arguments = [p["FunctionParameter"] for p in tree.get("parameters", [])]
            given = [a for a in arguments if a.get("mode") not in ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE")]
            takes = ", ".join(type_text(a["argType"]) for a in given)
            tables.functions[_last(tree["funcname"])] = f"({takes}) {returned}"
        case _:
            return


def _last(names: list[dict[str, Any]]) -> str:
    return str(names[-1]["String"]["sval"])


def _doubt(kind: str, tree: dict[str, Any], tables: Tables) -> None:
    """A block of code that alters tables: the columns it names are no longer certain."""
    text = str(tree)
    if kind == "DoStmt" and re.search(r"\balter\s+table\b", text, re.IGNORECASE):
        tables.doubtful.update(re.findall(r"\w+", text))


def type_text(tree: dict[str, Any]) -> str:
    """A parsed type name as PostgreSQL writes it."""
    names = [n["String"]["sval"] for n in tree["names"]]
    base = _SERIAL.get(names[-1]) or _NAMES.get(names[-1], names[-1])
    if len(names) > 1 and names[0] != "pg_catalog":
        base = ".".join(names)
    given = [m["A_Const"]["ival"].get("ival", 0) for m in tree.get("typmods", []) if "ival" in m.get("A_Const", {})]
    size = f"({','.join(map(str, given))})" if given else ""
    return base + size + "[]" * len(tree.get("arrayBounds", []))


def _column(tree: dict[str, Any]) -> tuple[str, Column]:
    kinds = {c["Constraint"]["contype"] for c in tree.get("constraints", [])}
    name = tree["typeName"]["names"][-1]["String"]["sval"]
    default = bool(kinds & {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}) or name in _SERIAL
    not_null = bool(kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}) or name in _SERIAL
    return tree["colname"], Column(type_text(tree["typeName"]), not_null, default, "CONSTR_PRIMARY" in kinds)


def _create(tree: dict[str, Any], tables: Tables) -> None:
    relation = tree["relation"]
    prefix, name = relation.get("schemaname"), relation["relname"]
    if tree.get("if_not_exists") and tables.get(prefix, name):
        return
    table = Table(name)
    keys: list[str] = []
    for item in tree.get("tableElts", []):
        if "ColumnDef" in item:
            column, made = _column(item["ColumnDef"])
            table.columns[column] = made
            if any(c["Constraint"]["contype"] == "CONSTR_UNIQUE" for c in item["ColumnDef"].get("constraints", [])):
                table.keys.add(frozenset([column]))
        elif item.get("Constraint", {}).get("contype") == "CONSTR_PRIMARY":
            keys += [k["String"]["sval"] for k in item["Constraint"].get("keys", [])]
        elif item.get("Constraint", {}).get("contype") == "CONSTR_UNIQUE":
            table.keys.add(frozenset(k["String"]["sval"] for k in item["Constraint"].get("keys", [])))
        else:
            table.unsure = table.unsure or "TableLikeClause" in item
    for key in keys:
        if key in table.columns:
            table.columns[key] = Column(table.columns[key].type, True, table.columns[key].default, True)
    table.unsure = table.unsure or "inhRelations" in tree
    tables.put(prefix, table)


def _alter(tree: dict[str, Any], tables: Tables) -> None:
    relation = tree["relation"]
    table = tables.get(relation.get("schemaname"), relation["relname"])
    if table is None or tree.get("objtype", "OBJECT_TABLE") != "OBJECT_TABLE":
        return
    for item in tree["cmds"]:
        command = item["AlterTableCmd"]
        name, definition = command.get("name", ""), command.get("def", {})
        old = table.columns.get(name, Column(None))
        match command["subtype"]:
            case "AT_AddColumn":
                column, made = _column(definition["ColumnDef"])
                if not (command.get("missing_ok") and column in table.columns):
                    table.columns[column] = made
            case "AT_AlterColumnType":
                table.columns[name] = replace(old, type=type_text(definition["ColumnDef"]["typeName"]))
            case "AT_DropColumn":
                table.columns.pop(name, None)
            case "AT_ColumnDefault":
                table.columns[name] = replace(old, default=bool(definition))
            case "AT_SetNotNull" | "AT_DropNotNull":
                table.columns[name] = replace(old, not_null=command["subtype"] == "AT_SetNotNull")
            case "AT_AddIdentity":
                table.columns[name] = replace(old, not_null=True, default=True)
            case "AT_AddConstraint":
                _constraint(table, definition.get("Constraint", {}))


def _constraint(table: Table, tree: dict[str, Any]) -> None:
    """PRIMARY KEY and UNIQUE, added later; one that takes over an index has that index's columns."""
    names = [k["String"]["sval"] for k in tree.get("keys", [])]
    match tree.get("contype"):
        case "CONSTR_PRIMARY" if names:
            for name, column in table.columns.items():
                table.columns[name] = replace(column, primary=name in names, not_null=column.not_null or name in names)
        case "CONSTR_UNIQUE" if names:
            table.keys.add(frozenset(names))
        case "CONSTR_PRIMARY" | "CONSTR_UNIQUE" | "CONSTR_EXCLUSION":
            table.keys_unsure = True


def _rename(tree: dict[str, Any], tables: Tables) -> None:
    relation = tree.get("relation")
    if not relation:
        return
    prefix, name = relation.get("schemaname"), relation["relname"]
    if tree["renameType"] == "OBJECT_TABLE":
        tables.rename(prefix, name, tree["newname"])
    elif tree["renameType"] == "OBJECT_COLUMN":
        table = tables.get(prefix, name)
        if table:
            table.rename_column(tree["subname"], tree["newname"])
