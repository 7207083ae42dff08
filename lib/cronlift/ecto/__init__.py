"""Ecto: schemas, migrations and queries, read as data, into the SQL that Ecto would have sent.

Sources throughout: elixir-ecto/ecto and elixir-ecto/ecto_sql, version 3.13 (files are named where a rule is taken).
"""
