"""Visualization under the name that programs import it by; it lives in `application_util.drawing.visualization`."""

from application_util.drawing.colors import create_unique_color_float, create_unique_color_uchar
from application_util.drawing.image_viewer import ImageViewer
from application_util.drawing.visualization import NoVisualization, Visualization

__all__ = ["ImageViewer", "NoVisualization", "Visualization", "create_unique_color_float", "create_unique_color_uchar"]
