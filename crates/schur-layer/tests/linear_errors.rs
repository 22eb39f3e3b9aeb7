//! What is no layer, and what does not fit one: errors that name it.

use schur_diagram::{DiagramError, Group};
use schur_layer::{EquivariantLinear, LayerError, LayerWorkspace, Sort, Space};

#[test]
fn impossible_layers_are_refused() {
    let layer = |group, n, k, l, channels| EquivariantLinear::new(group, n, k, l, channels, 1).map(|_| ());
    for group in Group::ALL {
        let error = layer(group, 0, 1, 1, 1);
        assert!(matches!(error, Err(LayerError::Diagram(DiagramError::Dimension { n: 0, .. }))), "{group}: {error:?}");
    }
    let odd = layer(Group::Symplectic, 3, 1, 1, 1);
    assert_eq!(odd.unwrap_err().to_string(), "the symplectic group needs an even dimension, but n is 3");
    assert!(matches!(layer(Group::Symmetric, 3, 1, 1, 0), Err(LayerError::Channels { channels_in: 0, .. })));
    assert!(matches!(layer(Group::Symmetric, 40, 7, 7, 1), Err(LayerError::Diagram(DiagramError::TooLarge { .. }))));
    assert!(matches!(layer(Group::Orthogonal, 1 << 40, 2, 2, 1), Err(LayerError::TooLarge { .. })));
    let heads = layer(Group::SpecialOrthogonal, 9, 5, 4, 1);
    assert!(matches!(heads, Err(LayerError::Diagram(DiagramError::TooLarge { found: 9, .. }))), "{heads:?}");
    // Without room for a head there is none to list.
    assert_eq!(layer(Group::SpecialOrthogonal, 100, 2, 2, 1), Ok(()));
}

#[test]
fn sorts_and_lengths_that_do_not_fit_are_named() -> Result<(), LayerError> {
    let space = Space::new(&[Sort { group: Group::Symmetric, n: 3 }])?;
    let error = EquivariantLinear::with_sorts(&space, &[0, 1], &[0], 1, 1).map(|_| ());
    assert_eq!(error, Err(LayerError::Sort { side: "input", axis: 1, sort: 1, sorts: 1 }));
    let layer = EquivariantLinear::new(Group::Symmetric, 3, 1, 1, 2, 2)?;
    let mut workspace = LayerWorkspace::default();
    let weights = vec![0.0; layer.weight_len()];
    let mut y = [0.0; 6];
    for (weights, bias, x, what) in [
        (&weights[1..], None, &[0.0; 6][..], "the weights"),
        (&weights[..], Some(&[0.0; 3][..]), &[0.0; 6], "the bias"),
        (&weights[..], None, &[0.0; 5], "the input"),
        (&weights[..], None, &[0.0; 12], "the output"),
    ] {
        let error = layer.forward(weights, bias, x, &mut y, &mut workspace);
        assert!(matches!(error, Err(LayerError::Length { what: found, .. }) if found == what), "{what}: {error:?}");
    }
    Ok(())
}
