//! Rule for the modules of a crate: no two of them import each other, directly or
//! through others. A module and the modules inside it form one unit, so a parent that
//! re-exports its children is no cycle.
use std::collections::{BTreeMap, BTreeSet};

use super::{
    File, Finding,
    tokens::{self, Token},
};

/// Module path inside a crate: `["store", "reader"]`; the crate root is empty.
type Module = Vec<String>;

/// One crate's modules with the paths that each of them mentions.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<Module, Source>,
}

struct Source {
    path: String,
    /// Absolute paths inside the crate, `use` trees expanded.
    mentions: BTreeSet<Module>,
    /// What `use` makes visible here: the last segment and where it comes from.
    exports: BTreeMap<String, Module>,
}

/// Checks every crate of the repository.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Crate> = BTreeMap::new();
    for File { path, text } in files {
        let Some(text) = text else { continue };
        let Some((root, inside)) = path.split_once("/src/") else { continue };
        let Some(module) = module_of(inside) else { continue };
        let Ok(tokens) = tokens::read(text) else { continue };
        let product: Vec<_> = tokens.iter().filter(|token| !token.test).collect();
        let source = read(path, &module, &product);
        crates.entry(root).or_default().modules.insert(module, source);
    }
    crates.values().flat_map(cycles).collect()
}

/// The module of a file, or `None` for tests and programs beside the library.
fn module_of(inside: &str) -> Option<Module> {
    let inside = inside.strip_suffix(".rs")?;
    let mut parts: Module = inside.split('/').map(str::to_owned).collect();
    if parts.iter().any(|part| part == "tests" || part == "bin") {
        return None;
    }
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    Some(parts)
}

fn read(path: &str, module: &Module, tokens: &[&Token]) -> Source {
    let mut source =
        Source { path: path.to_owned(), mentions: BTreeSet::new(), exports: BTreeMap::new() };
    let mut at = 0;
    while at < tokens.len() {
        let word = tokens[at].text.as_str();
        let inside = at > 0 && tokens[at - 1].text == ":";
        // `use<'a>` in a signature is no import.
        let captures = tokens.get(at + 1).is_some_and(|token| token.text == "<");
        if word == "use" && !inside && !captures {
            let mut leaves = Vec::new();
            at = use_tree(tokens, at + 1, &mut Vec::new(), &mut leaves);
            for (leaf, name) in leaves {
                let Some(leaf) = absolute(module, &leaf) else { continue };
                source.exports.insert(name, leaf.clone());
                source.mentions.insert(leaf);
            }
        } else if matches!(word, "crate" | "super" | "self") && !inside {
            let (mention, end) = plain_path(tokens, at);
            at = end;
            source.mentions.extend(absolute(module, &mention).filter(|it| !it.is_empty()));
        } else {
            at += 1;
        }
    }
    source
}

/// Reads one tree of a `use` item from `at` and returns where it ends.
fn use_tree(
    tokens: &[&Token],
    mut at: usize,
    prefix: &mut Vec<String>,
    leaves: &mut Vec<(Vec<String>, String)>,
) -> usize {
    let depth = prefix.len();
    let mut name = None;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            ":" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| !matches!(token.text.as_str(), "}" | ";"))
                {
                    at = use_tree(tokens, at, prefix, leaves);
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                prefix.truncate(depth);
                return at + 1;
            }
            "as" => {
                name = tokens.get(at + 1).map(|token| token.text.clone());
                at += 2;
            }
            "," | "}" | ";" => break,
            word => {
                prefix.push(word.to_owned());
                at += 1;
            }
        }
    }
    if prefix.len() > depth
        && let Some(last) = prefix.last().cloned()
    {
        if last == "self" {
            prefix.pop();
        }
        let last = prefix.last().cloned().unwrap_or_default();
        leaves.push((prefix.clone(), name.unwrap_or(last)));
    }
    prefix.truncate(depth);
    at
}

/// `crate::a::b` from `at`, and where it ends.
fn plain_path(tokens: &[&Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = vec![tokens[at].text.clone()];
    at += 1;
    while tokens.len() > at + 2 && tokens[at].text == ":" && tokens[at + 1].text == ":" {
        path.push(tokens[at + 2].text.clone());
        at += 3;
    }
    (path, at)
}

/// From the crate root, or `None` where `super` leads above it.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => module.clone(),
        "super" => module.split_last()?.1.to_vec(),
        // A child module; another crate's name resolves to the module itself.
        child => [&module[..], &[child.to_owned()]].concat(),
    };
    for part in rest {
        match part.as_str() {
            "super" => drop(base.pop()?),
            "self" => {}
            part => base.push(part.to_owned()),
        }
    }
    Some(base)
}

/// The module that defines what a path names: re-exports are followed.
fn home(all: &Crate, path: &Module) -> Option<Module> {
    let mut path = path.clone();
    // A chain of re-exports is short; a cycle among them would not compile.
    for _ in 0..8 {
        let depth = (0..=path.len()).rev().find(|n| all.modules.contains_key(&path[..*n]))?;
        let module = path[..depth].to_vec();
        let Some(next) = path.get(depth) else { return Some(module) };
        match all.modules[&module].exports.get(next) {
            Some(target) if *target != path => {
                path = [&target[..], &path[depth + 1..]].concat();
            }
            _ => return Some(module),
        }
    }
    None
}

/// Whether one of them stands inside the other.
fn related(a: &[String], b: &[String]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

fn cycles(all: &Crate) -> Vec<Finding> {
    let mut arrows: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in &all.modules {
        let homes = source.mentions.iter().filter_map(|path| home(all, path));
        arrows.insert(module, homes.filter(|to| !related(module, to)).collect());
    }
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (module, source) in &all.modules {
        if seen.contains(module) {
            continue;
        }
        let Some(cycle) = shortest_cycle(&arrows, module) else { continue };
        seen.extend(cycle.iter().cloned());
        let names: Vec<_> = cycle.iter().map(|part| part.join("::")).collect();
        findings.push(Finding::new(
            &source.path,
            0,
            format!(
                "these modules import each other: {} -> {}; move what they share into one of its own",
                names.join(" -> "),
                names[0]
            ),
        ));
    }
    findings
}

/// The shortest way from a module back to itself.
fn shortest_cycle(
    arrows: &BTreeMap<&Module, BTreeSet<Module>>,
    from: &Module,
) -> Option<Vec<Module>> {
    let mut ways = std::collections::VecDeque::from([vec![from.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in arrows.get(way.last()?).into_iter().flatten() {
            if next == from {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back([&way[..], std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| File {
            path: format!("crates/server/src/{path}"),
            text: Some((*text).to_owned()),
        };
        let files: Vec<_> = sources.iter().map(file).collect();
        check(&files).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn two_modules_that_import_each_other_are_a_cycle() {
        let a = ("store/a.rs", "use super::b::{self, Row};");
        assert_eq!(found(&[a, ("store/b.rs", "use crate::store::a::Other;")]).len(), 1);
        assert!(found(&[a, ("store/b.rs", "struct Row;")]).is_empty());
    }

    #[test]
    fn a_cycle_may_be_longer_and_may_need_no_use() {
        let found = found(&[
            ("a.rs", "fn f() { crate::b::g() }"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "type T = super::a::A;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("a -> b -> c -> a"), "{found:?}");
    }

    #[test]
    fn a_re_export_does_not_hide_a_cycle() {
        let root = ("lib.rs", "mod a; mod b; pub use a::A; pub use self::b::B;");
        let a = ("a.rs", "use crate::B;");
        assert!(found(&[root, a, ("b.rs", "pub struct B;")]).is_empty());
        assert_eq!(found(&[root, a, ("b.rs", "use crate::{self as all, a::A};")]).len(), 1);
    }

    #[test]
    fn parents_and_children_are_one_unit() {
        let parent = ("store/mod.rs", "mod row; pub use self::row::Row; fn open() {}");
        assert!(found(&[parent, ("store/row.rs", "use super::open;")]).is_empty());
    }

    #[test]
    fn tests_may_look_at_everything() {
        let a = ("a.rs", "use crate::b::B;");
        assert!(found(&[a, ("b.rs", "#[cfg(test)] mod tests { use crate::a::A; }")]).is_empty());
    }
}
