defmodule Clinic.Repo do
  use Ecto.Repo, otp_app: :clinic, adapter: Ecto.Adapters.Postgres
end

defmodule Clinic.Schema do
  defmacro __using__(_) do
    quote do
      use Ecto.Schema
      @primary_key {:id, :binary_id, autogenerate: true}
      @foreign_key_type :binary_id
      @timestamps_opts [type: :utc_datetime_usec]
    end
  end
end

defmodule Clinic.People.Patient do
  import Ecto.Query
  use Clinic.Schema
  schema "patients" do
    field :name, :string
    field :born_on, :date
    field :kind, Ecto.Enum, values: [:child, :adult, :senior]
    field :level, Ecto.Enum, values: [low: 10, mid: 20, high: 30]
    field :flags, {:array, Ecto.Enum}, values: [:vip, :late, :gone]
    field :active?, :boolean, source: :is_active, default: true
    field :notes, :string
    field :prefs, :map, default: %{}
    field :score, :float
    field :balance, :decimal
    field :archived_at, :utc_datetime
    field :seen_at, :naive_datetime_usec
    belongs_to :doctor, Clinic.People.Doctor, type: :id
    has_many :visits, Clinic.Care.Visit
    has_many :open_visits, Clinic.Care.Visit, where: [status: "open"]
    has_many :bills, through: [:visits, :bill]
    many_to_many :labels, Clinic.People.Label, join_through: Clinic.People.PatientLabel
    timestamps()
  end

  def archived(q \\ __MODULE__), do: from(p in q, where: not is_nil(p.archived_at))
  def of_kind(q, kind), do: where(q, [p], p.kind == ^kind)
  def older_than(q, days) do
    at = DateTime.add(DateTime.utc_now(), -days, :day)
    where(q, [p], p.inserted_at < ^at)
  end
end

defmodule Clinic.People.Doctor do
  use Ecto.Schema
  schema "doctors" do
    field :name, :string
    field :email, :string
    field :on_call, :boolean, default: false
    field :last_login, :utc_datetime, source: :last_login_ts
    field :shift_starts, :time
    has_many :patients, Clinic.People.Patient
    timestamps(type: :utc_datetime)
  end
end

defmodule Clinic.People.Label do
  use Clinic.Schema
  schema "labels" do
    field :text, :string
    field :hidden, :boolean, default: false
    timestamps(updated_at: false)
  end
end

defmodule Clinic.People.PatientLabel do
  use Ecto.Schema
  @primary_key false
  schema "patient_labels" do
    belongs_to :patient, Clinic.People.Patient, type: :binary_id, primary_key: true
    belongs_to :label, Clinic.People.Label, type: :binary_id, primary_key: true
    field :position, :integer
  end
end

defmodule Clinic.Care.Visit do
  use Ecto.Schema
  schema "visits" do
    field :status, :string, default: "open"
    field :starts_at, :utc_datetime
    field :ends_at, :utc_datetime_usec
    field :room, :integer
    field :cost, :decimal
    field :codes, {:array, :string}, default: []
    field :detail, :map
    field :group, :string
    belongs_to :patient, Clinic.People.Patient, type: :binary_id
    has_one :bill, Clinic.Care.Bill
    timestamps()
  end
end

defmodule Clinic.Care.Bill do
  use Ecto.Schema
  @schema_prefix "billing"
  schema "bills" do
    field :amount, :integer
    field :state, Ecto.Enum, values: [:draft, :sent, :paid, :void]
    field :due, :date
    field :paid_at, :utc_datetime_usec
    field :tries, :integer, default: 0
    belongs_to :visit, Clinic.Care.Visit
    timestamps(type: :naive_datetime_usec, inserted_at: :created, updated_at: :changed)
  end
end

defmodule Clinic.Ops.Lock do
  use Ecto.Schema
  @primary_key {:key, :string, []}
  schema "locks" do
    field :owner, :string
    field :until, :utc_datetime
    field :count, :integer, default: 0
  end
end

defmodule Clinic.Ops.Rollup do
  use Ecto.Schema
  schema "rollups" do
    field :day, :date
    field :what, :string
    field :n, :integer
    field :extra, :map
    timestamps(type: :utc_datetime)
  end
end
