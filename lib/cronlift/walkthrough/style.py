"""The page's style sheet: JupyterLab's own colours, so that light and dark follow its theme."""

from __future__ import annotations

from cronlift.notebook.style import STYLE, syntax

SHEET = f"""{STYLE}
<style>
.cw {{font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 13px; line-height: 1.5;
  color: var(--jp-ui-font-color1)}}
.cw h3 {{font-size: 17px; font-weight: 600; margin: 2px 0 2px}} .cw h4 {{font-size: 13px; margin: 12px 0 4px}}
.cw p {{margin: 0 0 8px; max-width: 900px}} .cw .soft {{color: var(--jp-ui-font-color2)}}
.cw a {{color: var(--jp-content-link-color)}}
.cw code {{font-family: var(--jp-code-font-family); font-size: 12.5px; background: none; color: inherit; padding: 0}}
.cw pre {{font-family: var(--jp-code-font-family); font-size: 12.5px; line-height: 1.5; margin: 0 0 8px;
  padding: 6px 0; overflow-x: auto; background: var(--jp-layout-color2); color: var(--jp-content-font-color1);
  white-space: pre; border-radius: 3px}}
.cw pre .ln {{display: block; padding: 0 10px 0 0; border-left: 3px solid transparent; min-width: max-content}}
.cw pre .ln > i {{display: inline-block; width: 3.4em; padding-right: 1em; text-align: right; font-style: normal;
  color: var(--jp-ui-font-color3); user-select: none}}
.cw pre .ln.here {{border-left-color: var(--jp-brand-color1)}}
.cw details {{margin: 2px 0}} .cw summary {{cursor: pointer}} .cw summary:focus-visible {{outline: 2px solid
  var(--jp-brand-color1); outline-offset: 1px}}
.cw summary .at {{color: var(--jp-content-link-color); font-family: var(--jp-code-font-family); font-size: 12px}}
.cw dl {{display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0 0 8px}}
.cw dt {{color: var(--jp-ui-font-color2)}} .cw dd {{margin: 0; overflow-wrap: anywhere}}
.cw .bar {{height: 4px; border-radius: 2px; overflow: hidden; background: var(--jp-layout-color3); margin: 2px 0 8px;
  max-width: 420px}}
.cw .bar::after {{content: ""; display: block; height: 100%; width: 30%; background: var(--jp-brand-color1);
  animation: cw-run 1.4s ease-in-out infinite alternate}}
@keyframes cw-run {{from {{margin-left: 0}} to {{margin-left: 70%}}}}
@media (prefers-reduced-motion: reduce) {{.cw .bar::after {{animation: none; width: 100%; opacity: .5}}}}
.cw svg {{max-width: 100%; height: auto; background: #fff; border-radius: 4px}}
.cronlift-walk .jupyter-button:focus-visible, .cronlift-walk input:focus-visible, .cronlift-walk select:focus-visible
  {{outline: 2px solid var(--jp-brand-color1) !important; outline-offset: 1px}}
.cronlift-walk .cw-step {{border-radius: 4px; padding: 0 12px}}
.cronlift-walk .cw-step.cw-now {{background: var(--jp-brand-color1); color: #fff; font-weight: 600}}
.cronlift-walk .cw-panel {{border: 1px solid var(--jp-border-color2); border-radius: 6px; padding: 12px 16px;
  background: var(--jp-layout-color1)}}
.cronlift-walk .itables, .cronlift-walk .dt-container, .cronlift-walk table.dataTable {{
  background: transparent !important; --dt-html-background: transparent}}
.cronlift-walk div.dt-container {{color: var(--jp-ui-font-color1); font-size: 13px}}
.cronlift-walk table.dataTable tbody td, .cronlift-walk table.dataTable thead th {{padding: 4px 10px 4px 6px;
  text-align: left !important; vertical-align: top; color: inherit}}
.cronlift-walk table.dataTable tbody tr {{cursor: pointer; background: transparent}}
.cronlift-walk .dt-layout-row.dt-layout-table {{display: block}}
.cronlift-walk .dt-layout-table > .dt-layout-cell {{max-height: 290px; overflow: auto; overflow-anchor: none;
  border: 1px solid var(--jp-border-color2); border-radius: 4px; margin: 4px 0}}
.cronlift-walk table.dataTable thead th {{position: sticky !important; top: 0; z-index: 1;
  background: var(--jp-layout-color2);
  border-bottom: 1px solid var(--jp-border-color1)}}
.cronlift-walk table.dataTable tbody td code {{background: none; color: inherit; padding: 0; white-space: nowrap}}
.cronlift-walk table.dataTable tbody td small {{display: block; color: var(--jp-ui-font-color2)}}
.cronlift-walk table.dataTable tbody tr.selected > *, .cronlift-walk table.dataTable tbody tr.selected:hover > *
  {{box-shadow: inset 0 0 0 9999px color-mix(in srgb, var(--jp-brand-color1) 22%, transparent) !important;
  color: inherit !important}}
.cronlift-walk .dt-input {{background: var(--jp-layout-color1) !important; color: var(--jp-ui-font-color1) !important;
  border: 1px solid var(--jp-border-color1) !important; border-radius: 3px; padding: 3px 8px}}
{syntax(".cw pre")}
</style>"""
