//! Rust source as flat tokens, without comments, each knowing whether only tests
//! see it. A word in a comment or a string is no finding.
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A token and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
    /// Behind `#[cfg(test)]`.
    pub(super) test: bool,
}

/// All tokens, or why it is no Rust.
pub(super) fn read(source: &str) -> Result<Vec<Token>, String> {
    let stream = TokenStream::from_str(source).map_err(|error| error.to_string())?;
    let mut tokens = Vec::new();
    flatten(stream, false, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, inside: bool, out: &mut Vec<Token>) {
    // Set by `#[cfg(test)]` until the item behind it ends.
    let mut item = false;
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        let test = inside || item;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push(Token { text: open.into(), line, test });
                let end = group.span_close().end().line;
                let brace = group.delimiter() == Delimiter::Brace;
                flatten(group.stream(), test, out);
                out.push(Token { text: close.into(), line: end, test });
                item &= !brace;
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // `#[…]` or `#![…]`; a doc comment has become one of these.
                if let Some(TokenTree::Punct(next)) = trees.peek()
                    && next.as_char() == '!'
                {
                    trees.next();
                }
                if let Some(TokenTree::Group(group)) = trees.peek() {
                    let text: String = group.stream().to_string().split_whitespace().collect();
                    item |= text == "cfg(test)" || text.starts_with("cfg(all(test,");
                    if text.starts_with("doc=") {
                        trees.next();
                        continue;
                    }
                }
                out.push(Token { text: "#".into(), line, test });
            }
            TokenTree::Punct(punct) => {
                item &= punct.as_char() != ';';
                out.push(Token { text: punct.to_string(), line, test });
            }
            TokenTree::Ident(ident) => out.push(Token { text: ident.to_string(), line, test }),
            TokenTree::Literal(literal) => {
                out.push(Token { text: literal.to_string(), line, test });
            }
        }
    }
}

/// The tokens at which the words begin, one token a word: `["std", ":", ":", "fs"]`.
pub(super) fn find<'a>(tokens: &'a [Token], words: &[&str]) -> Vec<&'a Token> {
    let matches =
        |window: &&[Token]| window.iter().zip(words).all(|(token, word)| token.text == *word);
    tokens.windows(words.len()).filter(matches).map(|window| &window[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests_only(source: &str, word: &str) -> Vec<bool> {
        find(&read(source).unwrap(), &[word]).iter().map(|token| token.test).collect()
    }

    #[test]
    fn comments_and_strings_are_no_words() {
        let source = "//! unsafe\n/// unsafe\nfn f() { let _ = \"unsafe\"; } // unsafe";
        assert!(tests_only(source, "unsafe").is_empty());
    }

    #[test]
    fn what_tests_alone_see_ends_with_the_item() {
        let source =
            "#[cfg(test)]\nextern crate std;\nuse std;\n#[cfg(test)]\nmod t { use std; }\nuse std;";
        assert_eq!(tests_only(source, "std"), [true, false, true, false]);
    }

    #[test]
    fn paths_are_found_with_their_lines() {
        let tokens = read("fn f() {\n    std::fs::read(\"x\");\n}").unwrap();
        let lines: Vec<_> =
            find(&tokens, &["std", ":", ":", "fs"]).iter().map(|t| t.line).collect();
        assert_eq!(lines, [2]);
    }

    #[test]
    fn a_file_that_is_no_rust_is_an_error() {
        assert!(read("fn f( {").is_err());
    }
}
