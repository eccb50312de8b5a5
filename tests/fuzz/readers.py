"""All readers of files that come from elsewhere."""

from tests.fuzz.imports import IMPORTS
from tests.fuzz.media import MEDIA
from tests.fuzz.reader import Reader
from tests.fuzz.tables import TABLES

READERS: tuple[Reader, ...] = (*TABLES, *IMPORTS, *MEDIA)
