"""From the name of an app to the app, and whose fault it is when there is none."""
