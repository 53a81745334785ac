//! Chooses the language of a page: the visitor's choice first, then what the browser
//! accepts, then the service's own.
use axum::http::{HeaderMap, header};
use wire::Language;

/// The cookie that remembers a visitor's choice.
pub(super) const COOKIE: &str = "lang";

/// Reads a language tag by its primary subtag: `sv-SE` is Swedish.
pub(super) fn from_tag(tag: &str) -> Option<Language> {
    tag.split('-').next()?.trim().to_ascii_lowercase().parse().ok()
}

/// The language that the address chooses, otherwise the cookie, otherwise the
/// browser's `Accept-Language`; `default` where none of them is given.
pub(super) fn negotiate(chosen: Option<&str>, headers: &HeaderMap, default: Language) -> Language {
    chosen
        .and_then(from_tag)
        .or_else(|| from_cookie(headers))
        .unwrap_or_else(|| from_accept_language(headers, default))
}

fn from_cookie(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| from_tag(value))
}

/// RFC 9110, section 12.5.4: the known language with the highest weight.
fn from_accept_language(headers: &HeaderMap, default: Language) -> Language {
    let Some(accepted) = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
    else {
        return default;
    };
    let mut weighted: Vec<(f32, Language)> = accepted
        .split(',')
        .filter_map(|item| {
            let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
            let weight: f32 = weight.trim().parse().ok().filter(|w| *w > 0.0)?;
            let tag = tag.trim();
            let language = if tag == "*" { default } else { from_tag(tag)? };
            Some((weight, language))
        })
        .collect();
    // The sort is stable: equal weights keep the browser's order.
    weighted.sort_by(|a, b| b.0.total_cmp(&a.0));
    // A visitor who reads neither language is more likely to know English.
    weighted.first().map_or(Language::English, |(_, language)| *language)
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
        let (sv, en) = (Language::Swedish, Language::English);
        let both = headers(&[(header::COOKIE, "a=b; lang=en"), (header::ACCEPT_LANGUAGE, "sv")]);
        assert_eq!(negotiate(Some("sv"), &both, sv), sv);
        assert_eq!(negotiate(None, &both, sv), en);
        assert_eq!(negotiate(Some("klingon"), &both, sv), en);
        let browser = headers(&[(header::ACCEPT_LANGUAGE, "de, en-GB;q=0.5, sv-SE;q=0.9")]);
        assert_eq!(negotiate(None, &browser, sv), sv);
        let german = headers(&[(header::ACCEPT_LANGUAGE, "de-DE")]);
        assert_eq!(negotiate(None, &german, sv), en);
        let any = headers(&[(header::ACCEPT_LANGUAGE, "*")]);
        assert_eq!(negotiate(None, &any, sv), sv);
        assert_eq!(negotiate(None, &HeaderMap::new(), sv), sv);
    }
}
