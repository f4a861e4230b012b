//! What is measured in Chromium by tests/browser: `browser` by sealing.bench.ts and still.bench.ts, `page` by page.bench.ts. Their lines end up in our table.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::table::Table;
use crate::{Options, Trouble};

/// Parts of this kind, and the files that measure each.
pub(crate) const PARTS: [(&str, &[&str]); 2] = [
    ("browser", &["sealing.bench.ts", "still.bench.ts"]),
    ("page", &["page.bench.ts"]),
];

/// Runs it with as many runs as the other parts; its files are smaller, a page holds them in memory.
pub(crate) fn measure(part: &'static str, files: &[&str], options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let mut command = Command::new("npm");
    command
        .args([
            "exec",
            "--",
            "playwright",
            "test",
            "--config",
            "bench.config.ts",
            "--reporter",
            "line",
        ])
        .args(files)
        .current_dir(&options.browser_tests)
        .env("SATCHEL_SERVER_BIN", std::fs::canonicalize(&options.server)?)
        .env("SATCHEL_BENCH_RUNS", options.runs.to_string())
        .env("SATCHEL_BENCH_MIB", (options.mib / 8).max(1).to_string());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut told = Vec::new();
    for line in BufReader::new(child.stdout.take().ok_or("npm has no output")?).lines() {
        let line = line?;
        match line.split_once("bench: ").map(|(_, row)| serde_json::from_str(row)) {
            Some(Ok(row)) => add(part, &row, table)?,
            _ => told.push(line),
        }
    }
    if child.wait()?.success() {
        Ok(())
    } else {
        Err(told.join("\n").into())
    }
}

fn add(part: &'static str, row: &Value, table: &mut Table) -> Result<(), Trouble> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let what = text("what").ok_or("a row without a name")?;
    let value = row
        .get("value")
        .and_then(Value::as_f64)
        .ok_or("a row without a figure")?;
    table.add(
        part,
        what,
        value,
        text("unit").unwrap_or("MB/s"),
        text("note").unwrap_or_default().to_owned(),
    );
    if let Some(limit) = text("against") {
        table.against(limit);
    }
    Ok(())
}
