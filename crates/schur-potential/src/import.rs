//! Published checkpoints as models: names, orders and signs of their weights are brought into ours.

mod chgnet;
mod mace;
mod sevennet;
mod tensornet;
