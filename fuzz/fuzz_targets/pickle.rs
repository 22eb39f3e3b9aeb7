//! Any bytes as a pickle: read or refused, with no more values than bytes allow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_io::pickle::{Limits, Origin, Value, parse};

/// Most values that one opcode of one byte makes: the class, the arguments and the object of OBJ and INST.
const VALUES_PER_BYTE: usize = 3;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pickle) = parse(bytes, &Limits::default()) else { return };
    assert!(pickle.length_in_bytes() <= bytes.len());
    assert!(pickle.len() <= VALUES_PER_BYTE * bytes.len());
    // Every reference that can be reached names a value, and the walk ends although there may be cycles.
    let mut seen = std::collections::HashSet::new();
    let mut waiting = vec![pickle.root()];
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        match &pickle[id] {
            Value::List(ids) | Value::Set(ids) => waiting.extend(ids),
            Value::Tuple(ids) | Value::FrozenSet(ids) => waiting.extend(ids),
            Value::Dict(entries) => waiting.extend(entries.iter().flat_map(|&(key, value)| [key, value])),
            Value::Object(object) => {
                waiting.extend(object.items.iter().chain(&object.states));
                waiting.extend(object.entries.iter().flat_map(|&(key, value)| [key, value]));
                match object.origin {
                    Origin::Reduce { callable, args } => waiting.extend([callable, args]),
                    Origin::New { class, args, kwargs } => waiting.extend([class, args].into_iter().chain(kwargs)),
                    Origin::Persistent(id) => waiting.push(id),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    assert!(seen.len() <= pickle.len());
});
