//! The embedded store: the only SQL of the product.
