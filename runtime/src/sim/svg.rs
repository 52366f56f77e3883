//! The lane picture as SVG.
//!
//! Time goes down. A thick line is a goroutine that can run, a thin broken one a
//! goroutine that waits; each event is a dot with a label, and a tooltip that says
//! step, virtual time and the whole place. Colours follow the reader's scheme.

use super::trace::{Kind, Lane, Row, Trace, short};
use std::fmt::Write;

const LANE: usize = 230;
const ROW: usize = 22;
const TOP: usize = 46;
const LEFT: usize = 24;
/// Rows drawn at most: a picture is to be looked at.
const ROWS: usize = 400;

const STYLE: &str = "svg{--ink:#1f2328;--faint:#8c959f;--paper:#ffffff;--run:#0969da;--wait:#9a6700;--fail:#cf222e}\
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#7d8590;--paper:#0d1117;--run:#58a6ff;--wait:#d29922;--fail:#ff7b72}}\
.paper{fill:var(--paper)}text{font:13px ui-monospace,monospace;fill:var(--ink)}.head{font-weight:bold}.faint{fill:var(--faint)}\
.run{stroke:var(--run);stroke-width:3}.wait{stroke:var(--wait);stroke-width:1.5;stroke-dasharray:3 3}\
.did{fill:var(--run)}.waits{fill:var(--wait)}.fails,.fails+text{fill:var(--fail)}.time{stroke:var(--faint);stroke-dasharray:1 4}";

pub(super) fn draw(trace: &Trace) -> String {
    let skipped = trace.rows.len().saturating_sub(ROWS);
    let rows = &trace.rows[skipped..];
    let missing = skipped + trace.left_out;
    let width = LEFT + LANE * trace.lanes.len().max(1);
    let height = TOP + ROW * (rows.len() + 2);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">"
    );
    let _ = writeln!(
        out,
        "<title>What each goroutine did, from top to bottom</title>"
    );
    let _ = writeln!(out, "<style>{STYLE}</style>");
    let _ = writeln!(
        out,
        "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"
    );
    for lane in &trace.lanes {
        head(&mut out, lane);
        line(&mut out, lane, &trace.rows, skipped);
    }
    for (i, row) in rows.iter().enumerate() {
        event(&mut out, row, y(i), width);
    }
    if missing > 0 {
        let _ = writeln!(
            out,
            "<text class=\"faint\" x=\"{LEFT}\" y=\"{}\">{missing} earlier events are not shown</text>",
            TOP - 4
        );
    }
    out.push_str("</svg>\n");
    out
}

fn x(goroutine: u32) -> usize {
    LEFT + LANE * (goroutine as usize - 1)
}

fn y(row: usize) -> usize {
    TOP + ROW * (row + 1)
}

fn head(out: &mut String, lane: &Lane) {
    let x = x(lane.goroutine);
    let _ = write!(
        out,
        "<g><text class=\"head\" x=\"{x}\" y=\"20\">goroutine {}</text>",
        lane.goroutine
    );
    if let Some(at) = lane.created_at {
        let _ = write!(out, "<title>started at {}</title>", escape(&at.to_string()));
    }
    out.push_str("</g>\n");
}

/// The lane itself, in pieces: from where it starts, waits, goes on and ends.
fn line(out: &mut String, lane: &Lane, rows: &[Row], skipped: usize) {
    let me = lane.goroutine;
    let place = |i: usize| y(i.saturating_sub(skipped));
    let mut since = (me == 1).then_some(("run", TOP));
    for (i, row) in rows.iter().enumerate() {
        let starts = row.kind == Kind::Did && row.text == format!("go {me}");
        let next = if row.who == me {
            match row.kind {
                Kind::Waits | Kind::Fails => Some("wait"),
                Kind::Woken => Some("run"),
                Kind::Ends => None,
                Kind::Did | Kind::Time => continue,
            }
        } else if starts {
            Some("run")
        } else {
            continue;
        };
        piece(out, me, since, place(i));
        since = next.map(|class| (class, place(i)));
    }
    piece(out, me, since, y(rows.len() - skipped));
}

fn piece(out: &mut String, goroutine: u32, since: Option<(&str, usize)>, to: usize) {
    if let Some((class, from)) = since
        && from < to
    {
        let x = x(goroutine);
        let _ = writeln!(
            out,
            "<line class=\"{class}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>"
        );
    }
}

fn event(out: &mut String, row: &Row, y: usize, width: usize) {
    if row.kind == Kind::Time {
        let _ = writeln!(
            out,
            "<line class=\"time\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{width}\" y2=\"{y}\"/><text class=\"faint\" x=\"{}\" y=\"{}\">{}</text>",
            LEFT + 8,
            y - 4,
            escape(&row.text)
        );
        return;
    }
    let class = match row.kind {
        Kind::Waits => "waits",
        Kind::Fails => "fails",
        _ => "did",
    };
    let x = x(row.who);
    let place = row.at.map_or(String::new(), |at| format!(" {}", short(at)));
    let whole = row.at.map_or(String::new(), |at| format!(" at {at}"));
    let _ = writeln!(
        out,
        "<g><title>goroutine {} {}{}; step {}, virtual time {:?}</title><circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/><text x=\"{}\" y=\"{}\">{}{}</text></g>",
        row.who,
        escape(&row.text),
        escape(&whole),
        row.step,
        row.now,
        x + 10,
        y + 4,
        escape(&row.text),
        escape(&place)
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
