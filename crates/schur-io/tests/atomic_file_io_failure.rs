//! Outputs are complete or absent, whatever goes wrong on the way.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use schur_io::write_atomically;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_failing_writer_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, "old").unwrap();
    let error = write_atomically(&path, |out| {
        out.write_all(&[0; 100_000])?;
        Err(io::Error::other("out of weights"))
    })
    .unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()), ["model.safetensors"]);
    let message = error.to_string();
    assert!(
        message.contains("model.safetensors") && message.contains("writing the content: out of weights"),
        "{message}"
    );
}

#[test]
fn a_panicking_writer_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let result = std::panic::catch_unwind(|| {
        let _ = write_atomically(&path, |out| {
            out.write_all(b"half")?;
            panic!("in the middle");
        });
    });
    assert!(result.is_err());
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn what_a_killed_process_left_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let kept = [".schur-notes.tmp", ".schur-aB3dE6.tmp.gz", "schur-aB3dE6.tmp", ".schur-a.3dE6.tmp"];
    for name in kept.iter().chain(&[".schur-aB3dE6.tmp", ".schur-000000.tmp"]) {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    fs::create_dir(folder.path().join(".schur-folder.tmp")).unwrap();
    write_atomically(&folder.path().join("out"), |_| Ok(())).unwrap();
    let mut expected: Vec<_> = kept.into_iter().chain([".schur-folder.tmp", "out"]).map(str::to_owned).collect();
    expected.sort();
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn temporary_files_in_use_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [outer, inner] = ["outer", "inner"].map(|name| folder.path().join(name));
    write_atomically(&outer, |out| {
        out.write_all(b"long")?;
        write_atomically(&inner, |_| Ok(())).map_err(io::Error::other)
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&outer).unwrap(), "long");
    assert_eq!(names(folder.path()), ["inner", "outer"]);
}

#[test]
fn many_writers_of_one_folder_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = folder.path().join(["shared".to_owned(), format!("own-{writer}")][writer % 2].as_str());
            scope.spawn(move || {
                for _ in 0..50 {
                    write_atomically(&path, |out| out.write_all(b"whole")).unwrap();
                    assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
                }
            });
        }
    });
    assert_eq!(names(folder.path()), ["own-1", "own-3", "shared"]);
}

#[test]
fn content_replaces_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    for content in ["first", "2"] {
        write_atomically(&path, |out| out.write_all(content.as_bytes())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn a_missing_folder_and_a_folder_in_place_of_the_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/out");
    let message = write_atomically(&missing, |_| Ok(())).unwrap_err().to_string();
    assert!(message.contains("no/such/out") && message.contains("making a temporary file"), "{message}");
    let message = write_atomically(folder.path(), |_| Ok(())).unwrap_err().to_string();
    assert!(message.contains("not a regular file"), "{message}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("kept"), folder.path().join("link"));
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&path, &link).unwrap();
    write_atomically(&link, |out| out.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    // A new file has the permissions that any program's new file has here.
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    write_atomically(&ours, |_| Ok(())).unwrap();
    fs::write(&theirs, "").unwrap();
    assert_eq!(fs::metadata(&ours).unwrap().mode(), fs::metadata(&theirs).unwrap().mode());
}
