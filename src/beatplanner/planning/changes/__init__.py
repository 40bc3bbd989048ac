"""Changes to a plan that stands: drawn edits, re-plans, postings moved by hand, and curves of change budgets."""
