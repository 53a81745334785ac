//! The report as a workbook with a sheet for each table. Numbers, shares and days have
//! their types. A value that follows from other cells is a formula, stored with its result
//! for viewers that do not compute.
mod formulas;
mod sheet;

use rust_xlsxwriter::{DocProperties, Workbook};
use wire::Language;

use super::{summary::Summary, table::Table, tables};
use formulas::SheetRefs;

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
