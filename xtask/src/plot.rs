//! A lesson's benchmark as a picture: a group of bars an exercise.
//!
//! Exercises differ by orders of magnitude, so each group has its own scale: its
//! longest bar fills the width. What counts is how long the bars of a group are beside
//! one another, and that a learner's stroke of uncertainty does not reach the other's.
//! Every bar has its name and its time as text; colours only help.

use std::fmt::Write as _;

use crate::measured::Estimate;

/// One exercise: who was measured, and what came out.
pub struct Group {
    /// The exercise.
    pub name: String,
    /// From the first bar to the last.
    pub bars: Vec<(&'static str, Estimate)>,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 90.0;
/// Where the longest bar ends; its time stands after it.
const END: f64 = 600.0;
const BAR: f64 = 18.0;

/// The picture, a whole SVG file.
pub fn svg(title: &str, groups: &[Group]) -> String {
    let mut body = String::new();
    let mut y = 44.0;
    for group in groups.iter().filter(|group| !group.bars.is_empty()) {
        let longest = group.bars.iter().map(|(_, e)| e.high.max(e.point));
        let longest = longest.fold(f64::MIN_POSITIVE, f64::max);
        let x = |ns: f64| LEFT + ns / longest * (END - LEFT);
        put(
            &mut body,
            format!(
                "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{}</text>",
                escaped(&group.name)
            ),
        );
        y += 8.0;
        for (who, estimate) in &group.bars {
            bar(&mut body, y, who, *estimate, &x);
            y += BAR + 4.0;
        }
        y += 24.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{y}\" fill=\"#ffffff\"/>\n<g fill=\"#1f2328\">\n\
         <text x=\"8\" y=\"20\" font-size=\"14\">{title}</text>\n{body}</g>\n</svg>\n",
        title = escaped(title)
    )
}

fn bar(body: &mut String, y: f64, who: &str, estimate: Estimate, x: &dyn Fn(f64) -> f64) {
    let colour = match who {
        "learner" => "#d9622b",
        "reference" => "#5b83c4",
        "runtime" => "#3a9a5c",
        _ => "#8a8f98",
    };
    let middle = y + BAR / 2.0;
    put(
        body,
        format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{who}</text>",
            LEFT - 8.0,
            middle + 4.0
        ),
    );
    put(
        body,
        format!(
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>",
            x(estimate.point) - LEFT
        ),
    );
    // How sure it is: 95 %.
    let (low, high) = (x(estimate.low), x(estimate.high));
    put(
        body,
        format!(
            "<path d=\"M{low:.1} {middle}H{high:.1}M{low:.1} {0}V{1}M{high:.1} {0}V{1}\" \
             stroke=\"#1f2328\" fill=\"none\"/>",
            middle - 4.0,
            middle + 4.0
        ),
    );
    put(
        body,
        format!(
            "<text x=\"{:.1}\" y=\"{}\">{}</text>",
            high.max(x(estimate.point)) + 6.0,
            middle + 4.0,
            estimate.shown()
        ),
    );
}

fn put(body: &mut String, line: String) {
    let _infallible = writeln!(body, "{line}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_part_of_the_longest() {
        let exact = |ns| Estimate {
            point: ns,
            low: ns,
            high: ns,
        };
        let group = Group {
            name: "map & more".into(),
            bars: vec![("learner", exact(3000.0)), ("reference", exact(1500.0))],
        };
        let unmeasured = Group {
            name: "none".into(),
            bars: Vec::new(),
        };
        let svg = svg("lesson-01", &[group, unmeasured]);
        assert!(!svg.contains("none</text>"), "{svg}");
        let widths: Vec<f64> = svg
            .lines()
            .filter(|line| line.contains(&format!("<rect x=\"{LEFT}\"")))
            .filter_map(|line| {
                line.split("width=\"")
                    .nth(1)?
                    .split('"')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        assert_eq!(widths, [END - LEFT, (END - LEFT) / 2.0]);
        assert!(svg.contains("3.00 µs") && svg.contains("1.50 µs"), "{svg}");
        assert!(svg.contains("map &amp; more"), "{svg}");
    }
}
