"""A site: where its files are, and what `up` and `build` do with them."""
