//! Programs with pieces cut out, doubled and exchanged: they run or are refused, and nothing panics.

use std::path::Path;

use proptest::prelude::*;
use schur_logic::Program;

/// The examples without what they learn, which takes time and adds no text of its own kind.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/logic");
    let names = ["ancestor", "closure", "asia", "sprinkler", "kernel_machine", "embedding", "transformer"];
    let read = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.logic"))).unwrap_or_default();
    let short = |text: String| text.replace("steps ", "steps 1 #").replace("1024", "8");
    names.into_iter().map(|name| short(read(name))).collect()
}

/// Words, numbers and signs, and the spaces between them.
fn pieces(source: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, character) in source.char_indices() {
        let joins = |c: char| c.is_alphanumeric();
        let before = source[..at].chars().next_back();
        if !(joins(character) && before.is_some_and(joins)) && at > start {
            pieces.push(&source[start..at]);
            start = at;
        }
    }
    pieces.push(&source[start..]);
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics(which in 0..7_usize, changes in prop::collection::vec((0..3_u8, any::<u16>(), any::<u16>()), 1..4)) {
        let all = sources();
        let mut pieces = pieces(&all[which]);
        for (change, a, b) in changes {
            let (a, b) = (usize::from(a) % pieces.len(), usize::from(b) % pieces.len());
            match change {
                0 => _ = pieces.remove(a),
                1 => pieces.insert(a, pieces[b]),
                _ => pieces.swap(a, b),
            }
        }
        // Exchanged numbers make large domains and long trainings; limits keep those small.
        let source = pieces.concat() + "\nlimit rows 2000\nlimit rounds 20\nlimit elements 20000\n";
        let outcome = Program::parse(&source).and_then(|program| program.run(&mut |_| Err("no files".to_owned())));
        if let Err(error) = outcome {
            let text = error.to_string();
            prop_assert!(text.starts_with("line ") && text.ends_with('^'), "{}", text);
        }
    }
}
