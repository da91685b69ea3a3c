"""How a letter looks: the page around its rows and the look of each block, on the element itself and for dark screens.

Only what mail programs agree on (caniemail.com); a program that knows no media query shows the light page, which is
whole by itself. Outlook on Windows draws with Word: it knows no max-width, no padding of a link and no fonts of other
systems, so that it gets a table of 600 px, padding of the cell and a font in comments that only it reads
(https://learn.microsoft.com/en-us/previous-versions/office/developer/office-2007/aa338201(v=office.12)).
"""

from __future__ import annotations

_FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_INK, _SOFT, _BLUE = "#1f2933", "#52606d", "#0b5cad"

PAGE = """<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{ business.name }}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark }
@media (max-width: 620px) {
  .column { display: block !important; width: 100% !important; padding: 0 !important }
  .cell { padding-left: 20px !important; padding-right: 20px !important }
  .outer { padding: 0 !important }
}
@media (prefers-color-scheme: dark) {
  .page { background-color: #12161c !important }
  .card { background-color: #1d232b !important }
  .ink { color: #e8ebef !important }
  .soft { color: #aab4c0 !important }
  .link { color: #7db8f5 !important }
  .line { border-top-color: #3a4450 !important }
}
</style>
<!--[if mso]><style>td, a, p, h1, h2, h3, li { font-family: Arial, Helvetica, sans-serif }</style><![endif]-->
</head>
<body class="page" style="margin:0;padding:0;background-color:#f2f4f7;-webkit-text-size-adjust:100%">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f2f4f7" \
style="background-color:#f2f4f7">
<tr><td class="outer" align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" class="card" width="600" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" \
style="width:100%;max-width:600px;background-color:#ffffff;border-radius:6px">
<tr><td height="16" style="height:16px;font-size:0;line-height:0">&nbsp;</td></tr>
ROWS
<tr><td height="16" style="height:16px;font-size:0;line-height:0">&nbsp;</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
"""
ROW = f'<tr><td class="cell" align="left" style="padding:8px 32px;{_FONT}">{{inside}}</td></tr>'
HEADING = (
    f"margin:8px 0 8px 0;font-size:26px;line-height:1.25;font-weight:700;color:{_INK}",
    f"margin:8px 0 6px 0;font-size:20px;line-height:1.3;font-weight:700;color:{_INK}",
    f"margin:6px 0 4px 0;font-size:16px;line-height:1.4;font-weight:700;color:{_INK}",
)
# A value of several lines is shown in lines: programs that know no pre-line run them together, and lose no word.
PARAGRAPH = f"margin:0 0 8px 0;font-size:16px;line-height:1.5;white-space:pre-line;color:{_INK}"
SMALL = f"margin:0 0 6px 0;font-size:13px;line-height:1.5;color:{_SOFT}"
LIST = f"margin:0 0 8px 0;padding:0 0 0 24px;font-size:16px;line-height:1.5;color:{_INK}"
LINK = f'<a class="link" href="{{url}}" style="color:{_BLUE};text-decoration:underline">{{words}}</a>'
DIVIDER = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
    '<td class="line" style="border-top:1px solid #d5dae1;font-size:0;line-height:0">&nbsp;</td></tr></table>'
)
# The cell has the colour, so that programs which give links no box still show a button.
BUTTON = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0"><tr>'
    f'<td align="center" bgcolor="{_BLUE}" '
    f'style="background-color:{_BLUE};border-radius:6px;mso-padding-alt:12px 24px">'
    '<a href="{url}" style="display:inline-block;padding:12px 24px;font-size:16px;line-height:1.25;font-weight:700;'
    f'color:#ffffff;text-decoration:none;border:1px solid {_BLUE};border-radius:6px">{{words}}</a></td></tr></table>'
)
IMAGE = (
    '<img src="{source}" alt="{words}" width="{width}" '
    'style="display:block;width:100%;max-width:{width}px;height:auto;border:0;margin:4px 0;'
    f'color:{_SOFT};font-size:14px">'
)
COLUMN = '<td class="column" width="{width}%" valign="top" style="width:{width}%;padding:0 8px 0 0">{inside}</td>'
COLUMNS = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>{cells}</tr></table>'
# What is left of 600 px between the margins of a row.
WIDEST = 536
