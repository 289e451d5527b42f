"""Style, script and charts of the HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["SCRIPT", "STYLE", "bar_chart"]

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--text:#1a1a1f;--soft:#5a5a63;--line:#c9c9d1;--card:#f5f5f8;--bar:#2b63b8;
--error:#b00020;--warning:#8a4b00;--notice:#4a4a55;--ok:#1d6b33}
@media(prefers-color-scheme:dark){:root{--paper:#16161a;--text:#ececf1;--soft:#b4b4bf;--line:#44444e;--card:#212127;
--bar:#7fb0f5;--error:#ff8f9c;--warning:#f5b562;--notice:#c3c3cf;--ok:#7fd696}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--paper);color:var(--text);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;overflow-wrap:anywhere;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}p{margin:.3rem 0;overflow-wrap:anywhere}small,.path{color:var(--soft)}
.verdict{font-weight:600}pre{background:var(--card);padding:.75rem;overflow-x:auto;border-radius:.4rem;white-space:pre-wrap;
overflow-wrap:anywhere}
.counts{display:grid;grid-template-columns:repeat(auto-fill,minmax(7rem,1fr));gap:.5rem;margin:1rem 0}
.counts div{background:var(--card);border-radius:.4rem;padding:.5rem .75rem}dt{color:var(--soft);font-size:.9rem}
dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}
article{border:1px solid var(--line);border-left:.35rem solid var(--notice);border-radius:.4rem;padding:.75rem;
margin:.75rem 0}
article.error{border-left-color:var(--error)}article.warning{border-left-color:var(--warning)}
.error .severity,td.failed,.failed dd{color:var(--error)}.warning .severity,td.not-checked{color:var(--warning)}
.notice .severity,td.suppressed{color:var(--notice)}td.ok,.ok dd{color:var(--ok)}
.figures{display:flex;flex-wrap:wrap;gap:.75rem;margin:.5rem 0}figure{margin:0}.figures .path{width:100%;margin:0}
figcaption{font-size:.85rem;color:var(--soft);max-width:10rem}img{display:block;border:1px solid var(--line)}
form{position:sticky;top:0;background:var(--paper);border-bottom:1px solid var(--line);padding:.5rem 0;display:flex;
flex-wrap:wrap;gap:1rem;z-index:1}form[hidden]{display:none}
select,input{font:inherit;background:var(--card);color:var(--text);border:1px solid var(--soft);border-radius:.3rem;
padding:.2rem .4rem;max-width:60vw}
:focus-visible{outline:3px solid var(--bar);outline-offset:2px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:1rem}
svg{width:100%;height:auto;background:var(--card);border-radius:.4rem}svg text{fill:var(--text);font-size:12px}
svg rect{fill:var(--bar)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
td{overflow-wrap:anywhere}td:nth-child(2){white-space:nowrap}
@media(min-width:40.01rem){table{table-layout:fixed}th:first-child{width:35%}th:nth-child(2){width:8rem}}
@media(max-width:40rem){.figures img{max-width:26vw;height:auto}figcaption{max-width:26vw}
thead{position:absolute;left:-999rem}tr,td{display:block}td{border:0;padding:.15rem 0}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}}
@media print{form{display:none!important}h2{break-after:avoid}article,svg,tr{break-inside:avoid}body{max-width:none}}
"""
SCRIPT = """
(function(){
var form=document.getElementById('filter');if(!form)return;
var code=document.getElementById('code'),text=document.getElementById('text'),shown=document.getElementById('shown');
var items=[].slice.call(document.querySelectorAll('[data-codes]'));
form.hidden=false;
form.addEventListener('submit',function(event){event.preventDefault();});
function apply(){
var selected=code.value,words=text.value.toLowerCase(),count=0;
items.forEach(function(item){
var fits=(!selected||item.getAttribute('data-codes').split(' ').indexOf(selected)>=0)&&
(!words||item.textContent.toLowerCase().indexOf(words)>=0);
item.hidden=!fits;if(fits)count++;});
shown.textContent=count+' of '+items.length+' shown';}
code.addEventListener('change',apply);text.addEventListener('input',apply);
var details=[].slice.call(document.querySelectorAll('details'));
window.addEventListener('beforeprint',function(){details.forEach(function(item){item.open=true;});});
apply();})();
"""
_ROW, _LABEL, _WIDTH = 18, 120, 380


def bar_chart(title: str, labels: Sequence[str], counts: Sequence[int]) -> str:
    """Return a chart of horizontal bars as inline SVG; a screen reader reads the counts."""
    nonzero = [number for number, count in enumerate(counts) if count] or [0]
    labels, counts = labels[nonzero[0] : nonzero[-1] + 1], counts[nonzero[0] : nonzero[-1] + 1]
    most = max(counts, default=0) or 1
    height = 30 + _ROW * len(counts)
    text_alternative = ", ".join(f"{label}: {count:,}" for label, count in zip(labels, counts, strict=True) if count)
    rows = []
    for number, (label, count) in enumerate(zip(labels, counts, strict=True)):
        top = 28 + number * _ROW
        width = (_WIDTH - _LABEL - 60) * count / most
        rows.append(
            f'<text x="{_LABEL - 6}" y="{top + 11}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{_LABEL}" y="{top}" width="{width:.1f}" height="13"/>'
            f'<text x="{_LABEL + width + 5:.1f}" y="{top + 11}">{count:,}</text>'
        )
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" '
        f'aria-label="{escape(title)}: {escape(text_alternative)}">'
        f'<text x="8" y="18" font-weight="600">{escape(title)}</text>{"".join(rows)}</svg>\n'
    )
