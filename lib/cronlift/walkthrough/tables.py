"""Tables that sort, filter and can be clicked (itables: DataTables, shipped with it, nothing is fetched), each
with its plain twin, and a list beside it that does the same by keyboard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import pandas

from cronlift.notebook.display import Badge, Cell, Table, block, cell_html

widgets: Any = import_module("ipywidgets")  # untyped: its names are made at run time


class Grid:
    """Rows with ids. Choosing one, in the table or in the list, calls ``chosen`` with its id."""

    def __init__(self, columns: Sequence[str], chosen: Callable[[str], None] | None = None, label: str = "Job") -> None:
        self._columns = tuple(columns)
        self._chosen = chosen
        self._ids: tuple[str, ...] = ()
        self._rows: tuple[tuple[Cell, ...], ...] | None = None
        self._quiet = False
        self._table: Any = None
        self._holder = widgets.VBox([], layout=widgets.Layout(width="100%", min_height="60px"))
        self._list = widgets.Dropdown(
            description=label, options=[], layout=widgets.Layout(width="520px"), style={"description_width": "40px"}
        )
        self._before = _small("chevron-left", "the one before")
        self._after = _small("chevron-right", "the next one")
        self._plain = widgets.HTML()
        self._list.observe(lambda change: self._picked(change["new"]), names="value")
        self._before.on_click(lambda _: self._move(-1))
        self._after.on_click(lambda _: self._move(1))
        picking = [widgets.HBox([self._list, self._before, self._after])] if chosen else []
        self.widget = widgets.VBox([self._holder, *picking, self._plain])

    @property
    def chosen(self) -> str:
        """The chosen row's id; empty where there is no row."""
        return self._list.value or ""

    def show(self, rows: Sequence[tuple[str, str, Sequence[Cell]]]) -> None:
        """Fill the table: (id, name in the list, cells). The choice stays where its row is still there."""
        cells = tuple(tuple(row) for _, _, row in rows)
        ids = tuple(name for name, _, _ in rows)
        if (cells, ids) == (self._rows, self._ids):
            return
        before, self._rows, self._ids = self.chosen, cells, ids
        frame = pandas.DataFrame([[_cell(c) for c in row] for row in cells], columns=list(self._columns))
        self._draw(frame)
        self._plain.value = _twin(Table(self._columns, cells))
        self._quiet = True
        self._list.options = [(label, name) for name, label, _ in rows]
        self._quiet = False
        keep = before if before in ids else (ids[0] if ids else None)
        if self._chosen and keep is not None:
            self._list.value = keep
            self._picked(keep)

    def _draw(self, frame: pandas.DataFrame) -> None:
        options = {
            "paging": False,
            "showIndex": False,
            "allow_html": True,  # every cell was escaped when it was made
            "maxBytes": 0,
            "maxRows": 0,
            "maxColumns": 0,
            "select": "single" if self._chosen else False,
            "layout": {"topStart": "info", "topEnd": "search", "bottomStart": None, "bottomEnd": None},
            "language": {"search": "Filter", "info": "_TOTAL_ rows", "infoEmpty": "no rows",
                         "infoFiltered": "of _MAX_", "emptyTable": "none",
                         "select": {"rows": {"_": "", "0": "", "1": ""}}},
            "columnDefs": [{"className": "dt-left", "targets": "_all"}],
            "autoWidth": False,
            "classes": "display compact",
            "style": "width:100%;margin:0",
        }  # fmt: skip
        if self._table is None:
            made: Any = import_module("itables.widget").ITable
            self._table = made(frame, **options)
            self._table.observe(lambda change: self._clicked(change["new"]), names="selected_rows")
            self._holder.children = [self._table]
        else:
            self._quiet = True
            self._table.update(frame, selected_rows=[])
            self._quiet = False

    def _clicked(self, rows: Sequence[int]) -> None:
        if rows and not self._quiet and rows[0] < len(self._ids):
            self._list.value = self._ids[rows[0]]

    def _picked(self, name: str | None) -> None:
        if name is None or self._quiet or self._chosen is None:
            return
        place = [self._ids.index(name)]
        if self._table is not None and self._table.selected_rows != place:
            self._quiet = True
            self._table.selected_rows = place
            self._quiet = False
        self._chosen(name)

    def _move(self, by: int) -> None:
        if self._ids:
            at = self._ids.index(self.chosen) if self.chosen in self._ids else 0
            self._list.value = self._ids[(at + by) % len(self._ids)]


def _cell(cell: Cell) -> str:
    shown = cell_html(cell)
    return f'<span class="cronlift">{shown}</span>' if isinstance(cell, Badge) else shown


def _twin(table: Table) -> str:
    return (
        '<div class="cw"><details><summary class="soft">The same as a plain table</summary>'
        f"{block(table).html}</details></div>"
    )


def _small(icon: str, tooltip: str) -> Any:
    return widgets.Button(icon=icon, tooltip=tooltip, layout=widgets.Layout(width="34px"))
