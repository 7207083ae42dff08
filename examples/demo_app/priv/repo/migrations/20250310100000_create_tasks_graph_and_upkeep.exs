defmodule DemoApp.Repo.Migrations.CreateTasksGraphAndUpkeep do
  use Ecto.Migration

  def up do
    create table(:agent_tasks) do
      add :title, :string, null: false
      add :priority, :integer, null: false, default: 0
      add :status, :string, null: false
      add :agent_id, :string
      add :assigned_at, :utc_datetime

      timestamps(type: :utc_datetime)
    end

    create table(:pattern_observations) do
      add :pattern_name, :string, null: false
      add :observed_at, :utc_datetime, null: false
    end

    create table(:agent_summaries) do
      add :agent_id, :string, null: false
      add :samples, :bigint, null: false
      add :success_rate, :float, null: false
      add :last_measured_at, :utc_datetime, null: false
    end

    create unique_index(:agent_summaries, [:agent_id])

    create table(:code_artifacts) do
      add :name, :string, null: false
      add :size_bytes, :bigint, null: false
      add :kept_because, :string

      timestamps(type: :utc_datetime)
    end

    create table(:indexed_files) do
      add :path, :string

      timestamps(type: :utc_datetime)
    end

    create table(:code_graph_nodes) do
      add :file, :string, null: false
      add :rank, :float, null: false, default: 0.0
    end

    create unique_index(:code_graph_nodes, [:file])

    create table(:code_graph_edges) do
      add :from_file, :string, null: false
      add :to_file, :string, null: false
    end

    create unique_index(:code_graph_edges, [:from_file, :to_file])

    create table(:vector_statistics) do
      add :of_table, :string, null: false
      add :all_rows, :bigint, null: false
      add :embedded_rows, :bigint, null: false
    end

    create unique_index(:vector_statistics, [:of_table])

    create table(:backup_dump_files) do
      add :folder, :string, null: false
      add :file, :string, null: false
      add :taken_at, :utc_datetime, null: false
      add :archived_at, :utc_datetime
    end

    create table(:planning_goals) do
      add :slug, :string, null: false
      add :title, :string, null: false

      timestamps(type: :utc_datetime)
    end

    create unique_index(:planning_goals, [:slug])

    execute("""
    CREATE PROCEDURE recalculate_code_ranks(rounds integer)
    LANGUAGE plpgsql
    AS $$
    BEGIN
      UPDATE code_graph_nodes SET rank = 1;
      FOR round IN 1 .. rounds LOOP
        UPDATE code_graph_nodes AS node
        SET rank = 0.15 + 0.85 * coalesce(
          (
            SELECT sum(source.rank / (SELECT count(*) FROM code_graph_edges AS out WHERE out.from_file = source.file))
            FROM code_graph_edges AS edge
            JOIN code_graph_nodes AS source ON source.file = edge.from_file
            WHERE edge.to_file = node.file
          ),
          0
        );
      END LOOP;
    END;
    $$
    """)
  end

  def down do
    execute("DROP PROCEDURE recalculate_code_ranks(integer)")
    drop table(:planning_goals)
    drop table(:backup_dump_files)
    drop table(:vector_statistics)
    drop table(:code_graph_edges)
    drop table(:code_graph_nodes)
    drop table(:indexed_files)
    drop table(:code_artifacts)
    drop table(:agent_summaries)
    drop table(:pattern_observations)
    drop table(:agent_tasks)
  end
end
