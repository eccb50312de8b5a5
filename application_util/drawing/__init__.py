"""Drawing on images, in windows and in videos."""
