"""Elixir's text into our syntax tree: strings as they really read, pipes and keywords normalised, errors placed."""

from __future__ import annotations

import pytest

from cronlift.elixir import syntax as ast
from cronlift.elixir.parser import parse
from cronlift.elixir.syntax import Atom, ElixirSyntaxError, Node


def one(source: str) -> Node:
    (node,) = parse(source.encode(), "t.ex").body
    return node


def text(source: str) -> str:
    node = one(source)
    assert isinstance(node, ast.Text) and all(isinstance(p, str) for p in node.parts)
    return "".join(str(p) for p in node.parts)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r'"a\n\"b\" \\ \x41 \u00e9 \u{1F600} \#{x}"', 'a\n"b" \\ A é 😀 #{x}'),
        ('"""\n  SELECT\n    1\n  """', "SELECT\n  1\n"),
        ('"""\n    a\n  b\n  """', "  a\nb\n"),
        ('"""\n  a \\\n  b\n  """', "a b\n"),
        ("~s(SELECT 'x' \\n)", "SELECT 'x' \n"),
        ("~S(SELECT 'x' \\n)", "SELECT 'x' \\n"),
        ('~S"""\n  a\\nb #{c}\n  """', "a\\nb #{c}\n"),
        ('~s"""\n  a\n    b\n  """', "a\n  b\n"),
    ],
)
def test_strings(source: str, expected: str) -> None:
    assert text(source) == expected


def test_interpolation_keeps_its_expression() -> None:
    node = one('"a #{b.c} d"')
    assert isinstance(node, ast.Text)
    assert node.parts[0] == "a " and node.parts[2] == " d"
    assert isinstance(node.parts[1], ast.Call) and node.parts[1].name == "c" and not node.parts[1].parens


def test_pipes_become_first_arguments() -> None:
    node = one("x |> f(1) |> M.g |> case do\n  1 -> 2\nend")
    assert isinstance(node, ast.Call) and node.name == "case"
    (inner,) = node.args
    assert isinstance(inner, ast.Call) and inner.name == "g" and isinstance(inner.target, ast.Alias)
    (first,) = inner.args
    assert isinstance(first, ast.Call) and [type(a) for a in first.args] == [ast.Var, ast.Literal]


def test_keyword_do_is_a_section() -> None:
    node = one("if a, do: 1, else: 2")
    assert isinstance(node, ast.Call) and set(node.sections) == {"do", "else"} and len(node.args) == 1


def test_trailing_keywords_in_a_tuple_are_one_list() -> None:
    node = one("{Plugin, a: 1, b: 2}")
    assert isinstance(node, ast.Tuple) and len(node.items) == 2
    options = node.items[1]
    assert isinstance(options, ast.List)
    value = ast.keyword(options, "b")
    assert isinstance(value, ast.Literal) and value.value == 2


def test_words_and_quoted_atoms() -> None:
    node = one('[~w(a b)a, :"x y", "k": 1]')
    assert isinstance(node, ast.List)
    words = node.items[0]
    assert isinstance(words, ast.List) and [w.value for w in words.items if isinstance(w, ast.Literal)] == [
        Atom("a"),
        Atom("b"),
    ]
    assert isinstance(node.items[1], ast.Literal) and node.items[1].value == Atom("x y")


def test_calls_inside_what_is_not_followed_are_kept() -> None:
    node = one("<<f(1), x::binary-size(2)>>")
    assert any(isinstance(n, ast.Call) and n.name == "f" for n in ast.walk(node))


@pytest.mark.parametrize(("source", "line"), [("def a do\n  [1\nend", 2), ("x = (", 1), ("fn ->\n  %{a: }\nend", 2)])
def test_syntax_errors_name_the_line(source: str, line: int) -> None:
    with pytest.raises(ElixirSyntaxError) as raised:
        parse(source.encode(), "t.ex")
    assert raised.value.file == "t.ex"
    assert raised.value.line >= 1 and abs(raised.value.line - line) <= 1


def test_absurd_nesting_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(ElixirSyntaxError):
        parse(b"[" * 3000 + b"]" * 3000, "t.ex")
