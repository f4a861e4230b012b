//! Figures of several rounds, of which the table gets the medians.

use crate::table::{Table, median};

struct Figure {
    what: String,
    unit: &'static str,
    against: Option<String>,
    values: Vec<f64>,
    p99: Vec<f64>,
}

/// What each round measured, in the order of the first.
#[derive(Default)]
pub(crate) struct Rounds(Vec<Figure>);

impl Rounds {
    /// One round's value; `p99` in milliseconds, where it is a rate of requests.
    pub(crate) fn add(
        &mut self,
        what: &str,
        (value, unit): (f64, &'static str),
        p99: Option<f64>,
        against: Option<String>,
    ) {
        let told = p99.map_or_else(String::new, |p99| format!(", p99 {p99:.1} ms"));
        eprintln!("bench:   {what}: {value:.0} {unit}{told}");
        let at = self.0.iter().position(|figure| figure.what == what);
        let at = at.unwrap_or_else(|| {
            self.0.push(Figure {
                what: what.to_owned(),
                unit,
                against,
                values: Vec::new(),
                p99: Vec::new(),
            });
            self.0.len() - 1
        });
        self.0[at].values.push(value);
        self.0[at].p99.extend(p99);
    }

    /// The medians, as rows of a part. Ratios are of medians too.
    pub(crate) fn tell(self, part: &'static str, table: &mut Table) {
        for figure in self.0 {
            let spread = |pick: fn(f64, f64) -> f64| figure.values.iter().copied().reduce(pick).unwrap_or(0.0);
            let mut note = format!("{:.0} to {:.0}", spread(f64::min), spread(f64::max));
            if !figure.p99.is_empty() {
                note = format!("{note}; p99 {:.1} ms", median(figure.p99.clone()));
            }
            table.add(part, &figure.what, median(figure.values), figure.unit, note);
            if let Some(against) = &figure.against {
                table.against(against);
            }
        }
    }
}
