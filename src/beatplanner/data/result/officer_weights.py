"""What the weights of the officers' objective weigh, by the keys of ``summary.json``."""

from __future__ import annotations

# The weight's name, and the key of the figure that it counts.
FIGURE_OF_WEIGHT = {
    "vacant_month": "vacant_months",
    "tenure_violation": "tenure_violations",
    "language_gap": "language_gaps",
    "gender_gap": "gender_gaps",
    "rotation": "rotations",
    "home_km_month": "home_km_months",
    "unpreferred_month": "unpreferred_months",
    "changed_month": "changed_months",
    "speaker_month": "speaker_months",
    "language_must": "must_months",
}
