"""Site extensions: packages installed beside a site, as on App Service, in `SiteExtensions/ID` of its home.

package ─▶ read, checked whole ─▶ unpacked beside ─▶ one rename ─▶ install.sh ─▶ recorded
                                                        └─ whatever fails: what was there before is back
"""
