//! Layouts that are known by name: those of utilities and weather services, which
//! `known_layouts.toml` describes, and those that an organiser saved. Both have one form.
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{options::Statements, table::Table};

/// The folder of saved layouts, beside the configuration.
const FOLDER: &str = "layouts";

/// A layout with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NamedLayout {
    pub(crate) name: String,
    /// Names of columns that a file of the layout has.
    pub(crate) header: Vec<String>,
    /// Whether it is of temperatures.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) temperature: bool,
    #[serde(flatten)]
    pub(crate) statements: Statements,
}

#[derive(Debug, Deserialize)]
struct Known {
    layout: Vec<NamedLayout>,
}

/// The name of the layout that this product documents.
pub(super) const OWN: &str = "Wattkampen";

/// The layouts that are part of the program.
pub(super) fn built_in() -> Vec<NamedLayout> {
    let known: Known = toml::from_str(include_str!("known_layouts.toml"))
        .expect("the layouts of the program are well formed, which a test checks");
    known.layout
}

impl NamedLayout {
    /// Whether a file with this table is of the layout.
    pub(super) fn is_of(&self, table: &Table) -> bool {
        !self.header.is_empty()
            && self.header.iter().all(|wanted| {
                let wanted = wanted.to_lowercase();
                table.names.iter().any(|name| match wanted.strip_suffix('*') {
                    Some(beginning) => name.starts_with(beginning),
                    None => *name == wanted,
                })
            })
    }
}

/// The layouts that are saved beside a configuration.
#[derive(Debug, Clone)]
pub(crate) struct SavedLayouts {
    folder: PathBuf,
}

/// Why a saved layout cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedLayoutError {
    #[error(
        "no layout is saved as {name:?}: {}\n  save one with --save-layout {name} in an import of a file of its kind", path.display()
    )]
    Absent { name: String, path: PathBuf },
    #[error("{name:?} cannot be the name of a layout\n  use letters, digits, - and _")]
    Name { name: String },
    #[error("the layout {} cannot be read: {error}\n  correct it, or delete it and save it again", path.display())]
    Unreadable { path: PathBuf, error: String },
    #[error("the layout {} cannot be written: {error}\n  make its folder writable", path.display())]
    Unwritable { path: PathBuf, error: io::Error },
}

impl SavedLayouts {
    pub(crate) fn beside(config: &Path) -> Self {
        Self { folder: config.parent().unwrap_or(Path::new("")).join(FOLDER) }
    }

    fn path(&self, name: &str) -> Result<PathBuf, SavedLayoutError> {
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 80 || !name.chars().all(fits) {
            return Err(SavedLayoutError::Name { name: name.to_owned() });
        }
        Ok(self.folder.join(format!("{name}.toml")))
    }

    pub(crate) fn load(&self, name: &str) -> Result<NamedLayout, SavedLayoutError> {
        let path = self.path(name)?;
        if !path.exists() {
            return Err(SavedLayoutError::Absent { name: name.to_owned(), path });
        }
        read(&path)
    }

    /// All saved layouts, in the order of their names.
    pub(crate) fn all(&self) -> Result<Vec<NamedLayout>, SavedLayoutError> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }

    /// Saves a layout and returns where.
    pub(crate) fn save(&self, layout: &NamedLayout) -> Result<PathBuf, SavedLayoutError> {
        let path = self.path(&layout.name)?;
        let unwritable = |error| SavedLayoutError::Unwritable { path: path.clone(), error };
        let text = toml::to_string(layout).map_err(|error| unwritable(io::Error::other(error)))?;
        fs::create_dir_all(&self.folder).map_err(unwritable)?;
        fs::write(&path, text).map_err(unwritable)?;
        Ok(path)
    }
}

fn read(path: &Path) -> Result<NamedLayout, SavedLayoutError> {
    let unreadable = |error: String| SavedLayoutError::Unreadable { path: path.to_owned(), error };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    toml::from_str(&text).map_err(|error| unreadable(error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{super::options::Unit, *};

    #[test]
    fn the_layouts_of_the_program_are_well_formed() {
        let known = built_in();
        assert!(known.len() > 10);
        for layout in known {
            assert!(layout.header.len() >= 2, "{}", layout.name);
            let lower = layout.header.iter().all(|name| name.to_lowercase() == *name);
            assert!(lower, "{}", layout.name);
        }
    }

    #[test]
    fn a_saved_layout_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let saved = SavedLayouts::beside(&folder.path().join("wattkampen.toml"));
        assert_eq!(saved.all().unwrap(), []);
        let statements = Statements {
            time_columns: vec!["datum".to_owned(), "kl".to_owned()],
            unit: Some(Unit::KWh),
            ..Statements::default()
        };
        let layout = NamedLayout {
            name: "kommun".to_owned(),
            header: vec!["datum".to_owned(), "kl".to_owned(), "värde".to_owned()],
            temperature: false,
            statements,
        };
        saved.save(&layout).unwrap();
        assert_eq!(saved.load("kommun").unwrap(), layout);
        assert_eq!(saved.all().unwrap(), [layout]);
        assert!(saved.load("annan").unwrap_err().to_string().contains("--save-layout annan"));
        assert!(saved.load("../x").is_err());
    }
}
