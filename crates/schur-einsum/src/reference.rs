//! A contraction by its definition: every product of elements, summed. The oracle of everything faster.
