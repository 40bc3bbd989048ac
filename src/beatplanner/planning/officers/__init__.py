"""Officers: postings that last, re-plans, orders and what they cost in trust."""
