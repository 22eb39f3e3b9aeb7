//! Help, unknown options and exit statuses: what `schur` says before it computes anything.

use crate::folder::Folder;

#[test]
fn help_documents_units_defaults_and_exit_statuses() {
    let folder = Folder::new();
    let ran = folder.run(&["--help"]);
    assert_eq!(ran.status, Some(0));
    for part in ["Exit status", "3  not converged", "4  interrupted", "--threads", "[default: sevennet-0]"] {
        assert!(ran.stdout.contains(part), "{part} is not in\n{}", ran.stdout);
    }
    let ran = folder.run(&["md", "--help"]);
    for part in ["run-stats.dat", "--resume", "4  interrupted", "Time step, fs"] {
        assert!(ran.stdout.contains(part), "{part} is not in\n{}", ran.stdout);
    }
    let ran = folder.run(&["eval", "--help"]);
    for part in ["eV/Å", "--virials", "--json"] {
        assert!(ran.stdout.contains(part), "{part} is not in\n{}", ran.stdout);
    }
}

#[test]
fn unknown_options_are_refused_with_a_suggestion() {
    let folder = Folder::new();
    let ran = folder.run(&["eval", "a.extxyz", "--virial"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("--virials"), "{}", ran.stderr);
    let ran = folder.run(&["evla", "a.extxyz"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("eval"), "{}", ran.stderr);
}

#[test]
fn values_out_of_range_are_refused() {
    let folder = Folder::new();
    for arguments in [
        &["eval", "a.cif", "--threads", "0"][..],
        &["eval", "a.cif", "--threads", "100000"],
        &["eval", "a.cif", "--precision", "f16"],
        &["eval"],
        &["models", "pull", "sevennet-0", "--all"],
    ] {
        assert_eq!(folder.run(arguments).status, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_name_without_a_format_asks_for_it() {
    let folder = Folder::new();
    folder.write("notes", "1\n\nHe 0 0 0\n");
    let ran = folder.run(&["eval", "notes"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("--format"), "{}", ran.stderr);
    let ran = folder.run(&["eval", "notes", "--format", "xyz", "-o", "POSCAR"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("extended XYZ only"), "{}", ran.stderr);
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = folder.run(&["completions", shell]);
        assert_eq!(ran.status, Some(0));
        assert!(ran.stdout.contains("schur") && ran.stdout.contains("completions"), "{shell}");
        assert_eq!(ran.stderr, "");
    }
}

/// `schur completions bash | head -1` must end quietly.
#[test]
#[cfg(unix)]
fn a_reader_that_has_enough_is_no_error() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = folder.schur(["models", "list"]).stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
    assert_eq!(status.status.code(), Some(0));
    assert_eq!(String::from_utf8(status.stderr).unwrap(), "");
}
