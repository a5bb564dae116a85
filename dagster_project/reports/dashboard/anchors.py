"""Where on the page which section is. These names stay: links lead to them."""

NEWEST = "dashboard.html"
SECTION_IDS = (
    "attention",
    "overview",
    "funnel",
    "time-to-value",
    "scores",
    "calibration",
    "handoffs",
    "revenue",
    "segments",
    "behaviour",
    "triggers",
    "sync",
    "definitions",
)
