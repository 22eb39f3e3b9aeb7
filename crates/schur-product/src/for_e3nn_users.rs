#![doc = include_str!("../../../docs/for-e3nn-users.md")]
