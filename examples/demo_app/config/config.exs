import Config

config :demo_app,
  ecto_repos: [DemoApp.Repo],
  enqueue_at_boot: true,
  data_dir: "var",
  source_dir: "lib"

config :demo_app, DemoApp.Embeddings, url: "http://localhost:8090/embed"

config :demo_app, DemoApp.Messaging, host: "localhost", port: 4222

config :demo_app, Oban,
  repo: DemoApp.Repo,
  queues: [default: 10, maintenance: 3, metrics: 1, embeddings: 1],
  plugins: [
    # Finished jobs are kept for a week.
    {Oban.Plugins.Pruner, max_age: 60 * 60 * 24 * 7},
    {Oban.Plugins.Lifeline, rescue_after: :timer.minutes(30)},
    {Oban.Plugins.Cron,
     crontab: [
       # Agents: measure, judge, improve
       {"*/5 * * * *", DemoApp.Jobs.MetricsAggregationWorker},
       {"*/30 * * * *", DemoApp.Jobs.FeedbackAnalysisWorker},
       {"0 * * * *", DemoApp.Jobs.AgentEvolutionWorker},
       # Patterns and knowledge leave the database for whoever reads them elsewhere
       {"*/5 * * * *", DemoApp.Jobs.PatternSyncWorker},
       {"0 0 * * *", DemoApp.Jobs.KnowledgeExportWorker},
       # Package cache (the table): expired rows out every quarter of an hour
       {"*/15 * * * *", DemoApp.Jobs.CacheCleanupWorker},
       # Package cache: the list of hot packages, every hour
       {"0 * * * *", DemoApp.Jobs.CacheRefreshWorker},
       # Package cache: hot packages in, every six hours
       {"0 */6 * * *", DemoApp.Jobs.CachePrewarmWorker},
       # Backups: one worker, told apart by its args
       {"0 * * * *", DemoApp.Jobs.BackupWorker, args: %{"type" => "hourly"}},
       {"0 1 * * *", DemoApp.Jobs.BackupWorker, args: %{"type" => "daily"}},
       # The night: templates at 2, the analysis cache (in memory, not the table) at 3, the registry at 4
       {"0 2 * * *", DemoApp.Jobs.TemplateSyncWorker},
       {"0 3 * * *", DemoApp.Jobs.CacheClearWorker},
       {"0 4 * * *", DemoApp.Jobs.RegistrySyncWorker},
       # Dead code: a check every morning, a summary on Mondays
       {"0 9 * * *", DemoApp.Jobs.DeadCodeDailyCheck},
       {"0 9 * * 1", DemoApp.Jobs.DeadCodeWeeklySummary},
       # Sundays: embeddings of new templates, then our own source
       {"0 5 * * 0", DemoApp.Jobs.TemplateEmbedWorker},
       {"0 6 * * 0", DemoApp.Jobs.CodeIngestWorker},
       # What the agents know and do: tasks, patterns, their summaries
       {"*/2 * * * *", DemoApp.Jobs.TaskAssignmentWorker},
       {"*/5 * * * *", DemoApp.Jobs.PatternLearningWorker},
       {"*/10 * * * *", DemoApp.Jobs.CentralSyncWorker},
       {"*/30 * * * *", DemoApp.Jobs.MetricsRefreshWorker},
       # The database: statistics, ranks, the cache's dead rows
       {"0 */6 * * *", DemoApp.Jobs.TableStatisticsWorker},
       {"0 3 * * *", DemoApp.Jobs.CodeRankWorker},
       {"0 23 * * *", DemoApp.Jobs.CacheVacuumWorker},
       # Sundays: what is old goes, indexes and counts are made anew
       {"0 0 * * 0", DemoApp.Jobs.JobHistoryCleanupWorker},
       {"0 1 * * 0", DemoApp.Jobs.ArtifactCleanupWorker},
       {"0 2 * * 0", DemoApp.Jobs.ChunkCleanupWorker},
       {"0 3 * * 0", DemoApp.Jobs.ChunkReindexWorker},
       {"0 4 * * 0", DemoApp.Jobs.VectorStatisticsWorker},
       {"0 7 * * 0", DemoApp.Jobs.GraphPopulateWorker},
       # The first Sunday of a month (Oban wants both the day of the month and the weekday to match)
       {"0 5 1-7 * 0", DemoApp.Jobs.BackupArchivalWorker}
     ]}
  ]

config :logger, :console, format: "$time $metadata[$level] $message\n"

import_config "#{config_env()}.exs"
