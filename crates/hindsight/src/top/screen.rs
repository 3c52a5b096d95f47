//! Drawing on a terminal until `q`.

use super::frame::{Line, Style};
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, poll, read};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use std::io::{self, Stdout, Write as _};
use std::time::{Duration, Instant};

/// Puts the terminal back, also after an error.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        enable_raw_mode()?;
        let raw = Self;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// Draws what `page` gives for a width every so often. Ends with `q`, Esc or Ctrl-C; arrows and page keys scroll.
pub fn run(every: Duration, page: &mut dyn FnMut(usize) -> Vec<Line>) -> io::Result<()> {
    let _raw = Raw::begin()?;
    let mut out = io::stdout();
    let mut offset = 0_usize;
    loop {
        let (width, height) = size().map(|(w, h)| (usize::from(w).max(20), usize::from(h).max(4)))?;
        let lines = page(width);
        let mut drawn = Instant::now();
        loop {
            offset = offset.min(lines.len().saturating_sub(height.saturating_sub(1)));
            draw(&mut out, &lines, offset, width, height)?;
            let left = every.saturating_sub(drawn.elapsed());
            if left.is_zero() || !poll(left)? {
                break;
            }
            match read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match key.code {
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
                    KeyCode::Down | KeyCode::Char('j') => offset = offset.saturating_add(1),
                    KeyCode::Up | KeyCode::Char('k') => offset = offset.saturating_sub(1),
                    KeyCode::PageDown => offset = offset.saturating_add(height),
                    KeyCode::PageUp => offset = offset.saturating_sub(height),
                    KeyCode::Home => offset = 0,
                    _ => {}
                },
                // drawn anew in the new size
                Event::Resize(..) => drawn = drawn.checked_sub(every).unwrap_or(drawn),
                _ => {}
            }
        }
    }
}

fn draw(out: &mut Stdout, lines: &[Line], offset: usize, width: usize, height: usize) -> io::Result<()> {
    let body = height.saturating_sub(1);
    for row in 0..body {
        queue!(out, MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX)))?;
        let mut left = width;
        for (style, text) in lines.get(offset.saturating_add(row)).map(|l| l.0.as_slice()).unwrap_or_default()
        {
            let part: String = text.chars().take(left).collect();
            left = left.saturating_sub(part.chars().count());
            match style {
                Style::Plain => {}
                Style::Faint => queue!(out, SetForegroundColor(Color::DarkGrey))?,
                Style::Strong => queue!(out, SetAttribute(Attribute::Bold))?,
                Style::Bad => queue!(out, SetForegroundColor(Color::Red))?,
                Style::Curve => queue!(out, SetForegroundColor(Color::Cyan))?,
            }
            queue!(out, Print(part), ResetColor, SetAttribute(Attribute::Reset))?;
        }
        queue!(out, Clear(ClearType::UntilNewLine))?;
    }
    let more = if lines.len() > body { "   ↑↓ scrolls" } else { "" };
    let foot: String = format!("q quits{more}").chars().take(width).collect();
    queue!(
        out,
        MoveTo(0, u16::try_from(body).unwrap_or(u16::MAX)),
        SetForegroundColor(Color::DarkGrey),
        Print(foot),
        ResetColor,
        Clear(ClearType::UntilNewLine)
    )?;
    out.flush()
}
