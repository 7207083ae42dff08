[
  import_deps: [:ecto, :ecto_sql, :oban],
  inputs: [
    "mix.exs",
    ".formatter.exs",
    "{config,lib}/**/*.{ex,exs}",
    "priv/repo/migrations/*.exs"
  ]
]
