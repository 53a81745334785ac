//! The report as a workbook: a sheet for each table, numbers as numbers, shares as
//! shares, days as days; what is_formula from other cells is a formula, and its result
//! is stored beside it for viewers that do not compute.
mod formulas;
mod sheet;

use rust_xlsxwriter::{DocProperties, Workbook};
use wire::Language;

use super::{summary::Summary, table::Table, tables};
use formulas::SheetRefs;

/// All sheets.
pub(super) fn render(summary: &Summary, language: Language) -> anyhow::Result<Vec<u8>> {
    let tables: Vec<Table> = tables::all(summary);
    let refs = SheetRefs::new(&tables, language);
    let mut book = Workbook::new();
    let title =
        format!("{}: {}", summary.competition.name, language.pick("slutrapport", "final report"));
    book.set_properties(&DocProperties::new().set_title(title));
    for table in &tables {
        sheet::write(book.add_worksheet(), table, summary, language, &refs)?;
    }
    for (name, cell) in refs.names() {
        book.define_name(name, &format!("={cell}"))?;
    }
    Ok(book.save_to_buffer()?)
}
