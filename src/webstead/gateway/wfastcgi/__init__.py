"""What wfastcgi's users have: settings in web.config, Application Insights, remote debugging."""
