//! The table as a picture: each row's time as a part of Go's, on a logarithmic axis.
//!
//! ```text
//! pingpong   P1     |  ●  ◇   ┃        |        |       ● ours
//!            P2     |   ●    ◇┃        |        |       ◇ the best Rust peer
//!                  1/16      1/4       1        4       ┃ the goal
//! ```
//!
//! Only what can be compared stands there: rows with a figure of ours and of Go's for
//! the same work. The shapes carry the meaning, the colours only help. Nothing is
//! loaded, and text takes the colour of the page, so it is right in every theme.

use marmota_peers::rows::{Goal, ROWS, Row};

/// One line of the plot.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    name: &'static str,
    procs: usize,
    /// Each a part of Go's time.
    ours: f64,
    peer: Option<(String, f64)>,
    goal: Option<f64>,
}

/// Where the axis begins and ends, as powers of two.
const FROM: i32 = -5;
const TO: i32 = 3;

const WIDTH: f64 = 780.0;
const LEFT: f64 = 140.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 44.0;
const LINE: f64 = 15.0;

/// The picture of a table as [`crate::table`] writes it; none if nothing in it can be
/// compared. It is made from the text and nothing else, so what a page shows beside the
/// table is that very run.
pub fn svg(table: &str) -> Option<String> {
    let mut lines: Vec<Line> = Vec::new();
    let mut row = None;
    for line in table.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [
            "",
            work,
            _per,
            procs,
            ours,
            go,
            _ratio,
            _goal,
            reached,
            peer,
            "",
        ] = cells[..]
        else {
            continue;
        };
        // The work is named once for all lines of a row.
        if !work.is_empty() {
            row = ROWS.iter().find(|row| row.work == work);
        }
        let (Some(row), Ok(procs)) = (row, procs.parse()) else {
            continue;
        };
        lines.extend(of_row(row, procs, [ours, go, reached, peer]));
    }
    (!lines.is_empty()).then(|| draw(&lines))
}

fn of_row(row: &'static Row, procs: usize, cells: [&str; 4]) -> Option<Line> {
    let [ours, go, reached, peer] = cells;
    let (ours, _) = figure(ours)?;
    let (go, _) = figure(go)?;
    // Judged neither met nor missed: ours did another work than Go's.
    if reached.starts_with("other work") {
        return None;
    }
    Some(Line {
        name: row.name,
        procs,
        ours: ours / go,
        peer: figure(peer).map(|(ns, label)| (label.to_owned(), ns / go)),
        goal: match row.goal {
            Goal::OfGo(part) => Some(part),
            Goal::OfGoAt(part, at) => (at == procs).then_some(part),
            Goal::AtMost(most) => Some(most / go),
            Goal::AtLeast(_) => None,
        },
    })
}

/// `4,352 B tokio` as 4352 and `tokio`. Rates are not drawn: Go has none.
fn figure(cell: &str) -> Option<(f64, &str)> {
    let (number, rest) = cell.split_once(' ').unwrap_or((cell, ""));
    let label = rest.strip_prefix('B').unwrap_or(rest).trim();
    Some((number.replace(',', "").parse().ok()?, label))
}

/// Where a part of Go's time lies on the axis; what is off it stands at its end.
fn x(part: f64) -> f64 {
    let power = part.log2().clamp(f64::from(FROM), f64::from(TO));
    LEFT + (power - f64::from(FROM)) / f64::from(TO - FROM) * (WIDTH - LEFT - RIGHT)
}

/// A power of two, as people read it: `1/4`, `1`, `4`.
fn power(power: i32) -> String {
    match power {
        0 => "Go".into(),
        p if p < 0 => format!("1/{}", 1 << -p),
        p => format!("{}×", 1 << p),
    }
}

fn draw(lines: &[Line]) -> String {
    let bottom = TOP + LINE * lines.len() as f64;
    let height = bottom + 24.0;
    let mut svg = String::new();
    let mut put = |text: String| {
        svg.push_str(&text);
        // Never an empty line: it would end the picture where a page includes it.
        svg.push('\n');
    };
    put(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Times of the runtime and of the best Rust peer as a part of Go's\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"currentColor\">"
    ));
    legend(&mut put);
    for exponent in FROM..=TO {
        let (x, strong) = (x(f64::from(exponent).exp2()), exponent == 0);
        put(format!(
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"currentColor\" \
             stroke-opacity=\"{}\"/>",
            if strong { 0.8 } else { 0.18 }
        ));
        put(format!(
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 15.0,
            power(exponent)
        ));
    }
    let mut before = "";
    for (i, line) in lines.iter().enumerate() {
        let y = TOP + LINE * (i as f64 + 0.5);
        let name = if line.name == before { "" } else { line.name };
        before = line.name;
        put(format!(
            "<text x=\"4\" y=\"{:.1}\">{name}</text><text x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">P{}</text>",
            y + 4.0,
            LEFT - 14.0,
            y + 4.0,
            line.procs
        ));
        if let Some(goal) = line.goal {
            put(mark_goal(
                x(goal),
                y,
                &format!("the goal: {goal:.2} of Go's"),
            ));
        }
        if let Some((label, part)) = &line.peer {
            put(mark_peer(
                x(*part),
                y,
                &format!("{label}: {part:.2} of Go's"),
            ));
        }
        let title = format!("ours: {:.2} of Go's", line.ours);
        put(mark_ours(x(line.ours), y, &title));
    }
    put("</svg>".into());
    svg
}

fn legend(put: &mut dyn FnMut(String)) {
    let y = 14.0;
    put(mark_ours(LEFT, y, "ours"));
    put(format!(
        "<text x=\"{}\" y=\"{}\">ours</text>",
        LEFT + 9.0,
        y + 4.0
    ));
    put(mark_peer(LEFT + 70.0, y, "the best Rust peer"));
    put(format!(
        "<text x=\"{}\" y=\"{}\">the best Rust peer</text>",
        LEFT + 79.0,
        y + 4.0
    ));
    put(mark_goal(LEFT + 210.0, y, "the goal"));
    put(format!(
        "<text x=\"{}\" y=\"{}\">the goal</text>",
        LEFT + 218.0,
        y + 4.0
    ));
    put(format!(
        "<text x=\"{LEFT}\" y=\"{}\">less is better; each step to the left is half of the time</text>",
        y + 21.0
    ));
}

fn mark_ours(x: f64, y: f64, title: &str) -> String {
    format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"#d9622b\"><title>{title}</title></circle>"
    )
}

fn mark_peer(x: f64, y: f64, title: &str) -> String {
    format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" transform=\"rotate(45 {x:.1} {y:.1})\" \
         fill=\"none\" stroke=\"#5b83c4\" stroke-width=\"1.6\"><title>{title}</title></rect>",
        x - 3.5,
        y - 3.5
    )
}

fn mark_goal(x: f64, y: f64, title: &str) -> String {
    format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"2.4\" height=\"13\" fill=\"#3a9a5c\"><title>{title}</title></rect>",
        x - 1.2,
        y - 6.5
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &'static str, ours: f64) -> Line {
        Line {
            name,
            procs: 1,
            ours,
            peer: Some(("tokio".into(), 2.0)),
            goal: Some(0.25),
        }
    }

    #[test]
    fn half_of_the_time_is_one_step_to_the_left_and_nothing_leaves_the_axis() {
        let step = x(1.0) - x(0.5);
        assert!((x(0.5) - x(0.25) - step).abs() < 1e-9);
        assert_eq!(x(1e-9), LEFT);
        assert_eq!(x(1e9), WIDTH - RIGHT);
    }

    #[test]
    fn every_line_has_its_marks_and_no_line_is_empty() {
        let svg = draw(&[line("ring", 0.5), line("ring", 0.7), line("mutex", 1.5)]);
        assert!(svg.lines().all(|line| !line.trim().is_empty()), "{svg}");
        // Three and one in the legend.
        assert_eq!(svg.matches("<circle").count(), 4);
        assert_eq!(svg.matches("tokio: 2.00 of Go's").count(), 3);
        assert!(svg.contains("ours: 0.70 of Go's"), "{svg}");
        // A name stands once for all lines of a row.
        assert_eq!(svg.matches(">ring<").count(), 1);
    }

    #[test]
    fn a_table_is_read_and_what_cannot_be_compared_is_left_out() {
        let row = ROWS.iter().find(|row| row.name == "pingpong").unwrap();
        let memory = ROWS.iter().find(|row| row.name == "memory").unwrap();
        let table = format!(
            "Some words.\n\n| work | per | P | ours | Go | ours / Go | goal | reached | best Rust peer |\n\
             |---|---|--:|--:|--:|--:|--:|---|---|\n\
             | {} | call | 1 | 56 | 1,120 | 0.05 | ≤ 0.2 | met | 88 kanal on tokio |\n\
             |  |  | 2 | 65 | 230 | – | ≤ 0.2 | other work, see below | – |\n\
             | {} | goroutine | 2 | 4,352 B | 2,176 B | 2.00 | ≤ 4,813 B | met | 448 B tokio |\n\
             | no such work | call | 1 | 1 | 1 | 1 | – | – | – |\n",
            row.work, memory.work
        );
        let svg = svg(&table).unwrap();
        assert!(svg.contains("ours: 0.05 of Go's"), "{svg}");
        assert!(svg.contains("ours: 2.00 of Go's"), "{svg}");
        assert!(svg.contains("kanal on tokio: 0.08 of Go's"), "{svg}");
        assert!(svg.contains("tokio: 0.21 of Go's"), "{svg}");
        // Those two, and the legend's.
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(self::svg("no table\n"), None);
    }

    #[test]
    fn powers_are_said_as_people_say_them() {
        assert_eq!([-2, 0, 3].map(power), ["1/4", "Go", "8×"]);
    }
}
