"""What Postgrex encodes for a parameter of a type: a string only as text, a number only as a number, and so on.

Source: postgrex lib/postgrex/extensions (each type's ``encode``). Whatever else is given raises in the application.
"""

from __future__ import annotations

TEXT = frozenset({"text", "character varying", "character", "name", '"char"', "citext"})
_INTEGERS = frozenset({"smallint", "integer", "bigint", "oid"})
_FRACTIONS = frozenset({"numeric", "real", "double precision"})
_OTHERS = frozenset({
    "boolean", "uuid", "date", "interval", "inet", "cidr", "timestamp without time zone", "timestamp with time zone",
    "time without time zone", "time with time zone",
})  # fmt: skip
_SYNONYMS = {
    "decimal": "numeric", "varchar": "character varying", "char": "character", "int": "integer", "int4": "integer",
    "int8": "bigint", "int2": "smallint", "float8": "double precision", "float4": "real", "bool": "boolean",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
}  # fmt: skip
ENCODABLE = {
    "string": TEXT,
    "integer": _INTEGERS | _FRACTIONS,
    "float": _FRACTIONS,
    "boolean": frozenset({"boolean"}),
}


def kind_of(value: object) -> str | None:
    """The kind of a plain value; None for nil and for what is none of them."""
    kinds: dict[type, str] = {str: "string", int: "integer", float: "float", bool: "boolean"}
    return kinds.get(type(value))


def base_type(type_name: str) -> str:
    """A type's name without its precision: ``character varying(20)`` is ``character varying``."""
    before, paren, after = type_name.partition("(")
    name = " ".join(f"{before} {after.partition(')')[2] if paren else ''}".split())
    return _SYNONYMS.get(name, name)


def raises(kind: str, type_name: str) -> bool:
    """Whether Postgrex certainly refuses a value of that kind for that type (other types: an enum, jsonb, …)."""
    base = base_type(type_name)
    return base in TEXT | _INTEGERS | _FRACTIONS | _OTHERS and base not in ENCODABLE[kind]
