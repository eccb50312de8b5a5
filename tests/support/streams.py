"""A camera in the network: motion JPEG by HTTP on the loopback."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np


class Camera:
    """Serves images without end; `cut` breaks all connections, and nobody gets through until `restore`.

    Parameters
    ----------
    image : callable
        Frame, from 1 -> image.
    seconds : float
        Between frames.
    """

    def __init__(self, image: Callable[[int], np.ndarray], seconds: float = 0.0) -> None:
        self._numbers = itertools.count(1)
        self._whole = threading.Event()
        self._whole.set()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not camera._whole.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while camera._whole.is_set():
                        jpeg = cv2.imencode(".jpg", image(next(camera._numbers)))[1].tobytes()
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n")
                        time.sleep(seconds)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/yard.mjpg"

    def cut(self) -> None:
        self._whole.clear()

    def restore(self) -> None:
        self._whole.set()

    @contextlib.contextmanager
    def running(self) -> Iterator[Camera]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.cut()
            self._server.shutdown()
            self._server.server_close()
            thread.join()
