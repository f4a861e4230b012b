//! One row per measurement: what, how much, and how that stands to the limit it is compared with.

use std::fmt;

use serde_json::{Value, json};

use crate::Trouble;

/// One measurement.
pub(crate) struct Row {
    pub(crate) part: &'static str,
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// value / value of the row named here, measured in the same run.
    pub(crate) ratio: Option<(f64, String)>,
    /// What else is worth knowing: peak memory, latency.
    pub(crate) note: String,
}

/// All measurements of one run.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row and says so at once: a run takes minutes.
    pub(crate) fn add(&mut self, part: &'static str, what: &str, value: f64, unit: impl Into<String>, note: String) {
        let unit = unit.into();
        eprintln!("bench: {what}: {value:.0} {unit} {note}");
        self.rows.push(Row {
            part,
            what: what.to_owned(),
            value,
            unit,
            ratio: None,
            note,
        });
    }

    /// Sets the last row against an earlier one.
    pub(crate) fn against(&mut self, other: &str) {
        let limit = self.rows.iter().find(|row| row.what == other).map(|row| row.value);
        if let (Some(row), Some(limit)) = (self.rows.last_mut(), limit.filter(|limit| *limit > 0.0)) {
            row.ratio = Some((row.value / limit, other.to_owned()));
        }
    }

    /// The same, for programs.
    pub(crate) fn json(&self) -> Result<String, Trouble> {
        let row = |row: &Row| -> Value {
            let (ratio, against) = row
                .ratio
                .as_ref()
                .map_or((None, None), |(ratio, other)| (Some(ratio), Some(other)));
            json!({ "part": row.part, "what": row.what, "value": row.value, "unit": row.unit, "ratio": ratio,
                "against": against, "note": row.note })
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        Ok(serde_json::to_string_pretty(&rows)?)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "| part | what | figure | ratio | note |\n|---|---|---:|---|---|")?;
        for row in &self.rows {
            let ratio = row
                .ratio
                .as_ref()
                .map_or_else(String::new, |(ratio, other)| format!("{ratio:.2} of {other}"));
            writeln!(
                out,
                "| {} | {} | {:.0} {} | {ratio} | {} |",
                row.part, row.what, row.value, row.unit, row.note
            )?;
        }
        Ok(())
    }
}

/// The middle one; of an even number, the lower of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_set_against_an_earlier_one() {
        let mut table = Table::default();
        table.add("files", "cp", 2000.0, "MB/s", String::new());
        table.add("files", "encrypt", 500.0, "MB/s", String::new());
        table.against("cp");
        assert!(table.to_string().contains("0.25 of cp"));
        assert!(table.json().unwrap().contains("\"ratio\": 0.25"));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).abs() < f64::EPSILON);
    }
}
