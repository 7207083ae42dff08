"""Mutated source trees: an application with a few things broken, in its bytes and in its structure.

Every tree is made from a number, so that one that is found to break something can be made again:
``mutated(folder, 4711)``.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from cronlift import resources

DEMO = resources.root() / "examples" / "demo_app"
CASES = sorted((Path(__file__).parents[1] / "classify").glob("*/*.ex"))

TOKENS: tuple[bytes, ...] = (
    *(
        b'do|end|"|"""|#{|}|~w[|~s|~S(|(|)|[|]|{|%{|<<|>>|fn ->|->|<-|\\\\|&1|&|@|:|::|=>|,|;|..|...|\\|>|when |use |'
        b"import Config\n|quote do: |unquote(|"
        b"defmodule |def |defp |defmacro |case x do|cond do|with |for |try do|rescue|"
        b"after|catch|else|nil|true|__MODULE__|__ENV__|'|?\\\\|\x00|\xff|\xc3\x28|\xed\xa0\x80|\xef\xbb\xbf|\r\n|\r|\t|"
        b'\xe2\x80\xae|\x1b[31m|\x1b]8;;http://x\x07|0x|0b2|1e400|1_0_0|0o9|:"a#{b}"|@daily|* * * * *|999 * * * *|'
        b"Oban|Oban.Worker|Repo.query!|crontab: |plugins: |config :a, |args: %{}".split(b"|")
    ),
    b"9" * 5000,
    b"1." + b"9" * 400 + b"e9999",
    b"(" * 3000,
    b"[" * 500 + b"]" * 500,
    b"-" * 2000 + b"1",
    b"a |> " * 600 + b"b",
    b'"' + b"x" * 70_000 + b'"',
    b"A." * 800 + b"B",
    b"&(" * 500,
    b"if a, do: " * 400,
    b"#{" * 300,
    b"x = x + 1\n" * 300,
)
Change = Callable[[bytes, random.Random], bytes]


def mutated(folder: Path, number: int) -> Path:
    """Make tree ``number`` below ``folder`` (which must not exist) and return it."""
    chance = random.Random(number)
    if number % 3 == 0:
        shutil.copytree(DEMO, folder)
    else:
        small(folder, chance.choice(CASES).read_bytes())
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        files = sorted(
            p for p in folder.rglob("*") if p.is_file() and not p.is_symlink() and p.suffix in (".ex", ".exs")
        )
        if not files:
            break
        target = chance.choice(files)
        if chance.random() < 0.8:
            change = chance.choice(CHANGES)
            target.write_bytes(change(target.read_bytes(), chance))
        else:
            chance.choice(STRUCTURES)(folder, target, chance)
    return folder


def small(folder: Path, worker: bytes) -> None:
    files = {
        "mix.exs": b"defmodule A.MixProject do\nend\n",
        "config/config.exs": b"import Config\n\nconfig :a, ecto_repos: [A.Repo]\n\nconfig :a, Oban,\n  repo: A.Repo,\n"
        b'  plugins: [\n    {Oban.Plugins.Cron, crontab: [\n      {"0 * * * *", A.W}\n    ]}\n  ]\n',
        "lib/repo.ex": b"defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\nend\n",
        "lib/worker.ex": worker,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


# ── bytes ──


def _place(text: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(text) + 1)
    return start, min(len(text), start + chance.choice((1, 1, 3, 10, 80)))


def _flip(text: bytes, chance: random.Random) -> bytes:
    start, _ = _place(text, chance)
    return text[:start] + bytes([chance.randrange(256)]) + text[start + 1 :]


def _cut(text: bytes, chance: random.Random) -> bytes:
    start, end = _place(text, chance)
    return text[:start] + text[end:]


def _truncate(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randrange(len(text) + 1)]


def _insert(text: bytes, chance: random.Random) -> bytes:
    start, _ = _place(text, chance)
    return text[:start] + chance.choice(TOKENS) + text[start:]


def _replace_word(text: bytes, chance: random.Random) -> bytes:
    words = list(re.finditer(rb"[\w.!?]+|[^\w\s]+", text))
    if len(words) < 2:
        return text
    one, other = chance.choice(words), chance.choice((*(w.group() for w in chance.choices(words, k=3)), *TOKENS[:60]))
    return text[: one.start()] + other + text[one.end() :]


def _lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines[one], lines[other] = lines[other], lines[one]
        case 1:
            lines[one:one] = lines[other : other + chance.choice((1, 5, 40))]
        case 2:
            del lines[one : one + chance.choice((1, 3))]
        case _:
            lines[one] = lines[one] + lines[other]
    return b"\n".join(lines)


def _repeat(text: bytes, chance: random.Random) -> bytes:
    start, end = _place(text, chance)
    return text[:start] + text[start:end] * chance.choice((2, 10, 400)) + text[end:]


def _line_ends(text: bytes, chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + text.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n\n")))


CHANGES: tuple[Change, ...] = (_flip, _cut, _truncate, _insert, _insert, _replace_word, _replace_word, _lines, _repeat,
                               _line_ends)  # fmt: skip

# ── structure ──


def _remove(folder: Path, target: Path, chance: random.Random) -> None:
    target.unlink()


def _to_itself(folder: Path, target: Path, chance: random.Random) -> None:
    target.unlink()
    target.symlink_to(target.name)


def _folder_loop(folder: Path, target: Path, chance: random.Random) -> None:
    if not (target.parent / "loop").is_symlink():
        (target.parent / "loop").symlink_to("..", target_is_directory=True)


def _out(folder: Path, target: Path, chance: random.Random) -> None:
    target.unlink()
    target.symlink_to(chance.choice(("/etc/passwd", "/dev/zero", "/proc/self/mem", "/nonexistent")))


def _pipe(folder: Path, target: Path, chance: random.Random) -> None:
    target.unlink()
    os.mkfifo(target)


def _a_folder(folder: Path, target: Path, chance: random.Random) -> None:
    target.unlink()
    target.mkdir()


def _odd_name(folder: Path, target: Path, chance: random.Random) -> None:
    names = (b"\xff\xfe.ex", b"a\nb.ex", b"\x1b[31m.ex", b"<script>.ex", b"'; DROP--.ex", "\u202egnp.ex".encode(),
             b"x" * 240 + b".ex", b" .ex", b"-rf.ex", b"{run}.ex")  # fmt: skip
    target.rename(os.fsdecode(os.path.join(os.fsencode(target.parent), chance.choice(names))))  # noqa: PTH118


def _deep(folder: Path, target: Path, chance: random.Random) -> None:
    place = target.parent / Path(*["d" * 20] * 40)
    place.mkdir(parents=True)
    target.rename(place / target.name)


def _large(folder: Path, target: Path, chance: random.Random) -> None:
    with target.open("ab") as stream:
        stream.truncate(20 * 1024 * 1024)  # sparse: costs the disk nothing


def _swap(folder: Path, target: Path, chance: random.Random) -> None:
    other = chance.choice(sorted(p for p in folder.rglob("*.ex*") if p.is_file() and not p.is_symlink()))
    one, two = target.read_bytes(), other.read_bytes()
    target.write_bytes(two)
    other.write_bytes(one)


STRUCTURES = (_remove, _to_itself, _folder_loop, _out, _pipe, _a_folder, _odd_name, _deep, _large, _swap)
