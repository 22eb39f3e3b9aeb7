//! Packages come from the default registries, and no file says where else they could come from.
//!
//! Mirrors and proxies belong to the machine's own settings: named in the repository, they break everybody else.

use super::{TrackedFile, Violation};

const DEFAULT_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Settings of cargo and pip that name another place for packages.
const OTHER_PLACES: [&str; 7] =
    ["index-url", "extra-index-url", "find-links", "trusted-host", "replace-with", "registry-index", "[source."];

/// Finds lock entries from elsewhere and settings that name a registry.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        let lock = file.name() == "Cargo.lock";
        for (number, line) in file.lines().filter(|_| lock) {
            let source = line.strip_prefix("source = \"").and_then(|rest| rest.strip_suffix('"'));
            if source.is_some_and(|source| source != DEFAULT_REGISTRY) {
                violations.push(Violation::new(
                    &file.path,
                    number,
                    "a package from another place than the default registry",
                ));
            }
        }
        let settings = file.has_extension(&["toml", "txt", "cfg", "ini", "sh", "py"]) || !file.name().contains('.');
        for (number, line) in file.lines().filter(|_| settings && !lock) {
            if let Some(found) = OTHER_PLACES.iter().find(|place| line.contains(**place)) {
                let what = format!("`{found}` belongs to the settings of a machine, not of the project");
                violations.push(Violation::new(&file.path, number, what));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn only_the_default_registry_passes() {
        let lock = |source: &str| [file("Cargo.lock", &format!("name = \"a\"\nsource = \"{source}\"\n"))];
        assert_eq!(check(&lock(DEFAULT_REGISTRY)), []);
        assert_eq!(check(&lock("git+https://example.org/a"))[0].line, 2);
    }

    #[test]
    fn settings_of_other_places_are_found() {
        assert_eq!(check(&[file("requirements.txt", "--index-url x\n")]).len(), 1);
        assert_eq!(check(&[file(".cargo/config.toml", "[source.mirror]\n")]).len(), 1);
        assert_eq!(check(&[file("README.md", "set your index-url\n")]), []);
    }
}
