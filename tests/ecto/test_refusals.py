"""What gets no SQL: what Ecto or PostgreSQL refuses, and what hangs on something that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from ecto_application import write_application

from cronlift.stages.translate import Translation, translate

_WORKER = """defmodule MyApp.Workers.W do
  use Oban.Worker
  import Ecto.Query
  alias MyApp.Repo
  alias MyApp.Accounts.{{Org, Session, User}}
  alias MyApp.Ops.Lease
  alias MyApp.Shop.Order

  def perform(_job) do
    {body}
    :ok
  end
end
"""


def translated(folder: Path, body: str) -> Translation:
    write_application(folder, {"w": _WORKER.format(body=body)})
    return translate(folder, "MyApp.Workers.W.perform/1")


@pytest.mark.parametrize(
    "body",
    [
        "Repo.delete_all(from s in Session, left_join: u in assoc(s, :user), where: is_nil(u.id))",
        "Repo.delete_all(from s in Session, limit: 3)",
        "Repo.delete_all(from s in Session, where: s.nothing == 1)",
        "Repo.delete_all(from u in User, where: u.full_name == \"x\")",
        "Repo.delete_all(from u in User, where: u.role == :nobody)",
        "Repo.delete_all(from u in User, where: u.login_count > 1.5)",
        "Repo.delete_all(from o in Order, where: o.discount > 1)",
        "Repo.delete_all(from o in Order, where: o.state)",
        "Repo.delete_all(from u in User, where: u.trial_ends_on < \"2026-01-01\")",
        "Repo.delete_all(from u in User, where: u.trial_ends_on < ^5)",
        "Repo.delete_all(from u in User, where: u.id == ^nil)",
        "Repo.delete_all(from s in Session, where: s.id in subquery(from x in Session))",
        "Repo.update_all(User, [])",
        "Repo.update_all(User, set: [name: \"a\", name: \"b\"])",
        "Repo.update_all(from(o in Order, join: u in User, on: u.id == o.user_id, left_join: s in Session, "
        "on: s.user_id == o.user_id), set: [total_cents: 0])",
        "Repo.insert_all(Org, [%{slug: \"no-name\"}])",
        "Repo.insert_all(User, [%{email: \"a\", confirmed_at: DateTime.utc_now()}])",
        "Repo.insert_all(\"groups\", [%{title: :atom}])",
    ],
)  # fmt: skip
def test_what_raises_gets_no_sql(body: str, tmp_path: Path) -> None:
    found = translated(tmp_path, body)
    assert not found.translatable and found.statements == ()
    assert [r.code for r in found.reasons] == ["ecto-raises"], found.reasons


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Repo.delete_all(from o in Order, where: o.fee > ^Decimal.new(1))", "custom-type"),
        ("Repo.delete_all(from l in Lease, where: l.held_until < ago(1, \"day\"))", "session-time-zone"),
        ("Repo.delete_all(from x in \"unheard_of\", where: x.at < ^DateTime.utc_now())", "column-type-unknown"),
        ("Repo.delete_all(from s in Session, where: s.expires_at < fragment(\"localtimestamp\"))", "session-time-zone"),
        ("Repo.all(from u in User, preload: [:org])", "ecto-preload"),
        ("Repo.insert_all(\"unheard_of\", [%{a: 1}])", "table-unknown"),
        ("Repo.update_all(User, set: [name: Ecto.UUID.generate()])", "parameter-unknown"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_asked_for(body: str, code: str, tmp_path: Path) -> None:
    found = translated(tmp_path, body)
    assert not found.translatable
    assert code in [r.code for r in found.reasons], found.reasons
