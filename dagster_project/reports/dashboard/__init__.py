"""The dashboard: one HTML file that shows a published build to people, without any network."""
