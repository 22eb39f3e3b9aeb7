//! Contractions from letters.

use schur_einsum::Contraction;

/// Reads `"ij,jk->ik"`; sizes come from the shapes, and from `extra` for indices of the output alone.
pub fn contraction_with(text: &str, shapes: &[&[usize]], extra: &[(char, usize)]) -> Contraction {
    let (operands, output) = text.split_once("->").unwrap();
    let (mut letters, mut sizes) = (Vec::new(), Vec::new());
    let mut number = |letter: char, size: Option<usize>| match letters.iter().position(|&known| known == letter) {
        Some(index) => index,
        None => {
            letters.push(letter);
            sizes.push(size.or_else(|| extra.iter().find(|e| e.0 == letter).map(|e| e.1)).unwrap());
            letters.len() - 1
        }
    };
    let indices = operands.split(',').zip(shapes);
    let operands = indices.map(|(text, shape)| {
        assert_eq!(text.len(), shape.len(), "{text} with {shape:?}");
        text.chars().zip(*shape).map(|(letter, &size)| number(letter, Some(size))).collect()
    });
    let operands: Vec<Vec<usize>> = operands.collect();
    let output = output.chars().map(|letter| number(letter, None)).collect();
    Contraction::new(operands, output, sizes, letters.iter().map(char::to_string).collect()).unwrap()
}

/// Reads `"ij,jk->ik"`.
pub fn contraction(text: &str, shapes: &[&[usize]]) -> Contraction {
    contraction_with(text, shapes, &[])
}
