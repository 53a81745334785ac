//! The report as a workbook: a sheet for each table, numbers as numbers, shares as
//! shares, days as days; what follows from other cells is a formula, and its result
//! is stored beside it for viewers that do not compute.
mod formulas;
mod sheet;

use rust_xlsxwriter::{DocProperties, Workbook};

use super::{summary::Summary, table::Table, tables, words::Words};
use formulas::Places;

/// All sheets.
pub(super) fn render(facts: &Summary, w: Words) -> anyhow::Result<Vec<u8>> {
    let tables: Vec<Table> = tables::all(facts);
    let places = Places::new(&tables, w);
    let mut book = Workbook::new();
    let title = format!("{}: {}", facts.competition.name, w.t("slutrapport", "final report"));
    book.set_properties(&DocProperties::new().set_title(title));
    for table in &tables {
        sheet::write(book.add_worksheet(), table, facts, w, &places)?;
    }
    for (name, cell) in places.names() {
        book.define_name(name, &format!("={cell}"))?;
    }
    Ok(book.save_to_buffer()?)
}
