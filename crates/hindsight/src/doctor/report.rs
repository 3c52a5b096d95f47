//! The findings for people.

use super::{Finding, Level};
use std::io::{self, Write};

/// Grouped by area; what is not well has its meaning and its remedy below it.
pub fn write(findings: &[Finding], colours: bool, fixing: bool, out: &mut dyn Write) -> io::Result<()> {
    let paint =
        |code: &str, text: &str| if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let mut area = "";
    for finding in findings {
        if finding.area != area {
            if !area.is_empty() {
                writeln!(out)?;
            }
            area = &finding.area;
            writeln!(out, "{}", paint("1", area))?;
        }
        let (code, mark) = match finding.level {
            Level::Ok => ("32", "ok  "),
            Level::Warn => ("33", "warn"),
            Level::Bad => ("31", "bad "),
        };
        writeln!(out, "  {}  {}", paint(code, mark), finding.found)?;
        if !finding.means.is_empty() {
            writeln!(out, "        {}", finding.means)?;
        }
        for remedy in &finding.fix {
            let line =
                if remedy.runs { format!("$ {}", remedy.command) } else { format!("→ {}", remedy.command) };
            writeln!(out, "        {}", paint("36", &line))?;
        }
    }
    let count = |level| findings.iter().filter(|f| f.level == level).count();
    let (bad, warn) = (count(Level::Bad), count(Level::Warn));
    writeln!(out, "\n{bad} bad, {warn} to look at, {} ok", count(Level::Ok))?;
    let runs = findings.iter().flat_map(|f| &f.fix).any(|remedy| remedy.runs);
    if runs && !fixing {
        writeln!(
            out,
            "The lines that begin with $ mend it; hindsight doctor --fix runs them. They last until the next boot."
        )?;
    }
    Ok(())
}
