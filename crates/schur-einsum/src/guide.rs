#![doc = include_str!("../../../docs/einsum.md")]
