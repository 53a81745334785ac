//! Which meter or participant each row of a file is of: as stated, as the file says, or as
//! the file is called.
use std::collections::HashMap;

use super::{
    columns::{meter_text, shell},
    context::Context,
    error::{Choice, LayoutError},
    layout::{Entry, Layout},
    plan::Plan,
    printable::{quoted, quoted_bytes},
};

/// How many meters an error lists.
const LISTED: usize = 10;

/// The meters or the participant of a file's rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assignment {
    /// Ids of the configuration, one for each series.
    pub(crate) ids: Vec<String>,
    /// By the text in the column of meters.
    by_text: HashMap<String, usize>,
    /// By column of values.
    by_column: Vec<Option<usize>>,
    /// The command states the meter.
    is_stated: bool,
}

impl Assignment {
    /// All rows are of one meter or participant.
    pub(crate) fn one(id: String) -> Self {
        Self { ids: vec![id], ..Self::default() }
    }

    /// The meters of a file's rows. `stem` is the file's name without its extension.
    pub(crate) fn new(plan: &Plan, context: &Context<'_>, stem: &str) -> Result<Self, LayoutError> {
        let known = |id: &str| context.meters.contains(&id);
        let file = &plan.file_meters;
        let listed = || {
            let mut names: Vec<String> = file.iter().take(LISTED).map(|id| quoted(id)).collect();
            names.extend((file.len() > LISTED).then(|| "…".to_owned()));
            names.join(", ")
        };
        if !plan.has_meter_column {
            // A meter above the table is that of the file.
            let above = file.first().filter(|id| known(id));
            return match (context.meter, above) {
                (Some(stated), Some(above)) if stated != above => Err(LayoutError::new(
                    format!(
                        "the file is of the meter {}, not of {}",
                        quoted(above),
                        quoted(stated)
                    ),
                    "state the meter of the file with --meter, or leave the option out",
                )),
                (Some(stated), _) => Ok(Self::one(stated.to_owned())),
                (None, Some(above)) if known(stem) && stem != above => Err(LayoutError::question(
                    format!(
                        "the file is called {} and is of the meter {}",
                        quoted(stem),
                        quoted(above)
                    ),
                    "state the meter of the file",
                    [above.as_str(), stem]
                        .map(|id| Choice::new(format!("--meter {}", shell(id)), ""))
                        .into(),
                )),
                (None, Some(above)) => Ok(Self::one(above.clone())),
                (None, None) => Ok(Self::one(stem.to_owned())),
            };
        }
        match context.meter {
            Some(stated) if file.iter().any(|id| id == stated) => {
                let one = Self::of_file(&plan.layout, &[stated.to_owned()]);
                Ok(Self { is_stated: true, ..one })
            }
            // The utility's name of the meter is another one than the configuration's.
            Some(stated) if file.len() == 1 && !known(&file[0]) => {
                let mut all = Self::one(stated.to_owned());
                all.by_text.insert(file[0].clone(), 0);
                all.by_column = vec![None; plan.layout.columns.values.len()];
                Ok(all)
            }
            Some(stated) => Err(LayoutError::new(
                format!("the file has no rows of the meter {}", quoted(stated)),
                format!("its meters are {}", listed()),
            )),
            None => {
                let ours: Vec<String> = file.iter().filter(|id| known(id)).cloned().collect();
                if !ours.is_empty() {
                    return Ok(Self::of_file(&plan.layout, &ours));
                }
                if file.len() == 1 && known(stem) {
                    let mut all = Self::one(stem.to_owned());
                    all.by_text.insert(file[0].clone(), 0);
                    return Ok(all);
                }
                Err(LayoutError::new(
                    format!("the configuration has none of the file's meters: {}", listed()),
                    "give the meters of the configuration the ids that the file has, or import a \
                     file of one meter with --meter ID",
                ))
            }
        }
    }

    fn of_file(layout: &Layout, ids: &[String]) -> Self {
        let index = |id: &str| ids.iter().position(|other| other == id);
        let columns = layout.columns.values.iter();
        Self {
            ids: ids.to_vec(),
            by_text: ids.iter().cloned().zip(0..).collect(),
            by_column: columns.map(|value| index(value.meter.as_ref()?)).collect(),
            is_stated: false,
        }
    }
}

/// Finds the series of each entry, with the last answer kept.
#[derive(Debug)]
pub(super) struct SeriesFinder<'a> {
    assignment: &'a Assignment,
    has_columns: bool,
    last: Option<(Vec<u8>, Option<usize>)>,
}

impl<'a> SeriesFinder<'a> {
    pub(super) fn new(assignment: &'a Assignment, layout: &Layout) -> Self {
        let has_columns = layout.columns.values.iter().any(|value| value.meter.is_some());
        Self { assignment, has_columns, last: None }
    }

    /// Why a row's meter has no series.
    pub(super) fn why_not(&self) -> &'static str {
        if self.assignment.is_stated {
            "the row is of another meter than --meter states"
        } else {
            "the configuration does not have the row's meter"
        }
    }

    /// The index of the series, or the meter that the configuration does not have.
    pub(super) fn find(&mut self, entry: &Entry<'_>) -> Result<usize, String> {
        if self.has_columns {
            let found = self.assignment.by_column.get(entry.column).copied().flatten();
            return found.ok_or_else(|| format!("column {}", entry.column + 1));
        }
        let Some(meter) = entry.meter else { return Ok(0) };
        if self.last.as_ref().is_none_or(|(last, _)| last != meter) {
            let text = meter_text(&String::from_utf8_lossy(meter));
            let found = self.assignment.by_text.get(&text).copied();
            self.last = Some((meter.to_vec(), found));
        }
        let found = self.last.as_ref().and_then(|(_, found)| *found);
        found.ok_or_else(|| quoted_bytes(meter))
    }
}
