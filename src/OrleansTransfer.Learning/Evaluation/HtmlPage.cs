using System.Net;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>The frame and the look of all reports: one page that needs no other file, no network and no script.</summary>
public static class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light;--ink:#1f2937;--faint:#6b7280;--line:#e5e7eb;--accent:#2563eb}
        *{box-sizing:border-box}
        body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:#f6f7f9;margin:0}
        main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}
        h1{font-size:28px;margin:0 0 4px}h2{font-size:18px;margin:0 0 14px}
        .sub{color:var(--faint);margin:0 0 24px}
        section{background:#fff;border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:0 0 20px;overflow-x:auto}
        .cards{display:flex;flex-wrap:wrap;gap:14px;margin:0 0 20px}
        .card{background:#fff;border:1px solid var(--line);border-radius:10px;padding:14px 20px;flex:1 1 150px}
        .card b{display:block;font-size:28px;font-weight:650;font-variant-numeric:tabular-nums}.card span{color:var(--faint)}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line)}
        th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--faint)}
        .heat td,.heat th{border:2px solid #fff;border-radius:4px;text-align:center;min-width:52px}
        .heat th:first-child{text-align:right}
        .text td{text-align:left;vertical-align:top;overflow-wrap:anywhere}.text td:first-child{color:var(--faint);white-space:nowrap}
        .charts{display:flex;flex-wrap:wrap;gap:20px}.charts svg{flex:1 1 400px;max-width:480px;min-width:300px}
        .grid{stroke:var(--line)}.tick{font-size:11px;fill:var(--faint)}
        .chart-title{font-size:13px;font-weight:600;fill:var(--ink)}.legend{font-size:12px}
        pre{background:#f6f7f9;border-radius:6px;padding:14px;margin:0;overflow-x:auto;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
        @media print{body{background:#fff}section,.card{break-inside:avoid}}
        """;

    /// <summary>The page, UTF-8 text.</summary>
    /// <param name="title">Its title as text.</param>
    /// <param name="body">What is below the title, as HTML.</param>
    /// <param name="style">Style sheet on top of the common one.</param>
    public static string Of(string title, string body, string style = "") => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <title>{Escape(title)}</title>
        <style>
        {Style}{style}
        </style>
        </head>
        <body>
        <main>
        <h1>{Escape(title)}</h1>
        {body}</main>
        </body>
        </html>

        """;

    /// <summary>Text as HTML shows it, in content and in attributes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);
}
