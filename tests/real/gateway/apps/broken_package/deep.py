import broken_package.sibling  # noqa: F401
