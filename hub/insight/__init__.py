"""Read-only questions that pages and the API ask; nothing here writes."""
