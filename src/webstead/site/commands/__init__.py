"""Commands that people run on a site, from a console or by a script: as the site's own processes."""
