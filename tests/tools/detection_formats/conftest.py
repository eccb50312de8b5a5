"""The command with a sequence of four frames, and detections in all formats."""

from __future__ import annotations

import json

import numpy as np
import pytest

from application_util.files.mot_table import read_table
from tests.support.cli import error_line
from tests.support.sequences import make_sequence
from tools.import_detections import main

ROWS = [[1, -1, 12.8, 24, 25.6, 48, 0.9], [2, -1, 64, 9.6, 32, 38.4, 0.25]]
"""What all formats say here, of images of 128 x 96 pixels."""


class Import:
    """The command with a sequence of four frames, and a place for the detections."""

    def __init__(self, tmp_path, capsys):
        self.sequence = tmp_path / "SEQ-01"
        self.det_txt = self.sequence / "det" / "det.txt"
        self.source = tmp_path / "source"
        self.source.mkdir()
        self.capsys = capsys

    def write(self, name, content):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def __call__(self, detections, *flags, sequence=None):
        argv = ["--sequence_dir", sequence or self.sequence, "--detections", detections, *flags]
        code = main(list(map(str, argv)))
        self.err = self.capsys.readouterr().err
        return code

    def takes(self, detections, *flags, rows=ROWS):
        assert self(detections, *flags) == 0, self.err
        table = read_table(self.det_txt)
        assert table.shape == (len(rows), 10) and (table[:, 7:] == -1).all()
        assert table[:, :7] == pytest.approx(np.array(rows), abs=1e-6)

    def refuses(self, detections, words, *flags):
        assert self(detections, *flags) == 2
        assert words in error_line(self.err), self.err
        assert not self.det_txt.parent.exists()


@pytest.fixture
def imports(tmp_path, capsys):
    make_sequence(tmp_path / "SEQ-01", 4)
    return Import(tmp_path, capsys)


def coco_entry(image_id=1, category_id=1, bbox=(12.8, 24, 25.6, 48), score=0.9, **more):
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), "score": score, **more}


COCO = [coco_entry(), coco_entry(2, 1, (64, 9.6, 32, 38.4), 0.25)]
YOLO = {"1": "0 0.2 0.5 0.2 0.5 0.9\n", "2": "0 0.625 0.3 0.25 0.4 0.25\n"}
MOT = "2,-1,64,9.6,32,38.4,0.25\n1,-1,12.8,24,25.6,48,0.9\n"
CSV = [
    "frame  x y w h score\n 1 12.8  24 25.6 48 0.9\n2\t64 9.6 32 38.4 .25\n".replace("\t", " "),
    "filename,width,height,xmin,ymin,xmax,ymax,score\n1.jpg,128,96,12.8,24,38.4,72,.9\n2.jpg,128,96,64,9.6,96,48,.25\n",
    "frame,image,x,y,w,h,xmax,ymax,cx,score\n1,a_1.png,12.8,24,25.6,48,39,73,26,.9\n2,a_2.png,64,9.6,32,38.4,95,48,80,.25\n",
    "frame,path,x,y,w,h,score\n1,clip7.mp4,12.8,24,25.6,48,0.9\n2,clip7.mp4,64,9.6,32,38.4,0.25\n",
    "frame,x,y,w,h,score\n1,12.8,24,25.6,48,0.9\n2,64,9.6,32,38.4,0.25\n",
    "xmin,ymin,xmax,ymax,confidence,class,name,frame\n12.8,24,38.4,72,0.9,0,person,1\n64,9.6,96,48,.25,0,person,2\n",
    "Frame ID;BB Left;BB Top;BB Width;BB Height;Conf\n1;12.8;24;25.6;48;0.9\n\n2;64;9.6;32;38.4;0.25\n",
    "frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n1,-1,12.8,24,25.6,48,0.9,-1,-1,-1\n2,-1,64,9.6,32,38.4,0.25,-1,-1,-1\n",
    "x,y,frame,xmin,ymin,xmax,ymax,conf\n7,7,1,12.8,24,38.4,72,0.9\n7,7,2,64,9.6,96,48,.25\n",
    "frame,left,cx,top,cy,conf\n1,12.8,25.6,24,48,0.9\n2,64,80,9.6,28.8,.25\n",
    "frame,right,cx,bottom,cy,conf\n1,38.4,25.6,72,48,0.9\n2,96,80,48,28.8,.25\n",
    "frame,right,w,bottom,h,conf\n1,38.4,25.6,72,48,0.9\n2,96,32,48,38.4,.25\n",
    "image\tcx\tcy\twidth\theight\tprob\nimg1/000001.jpg\t25.6\t48\t25.6\t48\t0.9\n000002.jpg\t80\t28.8\t32\t38.4\t.25\n",
]
