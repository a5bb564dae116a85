"""What the shipped engagement rules that read events say, for who writes them without this project."""

from datetime import timedelta

# Event as the product names it: points. Met anew by each further one.
POINTS_OF_LAST = {"trial_started": 20, "file_uploaded": 25}
INVITE, INVITEES, POINTS_OF_INVITES = "teammate_invited", 2, 15
LOGIN, LOGINS, LOGIN_WINDOW, POINTS_OF_LOGINS = "logged_in", 5, timedelta(hours=168), 20
EVENTS_READ = [*POINTS_OF_LAST, INVITE, LOGIN]
HALVED_EVERY = timedelta(days=90)
MOST_POINTS = 100
