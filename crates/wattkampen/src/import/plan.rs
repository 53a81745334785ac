//! From a file to the way it is read: detection, a first reading of the whole file, and
//! what is left to ask. Where a wrong guess would change an energy, nothing is guessed.
use std::{io, path::Path};

use csv::ByteRecord;

use super::{
    container::{Container, container},
    context::Context,
    draft::Draft,
    encoding,
    error::LayoutError,
    green_button,
    known::{NamedLayout, OWN, built_in},
    layout::{Layout, Stamps},
    options::{Statements, Times, ValueKind},
    rows::Content,
    source::Source,
    survey::Survey,
    table::{Table, find_in_rows, find_in_text},
    timestamp::ZoneOffsets,
    words, workbook,
};

/// A file that is ready to be read.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(super) content: Content,
    /// Meters that the file names, in its column of meters or above its table.
    pub(crate) file_meters: Vec<String>,
    pub(crate) has_meter_column: bool,
    /// The layout is this product's own, or one that was stated.
    pub(crate) is_stated: bool,
    pub(crate) findings: Vec<String>,
    pub(super) table: Table,
    pub(super) statements: Statements,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(crate) enum PlanError {
    Io(io::Error),
    Layout(LayoutError),
}

impl From<io::Error> for PlanError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LayoutError> for PlanError {
    fn from(error: LayoutError) -> Self {
        Self::Layout(error)
    }
}

impl Plan {
    pub(crate) fn new(
        path: &Path,
        stated: &Statements,
        context: &Context<'_>,
    ) -> Result<Self, PlanError> {
        let source = Source::open(path)?;
        let (content, table) = open(source, stated)?;
        let known = recognise(&table, context);
        let statements = match &known {
            Some(known) => stated.or(&known.statements),
            None => stated.clone(),
        };
        let encoding = match &content {
            Content::Text { encoding, .. } => Some(encoding.map_or("UTF-8", |it| it.name())),
            _ => None,
        };
        let mut draft =
            Draft { table, stated, statements, context, zone_is_stated: false, encoding };
        let names_meter = names_meter(&draft);
        let refused = |error: LayoutError| LayoutError { names_meter, ..error };
        let layout = draft.layout(known.as_ref().map(|known| known.name.clone()));
        let mut layout = layout.map_err(refused)?;
        let own = known.as_ref().is_some_and(|known| known.name == OWN);
        let mut content = content;
        let mut findings = Vec::new();
        let mut file_meters: Vec<String> = draft.preamble_meter().into_iter().collect();
        let whole = !(own && draft.leaves_no_choice(&layout));
        let survey = if !whole {
            draft.survey_of_beginning(&layout)
        } else {
            content = content.repeatable()?;
            survey(&content, &layout)?
        };
        draft.settle(&mut layout, &survey, whole, &mut findings).map_err(refused)?;
        if layout.columns.meter.is_some() {
            file_meters = survey.meters.into_keys().collect();
        }
        let by_column = layout.columns.values.iter().filter_map(|value| value.meter.clone());
        file_meters.extend(by_column);
        let Draft { table, statements, .. } = draft;
        let saved = known.as_ref().is_some_and(|known| context.saved.contains(known));
        Ok(Self {
            has_meter_column: layout.columns.meter.is_some()
                || layout.columns.values.iter().any(|value| value.meter.is_some()),
            is_stated: own || saved,
            layout,
            content,
            file_meters,
            findings,
            table,
            statements,
        })
    }

    /// Whether a file may say of which meter it is, which only its rows show: it is
    /// no text with the names of this product's own layout.
    pub(crate) fn may_name_its_meter(path: &Path) -> bool {
        let Ok(source) = Source::open(path) else { return false };
        let beginning = String::from_utf8_lossy(source.beginning()).to_lowercase();
        let names = beginning.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        let own = ["timestamp,energy_wh", "timestamp,register_wh", "timestamp,energy"];
        !own.contains(&names.trim())
    }

    /// The layout by a name, for later files of the kind.
    pub(crate) fn named(&self, name: &str, temperature: bool) -> NamedLayout {
        let column = |at: usize| self.table.option_name(at);
        let Layout { columns, .. } = &self.layout;
        let zone = match self.layout.zone_name.as_str() {
            "" => None,
            zone => Some(zone.to_owned()),
        };
        let mut statements = Statements {
            time_columns: columns.time.iter().map(|at| column(*at)).collect(),
            end_column: columns.end.map(column),
            meter_column: columns.meter.map(column),
            unit_column: columns.unit.map(column),
            zone,
            decimal: Some(self.layout.number.decimal),
            unit: (!temperature && columns.unit.is_none()).then_some(self.layout.unit),
            times: (self.layout.kind == ValueKind::Energy).then_some(match self.layout.stamps {
                Stamps::Starts => Times::Starts,
                Stamps::Ends | Stamps::ClockEnds => Times::Ends,
            }),
            date_order: self.layout.form.order,
            register: (self.layout.kind == ValueKind::Register).then_some(true),
            ..self.statements.clone()
        };
        if let [value] = &columns.values[..] {
            statements.value_column = Some(column(value.at));
        }
        let header = self.table.names.iter().filter(|name| !name.is_empty()).cloned().collect();
        NamedLayout { name: name.to_owned(), header, temperature, statements }
    }
}

/// Whether the file may say of which meters its rows are, in a column, in names of columns
/// or above its table.
fn names_meter(draft: &Draft<'_>) -> bool {
    let meters = &draft.context.meters;
    let is_meter = |text: &str| meters.iter().any(|meter| text.contains(meter));
    let table = &draft.table;
    draft.statements.meter_column.is_some()
        || draft.preamble_meter().is_some_and(|meter| meters.contains(&meter.as_str()))
        || table.names.iter().any(|name| is_meter(name) || words::is_one_of(name, words::METER))
        || table.body.iter().flatten().any(|field| is_meter(&String::from_utf8_lossy(field)))
}

/// Opens the content of a file and finds its table.
fn open(source: Source, stated: &Statements) -> Result<(Content, Table), PlanError> {
    if source.beginning().is_empty() {
        return Err(LayoutError::empty("the file is empty").into());
    }
    match container(source.beginning())? {
        Container::Workbook => {
            let rows = workbook::rows(source.read_all()?, stated.sheet.as_deref())?;
            let table = find_in_rows(&rows)?;
            Ok((Content::Rows(rows), table))
        }
        Container::GreenButton => {
            let rows = green_button::rows(&source.read_all()?)?;
            let table = find_in_rows(&rows)?;
            Ok((Content::Rows(rows), table))
        }
        Container::Text => {
            let encoding = encoding::detect(source.beginning());
            let whole = source.is_whole();
            let delimiter = stated.delimiter.and_then(|c| u8::try_from(c).ok());
            let table = match encoding {
                None => {
                    let text = source.beginning();
                    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
                    find_in_text(text, whole, delimiter)?
                }
                Some(encoding) => {
                    let mut text = Vec::new();
                    io::Read::read_to_end(
                        &mut encoding::decode(encoding, source.beginning()),
                        &mut text,
                    )?;
                    find_in_text(&text, whole, delimiter)?
                }
            };
            let content =
                Content::Text { source: Box::new(source), delimiter: table.delimiter, encoding };
            Ok((content, table))
        }
    }
}

fn recognise(table: &Table, context: &Context<'_>) -> Option<NamedLayout> {
    let own = |layout: &&NamedLayout| layout.temperature == context.temperature;
    let saved = context.saved.iter().filter(own).find(|layout| layout.is_of(table));
    saved.cloned().or_else(|| built_in().into_iter().find(|layout| layout.is_of(table)))
}

fn survey(content: &Content, layout: &Layout) -> Result<Survey, PlanError> {
    let mut survey = Survey::default();
    let mut offsets = ZoneOffsets::new(layout.zone.clone());
    let mut rows = content.rows(layout.skip)?;
    let mut row = ByteRecord::new();
    while let Some(line) = rows.next(&mut row)? {
        survey.add(layout, &mut offsets, &row, line);
    }
    Ok(survey)
}
