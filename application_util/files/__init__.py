"""Files of tracking: detections, ground truth, results; output that appears only when it is complete."""
