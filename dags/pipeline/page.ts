import { type Html, html, trusted } from './html.ts';
import { paletteCss } from './palette.ts';

const STYLE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-size:16px;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}
main{max-width:1128px;margin:0 auto;padding:48px 24px 64px}
header{max-width:760px}
h1{font-size:clamp(30px,5vw,44px);line-height:1.08;letter-spacing:-.022em;margin:0;font-weight:650;
overflow-wrap:anywhere}
h2{font-size:19px;letter-spacing:-.008em;margin:0;font-weight:620}
h3{font-size:14px;margin:24px 0 6px;font-weight:600}
p{margin:0}
a{color:var(--strategy);text-underline-offset:2px}
.sub{color:var(--muted);margin-top:8px;font-size:15px}
.lead{font-size:19px;line-height:1.45;margin-top:20px;text-wrap:pretty}
.note{margin-top:14px;padding-left:12px;border-left:3px solid var(--warning);
font-size:15px;max-width:760px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:0 20px;margin:36px 0 0;padding:0}
.tiles>div{border-top:1px solid var(--ink);padding-top:10px}
.tiles dt{color:var(--muted);font-size:13px}
.tiles dd{margin:2px 0 0;font-size:25px;line-height:1.2;letter-spacing:-.015em;font-weight:600}
.tiles small{display:block;color:var(--muted);font-size:13px;font-weight:400;letter-spacing:0;margin-top:3px}
section{margin-top:52px}
.head{display:flex;flex-wrap:wrap;gap:2px 20px;align-items:baseline;margin-bottom:10px}
.legend{color:var(--muted);font-size:13px;display:flex;flex-wrap:wrap;gap:2px 16px}
.legend i{display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
.legend b{font-weight:400;margin-right:5px}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
.compact{display:none}
.narrow{max-width:680px;margin-top:12px}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:500;color:var(--muted);text-align:left;font-size:13px;vertical-align:bottom}
th,td{padding:7px 20px 7px 0;border-bottom:1px solid var(--hairline);white-space:nowrap;vertical-align:top}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right}
td.wrap{white-space:normal;min-width:220px}
.gain{color:var(--up)}.loss{color:var(--down)}.quiet{color:var(--muted)}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
overflow-wrap:anywhere;white-space:normal}
details{margin-top:12px;font-size:14px}
summary{cursor:pointer;color:var(--muted)}
summary:hover{color:var(--ink)}
details ul{margin:8px 0 0;padding-left:18px}
details li{margin:2px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:28px 32px}
.card svg{display:block;width:100%;height:auto;margin-top:8px}
.card h3{margin:0;font-size:16px;overflow-wrap:anywhere}
.card p{color:var(--muted);font-size:13px;margin-top:2px}
.failed{color:var(--down);font-weight:600}
footer{margin-top:64px;padding-top:14px;border-top:1px solid var(--hairline);
color:var(--muted);font-size:13px}
@media (max-width:900px){.tiles{grid-template-columns:repeat(3,1fr);row-gap:24px}}
@media (max-width:640px){
main{padding:28px 16px 48px}
.lead{font-size:17px}
.tiles{grid-template-columns:repeat(2,1fr);margin-top:28px}
.tiles dd{font-size:22px}
section{margin-top:40px}
.wide{display:none}.compact{display:block}
th,td{padding-right:16px}
}
@media print{main{padding:0;max-width:none}section{break-inside:avoid}details{display:none}}
`;

/** A whole page that needs nothing but itself. */
export function page(title: string, body: Html): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
${trusted(paletteCss())}${trusted(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  return document.text;
}
