//! The organiser's forms, which work without a script: their fields with what was sent
//! and what is wrong with it.
use maud::{Markup, html};
use wire::Language;

use super::ViewContext;
use crate::web::query_params::QueryParams;

/// A form that was sent and not accepted.
#[derive(Debug, Clone)]
pub(in crate::web) struct RefusedForm {
    /// What was sent.
    pub(in crate::web) sent: QueryParams,
    /// The field that is wrong; `None` where it is not one of them.
    pub(in crate::web) field: Option<&'static str>,
    /// What is wrong, in the visitor's language.
    pub(in crate::web) problem: String,
}

/// A form of the page.
pub(super) struct Form<'a> {
    pub(super) language: Language,
    /// Its id on the page.
    pub(super) id: String,
    /// What it declares.
    pub(super) kind: &'static str,
    /// What was sent with it and not accepted.
    refused: Option<&'a RefusedForm>,
    /// The field with its token.
    token: Markup,
}

/// What a field of a form has beside its name.
#[derive(Default)]
pub(super) struct Input {
    /// `date`, `datetime-local`, or empty for text.
    pub(super) kind: &'static str,
    pub(super) optional: bool,
    /// Digits with a decimal comma.
    pub(super) is_number: bool,
    pub(super) max_length: Option<u32>,
    /// Proposed where nothing was sent.
    pub(super) value: Option<String>,
}

impl Input {
    pub(super) fn of(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    pub(super) fn number() -> Self {
        Self { is_number: true, ..Self::default() }
    }

    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(super) fn proposing(self, value: impl Into<Option<String>>) -> Self {
        Self { value: value.into(), ..self }
    }
}

impl<'a> Form<'a> {
    pub(super) fn new(
        context: &ViewContext,
        id: String,
        kind: &'static str,
        refused: Option<&'a RefusedForm>,
    ) -> Self {
        let refused = refused.filter(|it| it.sent.get("form") == Some(&id));
        Self { language: context.language, id, kind, refused, token: context.token_field() }
    }

    fn problem(&self, name: &str) -> Option<&str> {
        self.refused.filter(|it| it.field == Some(name)).map(|it| it.problem.as_str())
    }

    fn sent(&self, name: &str) -> Option<&str> {
        self.refused.and_then(|it| it.sent.get(name))
    }

    fn described(&self, name: &str) -> Option<String> {
        self.problem(name).map(|_| format!("{}-{name}-problem", self.id))
    }

    fn labelled(&self, label: &str, name: &str, field: &Markup) -> Markup {
        html! {
            label.wrong[self.problem(name).is_some()] { span { (label) } (field)
                @if let Some(problem) = self.problem(name) {
                    small.problem id=[self.described(name)] { (problem) }
                } }
        }
    }

    pub(super) fn input(&self, label: &str, name: &str, input: Input) -> Markup {
        let Input { kind, optional, is_number, max_length, value } = input;
        let value = self.sent(name).map(str::to_owned).or(value.filter(|_| self.refused.is_none()));
        let kind = (!kind.is_empty()).then_some(kind);
        let field = html! {
            input type=[kind] name=(name) required[!optional] value=[value] maxlength=[max_length]
                inputmode=[is_number.then_some("decimal")] autocomplete="off"
                aria-invalid=[self.problem(name).map(|_| "true")] aria-describedby=[self.described(name)];
        };
        self.labelled(label, name, &field)
    }

    /// A choice of values with their texts.
    pub(super) fn select(
        &self,
        label: &str,
        name: &str,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Markup {
        let field = html! {
            select name=(name) required aria-invalid=[self.problem(name).map(|_| "true")]
                aria-describedby=[self.described(name)] {
                @for (value, text) in options {
                    option value=(value) selected[self.sent(name) == Some(value.as_str())] { (text) }
                } }
        };
        self.labelled(label, name, &field)
    }

    /// A field that the page fills in.
    pub(super) fn fixed(name: &str, value: &str) -> Markup {
        html! { input type="hidden" name=(name) value=(value); }
    }

    /// The whole form with reason and role, behind its title.
    pub(super) fn render(
        &self,
        title: &str,
        fields: &Markup,
        reason: &str,
        submit: &str,
    ) -> Markup {
        let l = self.language;
        let at_no_field = self.refused.filter(|it| it.field.is_none());
        html! {
            details #(self.id) open[self.refused.is_some()] { summary { (title) }
                form.filter method="post" action={ "/organiser#" (self.id) } {
                    (self.token)
                    input type="hidden" name="kind" value=(self.kind);
                    input type="hidden" name="form" value=(self.id);
                    (fields)
                    (self.input(reason, "reason", Input { max_length: Some(500), ..Input::default() }))
                    (self.input(l.pick("Din roll", "Your role"), "by", Input { max_length: Some(80), ..Input::default() }))
                    button type="submit" { (submit) }
                    @if let Some(it) = at_no_field { p.problem role="alert" { (it.problem) } }
                } }
        }
    }
}
