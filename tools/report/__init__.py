"""What a report is made of: results and ground truth, charts, the page."""
