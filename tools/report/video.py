"""Videos in the page, or beside it."""

from __future__ import annotations

import base64
import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from application_util.installation import command_name

MEDIA_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}
MEGABYTE = 1_000_000


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
        self._folder = page.resolve().parent
        self._room = room * MEGABYTE

    def element(self, video: Path, poster: str | None = None) -> str:
        """Return the HTML for a video; one that browsers do not play is linked.

        Parameters
        ----------
        video : Path
        poster : str, optional
            Image that is shown until it plays, as a data URI.
        """
        link = quote(os.fsencode(Path(os.path.relpath(video.resolve(), self._folder)).as_posix()))
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
