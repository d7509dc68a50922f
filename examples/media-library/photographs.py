"""Photographs on disk: their bytes, what the camera wrote into them, what the catalogue says."""

import io
import pathlib
import tomllib
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

from places import place_at

HERE = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Photograph:
    """Optional fields are those that some cameras leave out."""

    content: bytes
    key: str  # where it goes in the bucket: <year>/<name>
    title: str
    owner: str
    camera: str
    taken: datetime
    width: int
    height: int
    position: tuple[float, float] | None
    place: str | None


@dataclass(frozen=True)
class CameraData:
    camera: str
    taken: datetime
    width: int
    height: int
    position: tuple[float, float] | None


def read_camera_data(start_of_file: bytes) -> CameraData:
    """Needs no more than the first kilobytes: EXIF data stands in front of the picture."""
    image = Image.open(io.BytesIO(start_of_file))
    exif = image.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    maker = str(exif.get(ExifTags.Base.Make, "")).strip()
    model = str(exif.get(ExifTags.Base.Model, "")).strip()
    taken = details.get(ExifTags.Base.DateTimeOriginal) or exif[ExifTags.Base.DateTime]
    return CameraData(
        camera=model if model.startswith(maker) else f"{maker} {model}",
        taken=datetime.strptime(taken, "%Y:%m:%d %H:%M:%S"),
        width=image.width,
        height=image.height,
        position=_position(exif.get_ifd(ExifTags.IFD.GPSInfo)),
    )


def load_catalogue(node_modules: pathlib.Path) -> list[Photograph]:
    catalogue = tomllib.loads((HERE / "catalogue.toml").read_text(encoding="utf-8"))
    return [_load(node_modules, entry) for entry in catalogue["photograph"]]


def _load(node_modules: pathlib.Path, entry: dict) -> Photograph:
    path = node_modules / entry["file"]
    content = path.read_bytes()
    data = read_camera_data(content)
    return Photograph(
        content=content,
        key=f"{data.taken.year}/{path.name.lower()}",
        title=entry["title"],
        owner=entry["owner"],
        camera=data.camera,
        taken=data.taken,
        width=data.width,
        height=data.height,
        position=data.position,
        place=place_at(data.position) if data.position else None,
    )


def _position(gps: dict) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; EXIF has degrees, minutes, seconds and a letter."""
    tags = ExifTags.GPS
    if tags.GPSLatitude not in gps or tags.GPSLongitude not in gps:
        return None

    def degrees(value: tuple, letter: str) -> float:
        whole, minutes, seconds = (float(part) for part in value)
        angle = whole + minutes / 60 + seconds / 3600
        return round(-angle if letter in "SW" else angle, 6)

    return (degrees(gps[tags.GPSLatitude], gps[tags.GPSLatitudeRef]),
            degrees(gps[tags.GPSLongitude], gps[tags.GPSLongitudeRef]))
