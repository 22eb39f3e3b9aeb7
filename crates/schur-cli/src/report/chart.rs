//! Line charts as SVG: small and self-contained.

use std::fmt::Write;

/// The size of the picture, in pixels.
const SIZE: [f64; 2] = [640.0, 400.0];
/// Room for labels: left, right, top, bottom.
const MARGINS: [f64; 4] = [76.0, 24.0, 36.0, 52.0];
/// Colours that colour-blind people can tell apart (Okabe and Ito, 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/// About so many labels an axis.
const TICKS: f64 = 6.0;

/// A line of points with its name.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is, for the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<[f64; 2]>,
}

/// Lines over common axes.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Above it all.
    pub title: String,
    /// What the axes are: horizontal, vertical.
    pub axes: [&'static str; 2],
    /// Whether the vertical axis is logarithmic; numbers that are not positive are left out then.
    pub is_logarithmic: bool,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Chart {
    /// Draws it.
    pub fn svg(&self) -> String {
        let scales = self.scales();
        let [width, height] = SIZE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        text(&mut svg, [width / 2.0, 22.0], "middle", &self.title);
        text(&mut svg, [width / 2.0, height - 10.0], "middle", self.axes[0]);
        let middle = height / 2.0;
        let _ = writeln!(svg, "<g transform=\"rotate(-90 16 {middle})\">");
        text(&mut svg, [16.0, middle], "middle", self.axes[1]);
        svg.push_str("</g>\n");
        self.grid(&mut svg, &scales);
        for (number, line) in self.lines.iter().enumerate() {
            self.line(&mut svg, &scales, number, line);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The height of a number on the axis; none for what it cannot show.
    fn height(&self, y: f64) -> Option<f64> {
        let y = if self.is_logarithmic { (y > 0.0).then(|| y.log10())? } else { y };
        y.is_finite().then_some(y)
    }

    fn scales(&self) -> [Scale; 2] {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let [left, right, top, bottom] = MARGINS;
        [
            Scale::new(points().map(|point| point[0]), [left, SIZE[0] - right]),
            Scale::new(points().filter_map(|point| self.height(point[1])), [SIZE[1] - bottom, top]),
        ]
    }

    fn grid(&self, svg: &mut String, [x, y]: &[Scale; 2]) {
        for tick in x.ticks(1.0) {
            let at = x.place(tick);
            rule(svg, [at, y.ends[0]], [at, y.ends[1]]);
            text(svg, [at, y.ends[0] + 18.0], "middle", &number(tick));
        }
        for tick in y.ticks(if self.is_logarithmic { 1.0 } else { 0.0 }) {
            let at = y.place(tick);
            rule(svg, [x.ends[0], at], [x.ends[1], at]);
            let label = if self.is_logarithmic { format!("1e{tick}") } else { number(tick) };
            text(svg, [x.ends[0] - 6.0, at + 4.0], "end", &label);
        }
    }

    fn line(&self, svg: &mut String, [x, y]: &[Scale; 2], number: usize, line: &Line) {
        let colour = COLOURS[number % COLOURS.len()];
        let place = |point: &[f64; 2]| Some([x.place(point[0]), y.place(self.height(point[1])?)]);
        let places: Vec<[f64; 2]> = line.points.iter().filter_map(place).collect();
        let path: Vec<String> = places.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
            path.join(" ")
        );
        for [x, y] in &places {
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
        }
        if self.lines.len() > 1 {
            let at = [x.ends[1] - 8.0, y.ends[1] + 16.0 * (number as f64 + 1.0)];
            let _ = writeln!(svg, "<g fill=\"{colour}\">");
            text(svg, at, "end", &line.name);
            svg.push_str("</g>\n");
        }
    }
}

/// From numbers to pixels.
struct Scale {
    range: [f64; 2],
    ends: [f64; 2],
}

impl Scale {
    fn new(numbers: impl Iterator<Item = f64>, ends: [f64; 2]) -> Self {
        let [low, high] = numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        let range = match (low.is_finite(), high > low) {
            (true, true) => [low, high],
            (true, false) => [low - 0.5, low + 0.5],
            _ => [0.0, 1.0],
        };
        Self { range, ends }
    }

    fn place(&self, x: f64) -> f64 {
        let [low, high] = self.range;
        self.ends[0] + (x - low) / (high - low) * (self.ends[1] - self.ends[0])
    }

    /// Round numbers within the range, a multiple of one, two or five times a power of ten apart, and not less than
    /// `least`.
    fn ticks(&self, least: f64) -> impl Iterator<Item = f64> {
        let [low, high] = self.range;
        let rough = (high - low) / TICKS;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|&step| step >= rough);
        let step = step.unwrap_or(10.0 * power).max(least);
        let first = (low / step).ceil();
        // Counting, for a sum of steps would drift.
        (0..=(2.0 * TICKS) as u32).map(move |i| (first + f64::from(i)) * step).take_while(move |&x| x <= high)
    }
}

fn rule(svg: &mut String, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
    let _ = writeln!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#d8d8d8\" stroke-width=\"1\"/>"
    );
}

fn text(svg: &mut String, [x, y]: [f64; 2], anchor: &str, content: &str) {
    let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{escaped}</text>");
}

/// A label without the digits that rounding leaves.
fn number(x: f64) -> String {
    format!("{}", (x * 1e9).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(is_logarithmic: bool, points: Vec<[f64; 2]>) -> Chart {
        let lines = vec![Line { name: "a < b".into(), points }];
        Chart { title: "x & y".into(), axes: ["sweep", "error"], is_logarithmic, lines }
    }

    #[test]
    fn points_stay_within_the_picture_and_texts_are_escaped() {
        let svg = chart(true, vec![[1.0, 1e-3], [2.0, 1e-8], [3.0, 0.0]]).svg();
        assert_eq!(svg.matches("<circle").count(), 2, "what has no logarithm is left out");
        assert!(svg.contains("x &amp; y") && svg.contains("1e-8") && svg.contains("1e-3"), "{svg}");
        assert!(svg.contains("points=\"76.0,36.0 "), "the largest is at the top left: {svg}");
    }

    #[test]
    fn a_single_point_and_none_are_drawn_without_infinities() {
        for points in [vec![], vec![[0.0, 5.0]], vec![[0.0, f64::NAN]]] {
            let svg = chart(false, points).svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
