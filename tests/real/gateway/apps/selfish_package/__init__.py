import selfish_package.inner  # noqa: F401
