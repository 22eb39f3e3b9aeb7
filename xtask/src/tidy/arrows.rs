//! Which crate of the workspace may depend on which: arrows point only downwards.
//!
//! ```text
//! tensor <- multilinear <- product <- potential <- dynamics <- cli
//!                             ^          ^   ^
//!    ^           group .......+..........+  atoms             io, testkit: leaves
//!    +- einsum <- logic, slots, network, decomp
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

use super::Violation;

/// Each crate and those directly below it; what lies below those is allowed too.
const ARROWS: [(&str, &[&str]); 20] = [
    ("schur-tensor", &[]),
    ("schur-group", &[]),
    ("schur-atoms", &[]),
    ("schur-diagram", &[]),
    ("schur-io", &[]),
    ("schur-testkit", &[]),
    ("schur-einsum", &["schur-tensor"]),
    ("schur-layer", &["schur-diagram", "schur-tensor"]),
    ("schur-linalg", &["schur-tensor"]),
    ("schur-logic", &["schur-einsum"]),
    ("schur-slots", &["schur-einsum"]),
    ("schur-network", &["schur-einsum", "schur-linalg"]),
    ("schur-decomp", &["schur-einsum", "schur-linalg"]),
    ("schur-multilinear", &["schur-tensor"]),
    ("schur-product", &["schur-multilinear", "schur-group"]),
    ("schur-potential", &["schur-product", "schur-atoms", "schur-io"]),
    ("schur-dynamics", &["schur-potential"]),
    ("schur-cli", &["schur-dynamics", "schur-logic", "schur-slots", "schur-decomp", "schur-layer"]),
    ("schur-bench", &["schur-potential", "schur-network", "schur-decomp", "schur-layer"]),
    ("xtask", &["schur-io"]),
];

/// What tests may use whatever their crate: the leaf made for them, and the reader of the files they need.
const FOR_TESTS: [&str; 2] = ["schur-testkit", "schur-io"];

/// Finds every dependency on a crate of the workspace that the arrows do not allow.
pub fn check(metadata: &Value) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in array(&metadata["packages"]) {
        let name = text(&package["name"]);
        let manifest = format!("{name}/Cargo.toml");
        let Some(below) = below(name) else {
            violations.push(Violation::new(&manifest, 0, format!("{name} has no place among the arrows of tidy")));
            continue;
        };
        for dependency in array(&package["dependencies"]) {
            let target = text(&dependency["name"]);
            // Packages of a registry have no path.
            let ours = dependency["path"].is_string();
            let for_tests = dependency["kind"] == "dev" && FOR_TESTS.contains(&target);
            if ours && !for_tests && !below.contains(target) {
                let what = format!("{name} may not depend on {target}: arrows point only downwards");
                violations.push(Violation::new(&manifest, 0, what));
            }
        }
    }
    violations
}

/// All crates that can be reached along the arrows.
fn below(name: &str) -> Option<BTreeSet<&'static str>> {
    let direct = ARROWS.iter().find(|(crate_name, _)| *crate_name == name)?.1;
    let mut reached = BTreeSet::new();
    for target in direct {
        reached.insert(*target);
        reached.extend(below(target)?);
    }
    Some(reached)
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edge(from: &str, to: &str, kind: Option<&str>) -> Vec<Violation> {
        let dependency = json!({"name": to, "path": "somewhere", "kind": kind});
        check(&json!({"packages": [{"name": from, "dependencies": [dependency]}]}))
    }

    #[test]
    fn downward_edges_pass_and_others_do_not() {
        assert_eq!(edge("schur-potential", "schur-tensor", None), []);
        assert_eq!(edge("schur-cli", "schur-group", None), []);
        assert_eq!(edge("schur-group", "schur-tensor", None).len(), 1);
        assert_eq!(edge("schur-atoms", "schur-io", None).len(), 1);
        assert_eq!(edge("schur-tensor", "schur-multilinear", Some("dev")).len(), 1);
    }

    #[test]
    fn the_test_kit_is_for_tests_only() {
        assert_eq!(edge("schur-group", "schur-testkit", Some("dev")), []);
        assert_eq!(edge("schur-group", "schur-testkit", None).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_named_and_registries_are_no_business_of_this_rule() {
        assert!(edge("schur-new", "schur-tensor", None)[0].what.contains("schur-new"));
        let packages = json!([{"name": "schur-tensor", "dependencies": [{"name": "pulp", "kind": null}]}]);
        assert_eq!(check(&json!({"packages": packages})), []);
    }
}
