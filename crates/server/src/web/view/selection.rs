//! What a visitor chose to see on the front page, and its address.
use competition::{Row, Rule};

use super::ViewContext;

/// What the visitor chose to see. The address holds all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::web) struct Selection {
    /// `None` is the competition's own rule.
    pub(in crate::web) rule: Option<Rule>,
    /// Show this cluster only.
    pub(in crate::web) cluster: Option<String>,
    /// Show names that contain this text only.
    pub(in crate::web) search: Option<String>,
    /// Show every panel instead of the first 24.
    pub(in crate::web) all_panels: bool,
}

impl Selection {
    /// The front page's address with this selection.
    pub(super) fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(rule) = self.rule {
            query.append_pair("rule", rule.as_str());
        }
        for (name, value) in [("cluster", &self.cluster), ("q", &self.search)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if self.all_panels {
            query.append_pair("panels", "all");
        }
        let query = query.finish();
        if query.is_empty() { "/".into() } else { format!("/?{query}") }
    }

    /// Whether the visitor chose to see this row.
    pub(super) fn includes(&self, context: &ViewContext, row: &Row) -> bool {
        let Some(who) = context.who(row.participant) else { return false };
        let found = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        self.cluster.as_ref().is_none_or(|cluster| *cluster == who.cluster)
            && self
                .search
                .as_ref()
                .is_none_or(|part| found(&who.municipality, part) || found(&who.building, part))
    }
}
