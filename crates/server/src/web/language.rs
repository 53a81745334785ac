//! Swedish or English: the visitor's choice, the browser's wish, or the service's own.
use axum::http::{HeaderMap, header};

/// Name of the cookie that remembers a choice.
pub(super) const COOKIE: &str = "lang";

/// Language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    Swedish,
    English,
}

impl From<wire::Language> for Language {
    fn from(language: wire::Language) -> Self {
        match language {
            wire::Language::Sv => Self::Swedish,
            wire::Language::En => Self::English,
        }
    }
}

impl From<Language> for wire::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Swedish => Self::Sv,
            Language::English => Self::En,
        }
    }
}

impl Language {
    /// `sv` or `en`, as in BCP 47.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.trim().to_ascii_lowercase().as_str() {
            "sv" => Some(Self::Swedish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The text in this language.
    pub(super) fn text<T: AsRef<str>>(self, text: &competition::Bilingual<T>) -> &str {
        match self {
            Self::Swedish => text.swedish.as_ref(),
            Self::English => text.english.as_ref(),
        }
    }

    /// One of two texts: keeps both beside the markup that shows them.
    pub(super) const fn t(self, swedish: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Swedish => swedish,
            Self::English => english,
        }
    }

    /// What was chosen in the address, else in the cookie, else what the browser
    /// asks for; `own` where it asks for nothing.
    pub(super) fn negotiate(chosen: Option<&str>, headers: &HeaderMap, own: Self) -> Self {
        chosen
            .and_then(Self::from_tag)
            .or_else(|| Self::remembered(headers))
            .unwrap_or_else(|| Self::wished(headers, own))
    }

    fn remembered(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .and_then(|(_, value)| Self::from_tag(value))
    }

    fn wished(headers: &HeaderMap, own: Self) -> Self {
        let Some(wish) = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
        else {
            return own;
        };
        let mut wishes: Vec<(f32, Self)> = wish
            .split(',')
            .filter_map(|item| {
                let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
                let weight: f32 = weight.trim().parse().ok().filter(|w| *w > 0.0)?;
                let tag = tag.trim();
                let language = if tag == "*" { own } else { Self::from_tag(tag)? };
                Some((weight, language))
            })
            .collect();
        // Stable: equal weights keep the browser's order.
        wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Who reads neither is more likely to know English.
        wishes.first().map_or(Self::English, |(_, language)| *language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs.map(|(k, v)| (k.clone(), v.parse().expect("a header value"))).collect()
    }

    #[test]
    fn the_address_wins_over_the_cookie_over_the_browser() {
        let sv = Language::Swedish;
        let both = headers(&[(header::COOKIE, "a=b; lang=en"), (header::ACCEPT_LANGUAGE, "sv")]);
        assert_eq!(Language::negotiate(Some("sv"), &both, sv), Language::Swedish);
        assert_eq!(Language::negotiate(None, &both, sv), Language::English);
        assert_eq!(Language::negotiate(Some("klingon"), &both, sv), Language::English);
        let browser = headers(&[(header::ACCEPT_LANGUAGE, "de, en-GB;q=0.5, sv-SE;q=0.9")]);
        assert_eq!(Language::negotiate(None, &browser, sv), Language::Swedish);
        let german = headers(&[(header::ACCEPT_LANGUAGE, "de-DE")]);
        assert_eq!(Language::negotiate(None, &german, sv), Language::English);
        let any = headers(&[(header::ACCEPT_LANGUAGE, "*")]);
        assert_eq!(Language::negotiate(None, &any, sv), Language::Swedish);
        assert_eq!(Language::negotiate(None, &HeaderMap::new(), sv), Language::Swedish);
    }
}
