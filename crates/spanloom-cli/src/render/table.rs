//! Rows of columns that never exceed a width, each row with an optional line across all columns below it.
//!
//! Written here because the line across the columns is what makes a list readable in 80 columns, and table crates have
//! rows of equal columns only.

use anstyle::Style;

use crate::render::escape::{columns, escape, fill_left, fill_right, fit};
use crate::render::style::{self, paint};

const GAP: &str = "  ";

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// On which side its cells stand.
    pub(crate) align: Align,
    /// Whether it gives way when the rows are too wide.
    pub(crate) yields: bool,
}

/// On which side the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// A text and its style for each column.
    pub(crate) cells: Vec<(String, Style)>,
    /// What stands below the cells, if anything.
    pub(crate) note: Option<String>,
}

/// The rows below their headings, line by line.
pub(crate) fn table(heads: &[Column], rows: &[Row], width: usize) -> String {
    let widths = widths(heads, rows, width);
    let titles = heads.iter().map(|head| (head.title.to_owned(), style::FAINT)).collect();
    let mut text = line(heads, &widths, &Row { cells: titles, note: None });
    for row in rows {
        text.push_str(&line(heads, &widths, row));
        if let Some(note) = &row.note {
            text.push_str(&paint(style::FAINT, format!("{GAP}{}", fit(note, width.saturating_sub(GAP.len())))));
            text.push('\n');
        }
    }
    text
}

fn line(heads: &[Column], widths: &[usize], row: &Row) -> String {
    let last = heads.len().saturating_sub(1);
    let cells = heads.iter().zip(widths).zip(&row.cells).enumerate();
    let cells = cells.map(|(index, ((head, &width), (text, cell_style)))| {
        let filled = match head.align {
            Align::Right => fill_left(text, width),
            // Blanks at the end of a line would wrap in a narrower window.
            Align::Left if index == last => fit(text, width),
            Align::Left => fill_right(text, width),
        };
        paint(*cell_style, filled)
    });
    cells.collect::<Vec<_>>().join(GAP) + "\n"
}

/// Each column as wide as its widest cell; those that yield share what is too much, the widest first.
fn widths(heads: &[Column], rows: &[Row], width: usize) -> Vec<usize> {
    let cell =
        |index: usize| rows.iter().filter_map(move |row| row.cells.get(index)).map(|(text, _)| columns(&escape(text)));
    let natural = heads.iter().enumerate().map(|(index, head)| cell(index).max().unwrap_or(0).max(head.title.len()));
    let mut widths: Vec<usize> = natural.collect();
    let room = width.saturating_sub(GAP.len() * heads.len().saturating_sub(1));
    let fixed: usize = heads.iter().zip(&widths).filter(|(head, _)| !head.yields).map(|(_, width)| *width).sum();
    let mut rest = room.saturating_sub(fixed);
    let mut yielding: Vec<usize> = (0..heads.len()).filter(|&index| heads[index].yields).collect();
    yielding.sort_by_key(|&index| widths[index]);
    let count = yielding.len();
    for (done, index) in yielding.into_iter().enumerate() {
        let share = rest / (count - done);
        widths[index] = widths[index].min(share.max(heads[index].title.len()));
        rest = rest.saturating_sub(widths[index]);
    }
    widths
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    const HEADS: [Column; 3] = [
        Column { title: "ID", align: Align::Left, yields: false },
        Column { title: "TOOK", align: Align::Right, yields: false },
        Column { title: "REQUEST", align: Align::Left, yields: true },
    ];

    fn row(cells: [&str; 3], note: Option<&str>) -> Row {
        let cells = cells.map(|text| (text.to_owned(), style::PLAIN)).to_vec();
        Row { cells, note: note.map(str::to_owned) }
    }

    fn text(rows: &[Row], width: usize) -> String {
        strip_str(&table(&HEADS, rows, width)).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [row(["tr-1", "1 ms", "Why?"], None), row(["tr-22", "12.5 ms", "日本"], None)];
        assert_eq!(text(&rows, 80), "ID        TOOK  REQUEST\ntr-1      1 ms  Why?\ntr-22  12.5 ms  日本\n");
    }

    #[test]
    fn only_the_yielding_column_is_cut_and_notes_take_the_whole_width() {
        let rows = [row(["tr-1", "1 ms", "Why is the sky blue?"], Some("and why\u{1b}[0m is it dark at night?"))];
        assert_eq!(text(&rows, 24), "ID    TOOK  REQUEST\ntr-1  1 ms  Why is the …\n  and why\\x1b[0m is it …\n");
    }
}
