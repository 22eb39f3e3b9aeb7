//! Published checkpoints as models: names, orders and signs of their weights are brought into ours.

mod mace;
mod sevennet;
mod tensornet;
