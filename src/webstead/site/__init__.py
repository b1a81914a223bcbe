"""A site on disk: where its files are."""

from webstead.site.layout import (
    SiteLayout,
    default_cache,
    default_state,
    expand,
    find_layout,
    runtime_dir,
)

__all__ = ["SiteLayout", "default_cache", "default_state", "expand", "find_layout", "runtime_dir"]
