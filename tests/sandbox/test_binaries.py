"""Which PostgreSQL is taken, and what is said where there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cronlift.errors import ServerError, UsageError
from cronlift.sandbox import Sandbox, binaries, folders, libraries, packages, releases
from cronlift.sandbox.account import Account, server_account


def _programs(root: Path, *, cron: bool) -> Path:
    """A folder of programs that answer as PostgreSQL 16's do."""
    bindir, share, lib = root / "bin", root / "share", root / "lib"
    for folder in (bindir, share / "extension", lib):
        folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres", "pg_config"):
        (bindir / name).write_text('#!/bin/sh\necho "postgres (PostgreSQL) 16.3"\n')
        (bindir / name).chmod(0o755)
    (bindir / "pg_config").write_text(f'#!/bin/sh\necho "{share}"\necho "{lib}"\n')
    if cron:
        (share / "extension/pg_cron.control").touch()
        (lib / "pg_cron.so").touch()
    return bindir


def test_a_postgresql_without_pg_cron_is_passed_over(tmp_path: Path) -> None:
    assert binaries.inspect(_programs(tmp_path / "without", cron=False)) is None
    bindir = _programs(tmp_path / "with", cron=True)
    assert binaries.inspect(bindir) == binaries.Binaries(bindir, 16)
    (bindir / "initdb").unlink()  # a client's installation
    assert binaries.inspect(bindir) is None


def test_the_named_one_is_taken_or_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(binaries.VARIABLE, str(sandbox.programs.bindir))
    assert binaries.find(server_account(), print) == sandbox.programs
    monkeypatch.setenv(binaries.VARIABLE, str(_programs(tmp_path, cron=False)))
    with pytest.raises(ServerError, match="CRONLIFT_PG_BINDIR names no folder of PostgreSQL programs with pg_cron"):
        binaries.find(server_account(), print)


def test_elsewhere_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError) as raised:
        packages.download(tmp_path, print)
    assert str(raised.value) == (
        "no PostgreSQL with pg_cron was found, and this system has no apt to download one with\n"
        "  do:    install PostgreSQL's package of pg_cron (Debian, Ubuntu: postgresql-NN-cron; "
        "Fedora, RHEL: pg_cron_NN; "
        "macOS: build it against Homebrew's postgresql), or name the programs with CRONLIFT_PG_BINDIR=…/bin, or "
        "leave the sandbox out and name a server of yours with --service or --dsn-env"
    )


def _has_apt() -> bool:
    return Path("/usr/bin/apt-get").exists() and Path("/usr/bin/dpkg").exists()


@pytest.mark.skipif(not _has_apt(), reason="this system has no apt")
def test_an_archive_out_of_reach_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::SourceList "{tmp_path}/sources.list"; Dir::Etc::SourceParts "/dev/null"; Acquire::Retries "0";'
    )
    (tmp_path / "sources.list").write_text("deb [trusted=yes] http://user:geheim@127.0.0.1:1/debian stable main\n")
    monkeypatch.setenv("APT_CONFIG", str(config))
    with pytest.raises(ServerError) as raised:
        packages.download(tmp_path / "cache", lambda _: None)
    assert "the configured package archive has none (Failed to fetch http://127.0.0.1:1/debian" in str(raised.value)
    assert "geheim" not in str(raised.value)
    assert [p.name for p in (tmp_path / "cache/postgresql").iterdir()] == [".lock"]


@pytest.mark.skipif(not _has_apt(), reason="this system has no apt")
def test_download(tmp_path: Path) -> None:
    said: list[str] = []
    rest = tmp_path / "postgresql" / ".new-killed"  # of a download that was killed
    rest.mkdir(parents=True)
    tree = packages.download(tmp_path, said.append)
    assert [line.split(" (")[0] for line in said[:1]] == ["no PostgreSQL with pg_cron here: reading the package lists"]
    found = binaries.inspect(next(tree.glob("usr/lib/postgresql/*/bin")))
    assert found is not None
    assert libraries.missing(tree) == set()
    version = subprocess.run(
        [found.program("psql"), "--version"], env=found.environment(), capture_output=True, text=True, check=True
    )
    assert f"(PostgreSQL) {found.major}." in version.stdout
    assert sorted(p.name for p in tree.parent.iterdir()) == [".lock", tree.name]
    said.clear()
    assert packages.download(tmp_path, said.append) == tree
    assert said == []


@pytest.mark.skipif(not _has_apt(), reason="this system has no apt")
def test_another_releases_postgresql_runs_by_its_own_c_library(sandbox: Sandbox, tmp_path: Path) -> None:
    """The other one of the two pairs, downloaded; its tree is moved and still finds everything inside."""
    other = 15 if sandbox.programs.major == 17 else 17
    if releases.codename() in (None, releases.RELEASES[other]):
        pytest.skip(f"PostgreSQL {other} does not come from another release here")
    said: list[str] = []
    tree = packages.download(tmp_path, said.append, other).rename(tmp_path / "moved")
    assert (
        said[1]
        == f"this machine's release has no PostgreSQL {other}: taking it from Debian " + releases.RELEASES[other]
    )
    assert libraries.missing(tree) == set()
    found = binaries.inspect(tree / f"usr/lib/postgresql/{other}/bin")
    assert found is not None
    assert (found.major, found.library_path) == (other, ())
    config = subprocess.run([found.program("pg_config"), "--sharedir"], capture_output=True, text=True, check=True)
    assert config.stdout == f"{tree}/usr/share/postgresql/{other}\n"
    for name in ("postgres", "psql", "initdb", "pg_ctl"):
        done = subprocess.run([found.program(name), "--version"], capture_output=True, text=True, check=True)
        assert f"(PostgreSQL) {other}." in done.stdout
    for library in tree.rglob("libz.so.1"):  # this machine's own does not count
        library.unlink()
    assert libraries.missing(tree) == {"libz.so.1"}


def test_the_version_asked_for_is_taken_or_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    account, major = server_account(), sandbox.programs.major
    monkeypatch.setenv(binaries.VARIABLE, str(sandbox.programs.bindir))
    assert binaries.find(account, print, major) == sandbox.programs
    with pytest.raises(
        ServerError, match=f"PostgreSQL 14 was asked for, and CRONLIFT_PG_BINDIR names a PostgreSQL {major}"
    ):
        binaries.find(account, print, 14)
    monkeypatch.setenv(binaries.MAJOR_VARIABLE, "seventeen")
    with pytest.raises(UsageError, match="CRONLIFT_PG_MAJOR is 'seventeen'"):
        binaries.asked_for()


def test_a_missing_library_is_noticed(sandbox: Sandbox) -> None:
    psql = sandbox.programs.bindir / "psql"
    if not sandbox.programs.library_path:
        pytest.skip("this PostgreSQL brings no libraries of its own")
    hidden = subprocess.run(["ldd", str(psql)], capture_output=True, text=True, check=True, env={"LC_ALL": "C"})
    assert libraries.unresolved([psql], sandbox.programs.library_path) == set()
    assert ("libpq.so.5 => not found" in hidden.stdout) == (libraries.unresolved([psql], ()) == {"libpq.so.5"})


def test_a_machine_without_time_zones_is_told_to_get_them(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "ZONES", tmp_path / "none")
    tree = sandbox.programs.bindir.parents[4]
    with pytest.raises(ServerError, match="no time zones"):
        binaries._in_tree(tree)


def test_folders_as_root_are_never_where_the_servers_user_cannot_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    other = Account(uid=65534, gid=65534, switched=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(closed / "cache"))
    assert folders.cache(other) == Path("/var/cache/cronlift")
    monkeypatch.setenv("XDG_CACHE_HOME", "/usr/share")
    assert folders.cache(other) == Path("/usr/share/cronlift")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert folders.cache(other) == Path("/var/cache/cronlift")
    ourselves = Account(uid=1000, gid=1000, switched=False)
    monkeypatch.setenv("HOME", "/home/u")
    assert folders.cache(ourselves) == Path("/home/u/.cache/cronlift")
    monkeypatch.setenv("XDG_STATE_HOME", "/data/s")
    assert folders.state(ourselves) == Path("/data/s/cronlift")
