"""The image viewer under the name that programs import it by; it lives in `application_util.drawing.image_viewer`."""

from application_util.drawing.image_viewer import ImageViewer

__all__ = ["ImageViewer"]
