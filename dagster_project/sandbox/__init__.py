"""A local stand-in for HubSpot, Slack and a webhook receiver, for the demo and the tests.

One Starlette app with its state in one SQLite file, bound to the loopback interface only. It refuses what the real
services refuse, with their status codes and body shapes, and is nowhere more lenient. Where their documentation is
silent, the reading that is harder for the client was chosen; a comment says so at the place.

Run it with `python -m dagster_project.sandbox`, or inside a test with `running.running_sandbox()`.
"""
