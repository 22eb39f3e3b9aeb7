//! Named equivariant maps: convolution products, linear layers and gates.
