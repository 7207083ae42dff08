"""The style sheet of what notebooks show, in JupyterLab's own colours where there are any: light and dark follow."""

from __future__ import annotations

_SYNTAX = {
    "keyword": (".k, .kc, .kd, .kn, .kr, .ow", "#0550ae"),
    "string": (".s, .s1, .s2, .sb, .sd, .se, .sh, .si, .sx, .ss", "#8a4a00"),
    "number": (".m, .mi, .mf, .mh", "#0550ae"),
    "comment": (".c, .c1, .cm, .ch", "#57606a"),
    "def": (".nf, .nc, .nn, .nd", "#6639ba"),
}
"""The classes of pygments by CodeMirror's words, with a colour where the page is none of JupyterLab's."""
_MARKS = ("#4477aa", "#ccbb44", "#aa3377", "#228833", "#66ccee", "#ee6677")
"""Paul Tol's bright scheme: told apart by people who see colours differently; each mark has its number, too."""


def mark(number: int) -> str:
    """The class of the ``number``-th thing that is marked on both sides (from 1)."""
    return f"m{(number - 1) % len(_MARKS) + 1}"


def syntax(scope: str) -> str:
    """The rules for coloured code below ``scope``."""
    rules = []
    for name, (classes, plain) in _SYNTAX.items():
        where = ", ".join(f"{scope} {one.strip()}" for one in classes.split(","))
        rules.append(f"{where} {{color: var(--jp-mirror-editor-{name}-color, {plain})}}")
    return "\n".join(rules)


_COLOURS = "\n".join(f".cronlift .m{number} {{--mark: {colour}}}" for number, colour in enumerate(_MARKS, 1))

PAIRS = f"""
.cronlift .pairs {{display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 0 20px}}
.cronlift .pairs > div {{min-width: 0}} .cronlift .pairs h4 {{margin: 4px 0 2px; font-size: 13px}}
.cronlift .pairs pre {{white-space: pre-wrap; overflow-wrap: anywhere; word-break: normal; line-height: 1.6}}
.cronlift .pairs .soft {{margin: 2px 0; font-size: 12px; color: var(--jp-ui-font-color2, #57606a)}}
.cronlift .pairs i {{font-style: normal; opacity: .6; user-select: none}}
.cronlift .pair {{border-bottom: 2px solid var(--mark); background: color-mix(in srgb, var(--mark) 16%, transparent);
  -webkit-print-color-adjust: exact; print-color-adjust: exact}}
.cronlift .pair sup {{font: 700 10px/1 system-ui, sans-serif; padding: 0 3px; margin-right: 3px; border-radius: 6px;
  border: 1px solid var(--mark); vertical-align: 3px; user-select: none}}
{_COLOURS}
{syntax(".cronlift .pairs pre")}
"""
"""Source beside SQL, with what belongs together marked."""

STYLE = (
    """<style>
.cronlift {font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 13px; line-height: 1.45;
  color: var(--jp-ui-font-color1, #1f2328); max-width: 1100px}
.cronlift .say {margin: 4px 0 10px; padding: 7px 12px; border-left: 4px solid #8a8f98; font-size: 14px;
  background: var(--jp-layout-color2, #f3f4f6); white-space: pre-line}
.cronlift .say.green {border-color: #1f9d55} .cronlift .say.attention {border-color: #c98a00}
.cronlift .say.pending {border-color: #2f6fd0} .cronlift .say.red {border-color: #d1323e}
.cronlift .say b {display: inline-block; min-width: 1.3em}
.cronlift .scroll {overflow-x: auto}
.cronlift table {border-collapse: collapse; margin: 0 0 10px; font-size: 13px; width: 100%; table-layout: auto}
.cronlift th, .cronlift td {text-align: left !important; vertical-align: top; padding: 4px 12px 4px 0 !important;
  border-bottom: 1px solid var(--jp-border-color2, #d9dce1); white-space: normal !important; background: none}
.cronlift th {font-weight: 600; color: var(--jp-ui-font-color2, #57606a); white-space: nowrap !important}
.cronlift td small {display: block; color: var(--jp-ui-font-color2, #57606a); overflow-wrap: anywhere}
.cronlift td code {white-space: nowrap !important; background: none !important; padding: 0 !important}
.cronlift code, .cronlift pre {font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12.5px;
  background: none; color: inherit; padding: 0}
.cronlift pre {background: var(--jp-layout-color2, #f3f4f6) !important; padding: 9px 12px !important;
  overflow-x: auto; white-space: pre; margin: 4px 0 10px}
.cronlift details {margin: 0 0 8px} .cronlift summary {cursor: pointer; font-weight: 600; padding: 3px 0}
.cronlift .badge {display: inline-block; padding: 0 8px; border-radius: 9px; font-size: 12px; white-space: nowrap;
  border: 1px solid currentColor}
.cronlift .badge.green {color: #1a7f45} .cronlift .badge.attention {color: #9a6700}
.cronlift .badge.pending {color: #2563c4} .cronlift .badge.red {color: #c52a36}
.cronlift .badge.plain {color: var(--jp-ui-font-color2, #57606a)}
[data-jp-theme-light="false"] .cronlift .badge.green {color: #4cc38a}
[data-jp-theme-light="false"] .cronlift .badge.attention {color: #e2b340}
[data-jp-theme-light="false"] .cronlift .badge.pending {color: #74a7f7}
[data-jp-theme-light="false"] .cronlift .badge.red {color: #ff7b83}
"""
    + f"{PAIRS.strip()}\n</style>"
)
