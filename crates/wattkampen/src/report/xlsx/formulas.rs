//! Cell references of the workbook and the formulas between cells. References to other
//! sheets are absolute, so that sorting a sheet breaks no formula.
use server::text::ChooseText;
use wire::Language;

use crate::report::table::Table;

/// Names of the cells with the factors.
pub(super) const PRICE: &str = "price_sek_per_kwh";
pub(super) const EMISSION: &str = "emission_kg_per_kwh";

/// Rows below the total with what it is computed from, counted from 1.
pub(super) const EXPECTED: u32 = 7;
pub(super) const USED: u32 = 8;
pub(super) const SAVING: u32 = 9;
pub(super) const HALF_WIDTH: u32 = 10;
pub(super) const RANKED: u32 = 11;

struct Sheet {
    id: &'static str,
    tab: String,
    columns: Vec<&'static str>,
    rows: usize,
}

pub(super) struct SheetRefs(Vec<Sheet>);

impl SheetRefs {
    pub(super) fn new(tables: &[Table], language: Language) -> Self {
        let sheets = tables.iter().map(|table| Sheet {
            id: table.id,
            tab: language.text(&table.tab).to_owned(),
            columns: table.columns.iter().map(|column| column.id).collect(),
            rows: table.rows.len(),
        });
        Self(sheets.collect())
    }

    /// Names that the workbook defines, and their cells.
    pub(super) fn names(&self) -> Vec<(&'static str, String)> {
        let cell = |row| self.cell("factors", "value", row);
        [(PRICE, cell(2)), (EMISSION, cell(3))]
            .into_iter()
            .filter_map(|(name, cell)| Some((name, cell?)))
            .collect()
    }

    fn column(&self, table: &str, column: &str) -> Option<(&Sheet, char)> {
        let sheet = self.0.iter().find(|sheet| sheet.id == table)?;
        let at = sheet.columns.iter().position(|id| *id == column)?;
        // No table has more columns than letters.
        Some((sheet, char::from(b'A' + u8::try_from(at).ok()?)))
    }

    /// An absolute reference to a cell of another sheet.
    fn cell(&self, table: &str, column: &str, row: u32) -> Option<String> {
        let (sheet, letter) = self.column(table, column)?;
        Some(format!("'{}'!${letter}${row}", sheet.tab))
    }

    fn range(&self, table: &str, column: &str) -> Option<String> {
        let (sheet, letter) = self.column(table, column)?;
        Some(format!("'{}'!${letter}$2:${letter}${}", sheet.tab, sheet.rows + 1))
    }

    /// The sum of a column over the ranked participants.
    pub(super) fn of_ranked(&self, column: &str) -> Option<String> {
        let (ranks, values) =
            (self.range("participants", "rank")?, self.range("participants", column)?);
        Some(format!("SUMIF({ranks},\">0\",{values})"))
    }

    pub(super) fn ranked(&self) -> Option<String> {
        Some(format!("COUNT({})", self.range("participants", "rank")?))
    }

    /// The formula of a cell without its equals sign, or `None` for a constant.
    pub(super) fn formula(&self, table: &str, column: &str, row: u32) -> Option<String> {
        let own = |id: &str| self.column(table, id).map(|(_, letter)| format!("{letter}{row}"));
        let minus = |from: &str, what: &str| Some(format!("{}-{}", own(from)?, own(what)?));
        let saving = || Some(format!("1-{}/{}", own("used_kwh")?, own("expected_kwh")?));
        let times = |what: &str, name: &str| Some(format!("{}*{name}", own(what)?));
        match (table, column) {
            ("total", _) => self.total(column, row),
            ("participants" | "weeks", "saved_kwh") => minus("expected_kwh", "used_kwh"),
            ("participants" | "weeks", "saving_percent") => saving(),
            ("participants", "saved_sek") => times("saved_kwh", PRICE),
            ("participants", "saved_kg_co2e") => times("saved_kwh", EMISSION),
            ("board", "saving_percent" | "saved_kwh") => self.cell("participants", column, row),
            ("board", "energy_kwh") => self.cell("participants", "used_kwh", row),
            ("board", "kwh_per_m2") => {
                let area = self.cell("participants", "floor_area_m2", row)?;
                Some(format!("{}/{area}", own("energy_kwh")?))
            }
            ("clusters", _) => self.cluster(column, &own("cluster")?),
            ("activities", "change_points") => {
                Some(format!("({})*100", minus("after_percent", "before_percent")?))
            }
            ("traps", "sek_per_year") => times("kwh_per_year", PRICE),
            _ => None,
        }
    }

    /// Row 2 has kWh, rows 3 and 4 have SEK and kg CO₂.
    fn total(&self, column: &str, row: u32) -> Option<String> {
        let kwh = |letter: char| match row {
            3 => Some(format!("{letter}$2*{PRICE}")),
            4 => Some(format!("{letter}$2*{EMISSION}")),
            _ => None,
        };
        match (column, row) {
            ("saved", 2) => self.of_ranked("saved_kwh"),
            ("interval_low", 2) => Some(format!("C2-(1-EXP(-C{HALF_WIDTH}))*C{EXPECTED}")),
            ("interval_high", 2) => Some(format!("C2+(EXP(C{HALF_WIDTH})-1)*C{EXPECTED}")),
            ("saved", _) => kwh('C'),
            ("interval_low", _) => kwh('D'),
            ("interval_high", _) => kwh('E'),
            _ => None,
        }
    }

    fn cluster(&self, column: &str, own: &str) -> Option<String> {
        let of = |column| self.range("participants", column);
        let mine = format!("({}={own})*({}>0)", of("cluster")?, of("rank")?);
        let area = of("floor_area_m2")?;
        let by_area = |values: String| {
            format!("SUMPRODUCT({mine}*{area}*{values})/SUMPRODUCT({mine}*{area})")
        };
        match column {
            "ranked" => Some(format!("SUMPRODUCT({mine})")),
            "saved_kwh" => Some(format!("SUMPRODUCT({mine}*{})", of("saved_kwh")?)),
            "saving_percent" => Some(by_area(of("saving_percent")?)),
            "kwh_per_m2" => Some(by_area(self.range("board", "kwh_per_m2")?)),
            _ => None,
        }
    }

    /// The formula of the row of sums; for participants, it sums the ranked ones.
    pub(super) fn sum(&self, table: &str, column: &str) -> Option<String> {
        let (sheet, letter) = self.column(table, column)?;
        let last = sheet.rows + 1;
        let own =
            |id: &str| self.column(table, id).map(|(_, letter)| format!("{letter}{}", last + 1));
        match (table, column) {
            (
                "participants",
                "floor_area_m2" | "employees" | "expected_kwh" | "used_kwh" | "saved_kwh"
                | "saved_sek" | "saved_kg_co2e",
            ) => Some(format!("SUMIF($A$2:$A${last},\">0\",{letter}2:{letter}{last})")),
            ("weeks", "expected_kwh" | "used_kwh" | "saved_kwh")
            | ("clusters", "ranked" | "saved_kwh")
            | ("trail", "entries") => Some(format!("SUM({letter}2:{letter}{last})")),
            ("participants" | "weeks", "saving_percent") => {
                Some(format!("1-{}/{}", own("used_kwh")?, own("expected_kwh")?))
            }
            _ => None,
        }
    }
}
