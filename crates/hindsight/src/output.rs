//! Found sessions on stdout: columns for people, CSV, JSON lines.

use fields::{Kind, Target, Value};
use session::SessionDoc;
use std::io::{self, Write};
use std::net::IpAddr;

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it shows.
    pub target: Target,
    /// Its name, as the user wrote it.
    pub name: String,
}

/// Text of one cell; several values are separated by `separator`.
fn cell(doc: &SessionDoc, target: Target, separator: &str, human: bool) -> String {
    let mut text = String::new();
    doc.visit(target, &mut |value| {
        if !text.is_empty() {
            text.push_str(separator);
        }
        match value {
            Value::Int(ms) if target.kind() == Kind::Time && human => text.push_str(&time(ms)),
            Value::Int(number) => text.push_str(&number.to_string()),
            Value::Ip(IpAddr::V4(ip)) => text.push_str(&ip.to_string()),
            Value::Ip(ip) => text.push_str(&ip.to_string()),
            Value::Text(part) => text.push_str(&printable(part)),
        }
        true
    });
    text
}

/// What comes from packets neither breaks a line nor commands a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Local time of milliseconds since 1970.
pub fn time(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) => {
            at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y/%m/%d %H:%M:%S%.3f").to_string()
        }
        Err(_) => ms.to_string(),
    }
}

/// Found sessions as a table.
pub fn table(docs: &[SessionDoc], columns: &[Column], terminal: bool, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> =
        docs.iter().map(|doc| columns.iter().map(|c| cell(doc, c.target, ", ", true)).collect()).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    grid(&names, &rows, terminal, out)
}

/// Tab-separated in a pipe; on a terminal columns are padded to a common width.
pub fn grid(names: &[&str], rows: &[Vec<String>], terminal: bool, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    if !terminal {
        return rows.iter().try_for_each(|row| writeln!(out, "{}", row.join("\t")));
    }
    const WIDEST: usize = 48;
    let width = |text: &str| text.chars().count();
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let widest = rows.iter().filter_map(|row| row.get(at)).map(|c| width(c)).max().unwrap_or(0);
            widest.max(width(name)).min(WIDEST)
        })
        .collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| -> io::Result<()> {
        let mut text = String::new();
        for (cell, width_of) in cells.zip(&widths) {
            let shown: String = if width(cell) > *width_of {
                cell.chars().take(width_of.saturating_sub(1)).chain(['…']).collect()
            } else {
                cell.to_owned()
            };
            let pad = width_of.saturating_sub(width(&shown));
            text.push_str(&shown);
            text.push_str(&" ".repeat(pad + 2));
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(&mut names.iter().copied())?;
    for row in &rows {
        line(&mut row.iter().map(String::as_str))?;
    }
    Ok(())
}

/// RFC 4180, with a header line; times are milliseconds since 1970.
pub fn csv_header(columns: &[Column], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = columns.iter().map(|c| quoted(&c.name)).collect();
    write!(out, "{}\r\n", names.join(","))
}

/// One line of CSV.
pub fn csv(doc: &SessionDoc, columns: &[Column], out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<String> = columns.iter().map(|c| quoted(&cell(doc, c.target, ", ", false))).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// A spreadsheet runs a cell that begins with one of these; a quote before it prevents that.
fn quoted(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '@']) || (text.starts_with('-') && text.parse::<f64>().is_err());
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session::core;

    fn doc() -> SessionDoc {
        let mut doc = SessionDoc::new();
        doc.add(&core::SRC_IP, "10.0.0.1".parse().unwrap());
        doc.add(&core::PACKETS, 7);
        doc.tag("a,b");
        doc.tag("=cmd()");
        doc
    }

    fn columns() -> Vec<Column> {
        [&core::SRC_IP.def, &core::PACKETS.def, &core::TAGS.def]
            .map(|def| Column { target: Target::of(def), name: def.expr.to_owned() })
            .into()
    }

    #[test]
    fn csv_is_quoted() {
        let mut out = Vec::new();
        csv_header(&columns(), &mut out).unwrap();
        csv(&doc(), &columns(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ip.src,packets,tags\r\n10.0.0.1,7,\"a,b, =cmd()\"\r\n");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-1"), "-1");
        assert_eq!(quoted("say \"x\""), "\"say \"\"x\"\"\"");
    }

    #[test]
    fn a_pipe_gets_tabs_and_a_terminal_columns() {
        let mut out = Vec::new();
        table(&[doc()], &columns(), false, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "10.0.0.1\t7\ta,b, =cmd()\n");
        let mut out = Vec::new();
        grid(&["a", "b"], &[vec!["\x1b[31m\u{9b}".into(), "1\t2\r\n3".into()]], false, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), " [31m \t1 2  3\n");
        let mut out = Vec::new();
        table(&[doc()], &columns(), true, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("ip.src    packets  tags\n10.0.0.1  7        a,b, =cmd()\n"), "{text}");
    }
}
