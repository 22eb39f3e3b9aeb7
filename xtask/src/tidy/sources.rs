//! Rules about source files: their names and lengths, unsafe code, unfinished work, paths of one machine.

use std::path::Path;

use serde_json::Value;

use super::{TrackedFile, Violation};

const LONGEST_FILE: usize = 800;

/// Files that may be longer, each with the reason.
const LONG_FILES: [(&str, &str); 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff"];

/// Files with unsafe code, and what they need it for.
const UNSAFE_FILES: [(&str, &str); 29] = [
    (
        "crates/schur-multilinear/src/channelwise/backward.rs",
        "kernel: slots that the compiler of the program has counted",
    ),
    (
        "crates/schur-multilinear/src/channelwise/forward.rs",
        "kernel: slots that the compiler of the program has counted",
    ),
    (
        "crates/schur-multilinear/src/channelwise/run.rs",
        "kernel: tiles inside of slices whose lengths the plan has checked",
    ),
    (
        "crates/schur-multilinear/src/channelwise/transfer.rs",
        "kernel: tiles inside of slices whose lengths the plan has checked",
    ),
    ("crates/schur-multilinear/src/edge_product/backward.rs", "kernel: rows read without a bounds check an edge"),
    ("crates/schur-multilinear/src/edge_product/coupling.rs", "kernel: rows read without a bounds check an edge"),
    ("crates/schur-multilinear/src/edge_product/forward.rs", "kernel: rows read without a bounds check an edge"),
    ("crates/schur-multilinear/src/edge_product/weights.rs", "kernel: rows read without a bounds check an edge"),
    ("crates/schur-multilinear/src/gate.rs", "kernel: lanes of a row"),
    ("crates/schur-tensor/src/aligned.rs", "storage: a slice of numbers in aligned blocks"),
    ("crates/schur-tensor/src/elementary.rs", "kernel: the bits of a number as another type"),
    ("crates/schur-tensor/src/matrix.rs", "kernel: panels of a matrix"),
    ("crates/schur-tensor/src/product/arithmetic.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/block.rs", "kernel: panels and tiles of a block"),
    ("crates/schur-tensor/src/product/dot.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/elementwise.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/gemm.rs", "kernel: blocks inside of tensors that the plan has been checked for"),
    ("crates/schur-tensor/src/product/loops.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/many.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/ordered.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/pack.rs", "kernel: panels of a tensor"),
    ("crates/schur-tensor/src/product/parts.rs", "storage: packing space that threads divide"),
    (
        "crates/schur-tensor/src/product/permute.rs",
        "kernel: tiles inside of tensors that the plan has been checked for",
    ),
    ("crates/schur-tensor/src/product/stream.rs", "kernel: places that the plan has been checked for"),
    ("crates/schur-tensor/src/product/tensors.rs", "storage: tensors that threads share"),
    ("crates/schur-tensor/src/product/tile.rs", "kernel: a tile in registers"),
    ("crates/schur-tensor/src/real.rs", "lanes: loads and stores at a place"),
    ("crates/schur-tensor/src/streaming.rs", "storage: instructions that pass the caches by"),
    ("crates/schur-tensor/src/transpose.rs", "kernel: tiles inside of two matrices"),
];

/// What no line may hold: unfinished work goes to an issue.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
];

/// First folders of absolute paths that mean one machine.
const MACHINE_FOLDERS: [&str; 8] = ["home", "Users", "root", "work", "tmp", "opt", "mnt", "media"];

/// Extensions of files that people write; a file without one is a script.
const WRITTEN: [&str; 8] = ["rs", "md", "toml", "py", "sh", "yml", "yaml", "cif"];

/// Checks every file by itself.
pub fn check(files: &[TrackedFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        check_name(file, &mut violations);
        if file.has_extension(&WRITTEN) || !file.name().contains('.') {
            check_length(file, &mut violations);
            check_lines(file, &mut violations);
        }
        if file.has_extension(&["rs"]) {
            check_rust(file, &mut violations);
        }
    }
    violations
}

fn check_name(file: &TrackedFile, violations: &mut Vec<Violation>) {
    let stem = file.name().split('.').next().unwrap_or_default();
    if file.name() == "mod.rs" {
        violations.push(Violation::new(&file.path, 0, "a module `foo` lies in `foo.rs`, its parts in `foo/`"));
    }
    if EMPTY_NAMES.contains(&stem) {
        violations.push(Violation::new(&file.path, 0, format!("name the file for what is in it, not `{stem}`")));
    }
}

fn check_length(file: &TrackedFile, violations: &mut Vec<Violation>) {
    let lines = file.lines().count();
    let generated = file.text().starts_with("// @generated by");
    if lines > LONGEST_FILE && !generated && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
        violations.push(Violation::new(&file.path, 0, format!("{lines} lines; split it at {LONGEST_FILE} or sooner")));
    }
}

fn check_lines(file: &TrackedFile, violations: &mut Vec<Violation>) {
    for (number, line) in file.lines() {
        for word in UNFINISHED {
            if contains_word(line, word) {
                violations.push(Violation::new(
                    &file.path,
                    number,
                    format!("`{word}`: unfinished work goes to an issue"),
                ));
            }
        }
        for folder in MACHINE_FOLDERS {
            if contains_absolute(line, folder) {
                violations.push(Violation::new(
                    &file.path,
                    number,
                    format!("`/{folder}/...` is a path of one machine"),
                ));
            }
        }
    }
}

fn check_rust(file: &TrackedFile, violations: &mut Vec<Violation>) {
    let listed = UNSAFE_FILES.iter().any(|(path, _)| *path == file.path);
    if listed != has_unsafe_code(file) {
        let what = if listed { "has no unsafe code; strike it from" } else { "has unsafe code but is not in" };
        violations.push(Violation::new(&file.path, 0, format!("{what} the list of kernel and storage files")));
    }
    for (number, line) in file.lines() {
        let code = line.trim_start();
        if code.starts_with("//") && code.contains("```") && code.contains("ignore") {
            violations.push(Violation::new(&file.path, number, "an example that does not run; use `no_run` or `text`"));
        }
    }
}

fn has_unsafe_code(file: &TrackedFile) -> bool {
    let mut code = file.lines().map(|(_, line)| line.trim_start()).filter(|line| !line.starts_with("//"));
    code.any(|line| ["{", "fn", "impl"].iter().any(|what| contains_word(line, &["unsafe", what].join(" "))))
}

/// Whether `word` stands in `line` by itself, not as a part of a longer one.
fn contains_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let end = start + word.len();
        let open = word.ends_with(joins) && line[end..].starts_with(joins);
        !line[..start].ends_with(joins) && !open
    })
}

/// Whether an absolute path below `/folder/` stands in `line`; `a/home/b` and `$HOME/work/b` are none.
fn contains_absolute(line: &str, folder: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || "._-/)}>*~".contains(c);
    line.match_indices(&format!("/{folder}/")).any(|(start, _)| !line[..start].ends_with(continues))
}

/// Checks that each crate forbids unsafe code, unless it has a listed file, and takes the lints of the workspace.
pub fn check_crates(metadata: &Value, root: &Path, files: &[TrackedFile]) -> Vec<Violation> {
    let relative = |path: &Value| -> Option<String> {
        Some(Path::new(path.as_str()?).strip_prefix(root).ok()?.to_str()?.replace('\\', "/"))
    };
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", TrackedFile::text);
    let mut violations = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let Some(manifest) = relative(&package["manifest_path"]) else { continue };
        if !text(&manifest).contains("[lints]\nworkspace = true") {
            violations.push(Violation::new(&manifest, 0, "the lints of the workspace are not taken over"));
        }
        let folder = manifest.trim_end_matches("Cargo.toml");
        let is_unsafe = UNSAFE_FILES.iter().any(|(path, _)| path.starts_with(folder));
        for target in package["targets"].as_array().into_iter().flatten() {
            let built = target["kind"].as_array().into_iter().flatten().any(|kind| kind == "lib" || kind == "bin");
            let Some(source) = relative(&target["src_path"]) else { continue };
            if built && !is_unsafe && !text(&source).contains("#![forbid(unsafe_code)]") {
                violations.push(Violation::new(&source, 0, "`#![forbid(unsafe_code)]` is missing"));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::file, *};

    fn what(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)]).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn ordinary_files_pass() {
        assert!(what("crates/a/src/cell.rs", "//! Cells.\nfn unsafe_name() {}\n").is_empty());
        assert!(what("fixtures/long.extxyz", &"1\n".repeat(900)).is_empty());
    }

    #[test]
    fn names_and_lengths_are_held() {
        assert_eq!(what("crates/a/src/b/mod.rs", "").len(), 1);
        assert_eq!(what("crates/a/src/utils.rs", "").len(), 1);
        assert_eq!(what("crates/a/src/b.rs", &"\n".repeat(801)).len(), 1);
        assert!(what("crates/a/src/b.rs", &format!("// @generated by xtask\n{}", "\n".repeat(801))).is_empty());
    }

    #[test]
    fn unfinished_work_is_found_as_a_word() {
        for word in UNFINISHED {
            assert_eq!(what("a.rs", &format!("x {word} y")).len(), 1, "{word}");
            assert!(what("a.rs", &format!("x A{word} y")).is_empty(), "{word}");
        }
        assert!(what("a.sh", "mktemp name.XXXXXX").is_empty());
    }

    #[test]
    fn machine_paths_are_found_where_they_begin() {
        let path = |before: &str, folder: &str| format!("{before}/{folder}/a");
        assert_eq!(what("a.md", &path("see `", "home")).len(), 1);
        assert_eq!(what("run", &path("x=", "tmp")).len(), 1);
        assert!(what("a.md", &path("https://example.org", "home")).is_empty());
        assert!(what("a.md", &path("${ROOT}", "work")).is_empty());
    }

    #[test]
    fn unsafe_code_and_idle_examples_are_found() {
        let block = concat!("let x = un", "safe { y };");
        assert_eq!(what("a.rs", block).len(), 1);
        assert_eq!(what(UNSAFE_FILES[0].0, "fn safe() {}").len(), 1);
        assert!(what(UNSAFE_FILES[0].0, block).is_empty());
        assert!(what("a.rs", &format!("// {block}")).is_empty());
        assert_eq!(what("a.rs", "/// ```ignore").len(), 1);
    }

    #[test]
    fn each_crate_forbids_unsafe_code_and_takes_the_lints() {
        let metadata = json!({"packages": [{
            "manifest_path": "r/crates/a/Cargo.toml",
            "targets": [{"kind": ["lib"], "src_path": "r/crates/a/src/lib.rs"}, {"kind": ["test"], "src_path": "r/t.rs"}],
        }]});
        let good = [
            file("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
            file("crates/a/src/lib.rs", "//! A.\n#![forbid(unsafe_code)]\n"),
        ];
        assert_eq!(check_crates(&metadata, Path::new("r"), &good), []);
        let bad = [file("crates/a/Cargo.toml", ""), file("crates/a/src/lib.rs", "")];
        assert_eq!(check_crates(&metadata, Path::new("r"), &bad).len(), 2);
    }
}
