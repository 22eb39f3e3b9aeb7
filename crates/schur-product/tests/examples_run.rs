//! The examples do what they say.

#[path = "../../../examples/equivariant_layer.rs"]
mod equivariant_layer;

#[test]
fn the_equivariant_layer_is_equivariant() {
    equivariant_layer::main().unwrap();
}
