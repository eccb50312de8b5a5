"""Videos in the page, or beside it, and links to frames."""

from __future__ import annotations

import base64
import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from application_util.installation import command_name
from tools.report.gather import Tracked

MEDIA_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}
MEGABYTE = 1_000_000


def relative_link(file: Path, folder: Path) -> str:
    """Return how a page in a folder refers to a file."""
    return quote(os.fsencode(Path(os.path.relpath(os.path.realpath(file), folder)).as_posix()))


class FrameLinks:
    """Links to the frames of a sequence: to their place in the video, else to their images.

    Parameters
    ----------
    page : Path
        Where the page will be.
    tracked : Tracked
    """

    def __init__(self, page: Path, tracked: Tracked) -> None:
        self._folder, self._images = Path(os.path.realpath(page)).parent, tracked.sequence.images
        self._video = tracked.video is not None

    def link(self, frame: int) -> str:
        """Return the HTML of a frame's number."""
        files = self._images.video is None and frame in self._images
        if not (files or self._video):
            return f"{frame}"
        place = relative_link(self._images[frame], self._folder) if files else "#"
        return f'<a href="{place}" data-frame="{frame}">{frame}</a>'


class VideoEmbedder:
    """Embeds videos in a page as long as there is room, and links to the others.

    Parameters
    ----------
    page : Path
        Where the page will be: links are relative to it.
    room : float
        Megabytes of video that the page may hold.
    """

    def __init__(self, page: Path, room: float) -> None:
        self.page = page
        self._folder = Path(os.path.realpath(page)).parent
        self._room = room * MEGABYTE

    def element(self, video: Path, poster: str | None = None) -> str:
        """Return the HTML for a video; one that browsers do not play is linked.

        Parameters
        ----------
        video : Path
        poster : str, optional
            Image that is shown until it plays, as a data URI.
        """
        link = relative_link(video, self._folder)
        media_type = MEDIA_TYPES.get(video.suffix.lower())
        if media_type is None:
            return (
                f'<p>Browsers do not play this kind of video; a player does: <a href="{link}">'
                f"{escape(video.name)}</a>. <code>{command_name('generate_videos.py')} --convert_h264 True</code> "
                "makes one that they play.</p>"
            )
        player = "<video controls muted loop" + (f' poster="{poster}"' if poster else "")
        size = video.stat().st_size
        if size > self._room:
            return (
                f'{player} preload="metadata" src="{link}"></video>'
                f'<p class="quiet">{size / MEGABYTE:.1f} MB, beside this page: <a href="{link}">'
                f"{escape(video.name)}</a></p>"
            )
        self._room -= size
        content = base64.b64encode(video.read_bytes()).decode("ascii")
        return f'{player} src="data:{media_type};base64,{content}"></video>'
