//! Every fixture is listed in a `SOURCES.md` with its origin, and has the digest noted there.

use schur_io::sha256;

use super::{TrackedFile, Violation};
use crate::models::recorded_digest;

/// Finds fixtures that no `SOURCES.md` above them names, or whose bytes are not those it describes.
///
/// Scripts need no row: they are the project's own, and the rows name the script that made each file.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| is_fixture(file)) {
        let Some(sources) = nearest_sources(files, &file.path) else {
            violations.push(Violation::new(&file.path, 0, "a fixture without a SOURCES.md that says where it is from"));
            continue;
        };
        let names = || sources.text().split('`').skip(1).step_by(2).map(str::trim);
        // A row may name the file or, from where SOURCES.md lies, its path.
        if !names().any(|name| file.path == name || file.path.ends_with(&format!("/{name}"))) {
            violations.push(Violation::new(&file.path, 0, format!("not listed in {}", sources.path)));
        } else if let Some(noted) = recorded_digest(sources.text(), file.name()) {
            let found = sha256(&file.bytes);
            if found != noted {
                let what = format!("its sha256 is {found}, but {} notes {noted}", sources.path);
                violations.push(Violation::new(&file.path, 0, what));
            }
        }
    }
    violations
}

fn is_fixture(file: &TrackedFile) -> bool {
    let inside = file.path.split('/').rev().skip(1).any(|folder| folder == "fixtures");
    inside && file.name() != "SOURCES.md" && !file.has_extension(&["py", "rs"])
}

/// The `SOURCES.md` of the file's folder or of the closest one above.
fn nearest_sources<'a>(files: &'a [TrackedFile], path: &str) -> Option<&'a TrackedFile> {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        let place = format!("{folder}/SOURCES.md");
        if let Some(sources) = files.iter().find(|file| file.path == place) {
            return Some(sources);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{super::file, *};

    #[test]
    fn listed_fixtures_pass_and_scripts_need_no_row() {
        let digest = sha256(b"1\n");
        let sources = format!("| `a.json` | from | `{digest}` |\n| `in/b.txt` | from |\n");
        let files = [
            file("fixtures/SOURCES.md", &sources),
            file("fixtures/x/a.json", "1\n"),
            file("fixtures/x/in/b.txt", ""),
            file("fixtures/x/make.py", ""),
            file("src/a.json", "not a fixture"),
        ];
        assert_eq!(check(&files), []);
    }

    #[test]
    fn missing_rows_missing_lists_and_other_bytes_are_found() {
        let sources = format!("| `a.json` | from | `{}` |", "0".repeat(64));
        let files = [
            file("fixtures/SOURCES.md", &sources),
            file("fixtures/a.json", "1\n"),
            file("fixtures/b.json", "1\n"),
            file("crates/c/tests/fixtures/d.bin", "1\n"),
        ];
        let found: Vec<String> = check(&files).iter().map(Violation::to_string).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("sha256") && found[1].contains("not listed") && found[2].contains("without"));
    }
}
