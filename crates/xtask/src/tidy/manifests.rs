//! Rules for manifests: a dependency is declared once, with why it is there.
use super::Finding;

pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    // A comment on the line above counts as well.
    let mut above = false;
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line.trim())) {
        let commented = above;
        above = line.starts_with('#');
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            // `[dependencies.name]` is a dependency, too.
            if section.contains("dependencies.") && !commented {
                findings.push(Finding::new(path, number, "say in half a line why it is there"));
            }
            continue;
        }
        if line.is_empty() || above || !section.ends_with("dependencies") {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        let inherited = name.ends_with(".workspace") || value.contains("workspace = true");
        let own = value.contains("path = ");
        if !inherited && !own && !commented && !line.contains(" # ") {
            findings.push(Finding::new(
                path,
                number,
                format!("{name}: say in half a line why it is there"),
            ));
        }
        let member =
            path.starts_with("crates/") && !path.contains("/fuzz/") || path.starts_with("tests/");
        if member && !inherited {
            findings.push(Finding::new(
                path,
                number,
                format!("{name}: declare it in [workspace.dependencies]"),
            ));
        }
    }
    if path.starts_with("crates/competition/") {
        for name in ["serde", "tokio"] {
            if text.lines().any(|line| line.starts_with(name)) {
                findings.push(Finding::new(
                    path,
                    0,
                    format!("the arithmetic must not know {name}"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_says_why() {
        let bare = "[workspace.dependencies]\ncrc = \"3\"\n";
        let reasoned = "[workspace.dependencies]\ncrc = \"3\"  # CRC of P1\n";
        let above = "[workspace.dependencies]\n# CRC of P1\ncrc = \"3\"\n";
        assert_eq!(check("Cargo.toml", bare).len(), 1);
        assert_eq!(check("Cargo.toml", reasoned), []);
        assert_eq!(check("Cargo.toml", above), []);
    }

    #[test]
    fn a_crate_inherits_its_dependencies() {
        let own = "[dependencies]\ncrc = \"3\" # CRC of P1\n";
        let inherited = "[dependencies]\ncrc = { workspace = true }\nwire.workspace = true\n";
        assert_eq!(check("crates/gateway/Cargo.toml", own).len(), 1);
        assert_eq!(check("crates/gateway/Cargo.toml", inherited), []);
    }

    #[test]
    fn the_arithmetic_depends_on_no_serde() {
        let text = "[dependencies]\nserde = { workspace = true }\n";
        assert_eq!(check("crates/competition/Cargo.toml", text).len(), 1);
    }
}
