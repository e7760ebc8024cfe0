"""The cameras and places of the demo household."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera writes into its files."""

    make: str
    model: str
    lens: str
    aperture: float
    focal_length: float
    exposure: str
    iso: int

    def fields(self) -> dict[str, object]:
        """Under Immich's names."""
        return {
            "make": self.make,
            "model": self.model,
            "lensModel": self.lens or None,
            "fNumber": self.aperture,
            "focalLength": self.focal_length,
            "exposureTime": self.exposure,
            "iso": self.iso,
        }


IPHONE = Camera(
    "Apple", "iPhone 15 Pro", "iPhone 15 Pro back triple camera 6.765mm f/1.78", 1.78, 6.765, "1/120", 80
)
OLD_IPHONE = Camera("Apple", "iPhone 8", "iPhone 8 back camera 3.99mm f/1.8", 1.8, 3.99, "1/60", 40)
PIXEL = Camera("Google", "Pixel 8", "Pixel 8 back camera 6.9mm f/1.68", 1.68, 6.9, "1/1000", 50)
GALAXY = Camera("samsung", "Galaxy S23", "", 1.8, 5.4, "1/500", 50)
CANON = Camera("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM", 5.6, 35.0, "1/250", 200)
NIKON = Camera("NIKON CORPORATION", "NIKON Z 6_2", "NIKKOR Z 24-70mm f/4 S", 4.0, 50.0, "1/160", 400)
FUJI = Camera("FUJIFILM", "X-T5", "XF35mmF1.4 R", 2.0, 35.0, "1/125", 800)
IXUS = Camera("Canon", "Canon IXUS 970 IS", "", 3.2, 6.6, "1/100", 80)
DRONE = Camera("DJI", "FC3582", "", 1.7, 6.7, "1/640", 100)
SCANNER = Camera("EPSON", "Perfection V600", "", 0.0, 0.0, "", 0)

BERLIN = (52.5163, 13.3777)
MUNICH = (48.1374, 11.5755)
ALPS = (47.4917, 11.0955)
SYLT = (54.9098, 8.3075)
HAMBURG = (53.5413, 9.9841)
PARIS = (48.8584, 2.2945)
NICE = (43.6947, 7.2653)
LONDON = (51.5007, -0.1246)
LISBON = (38.6916, -9.216)
PALMA = (39.5676, 2.6483)
BARCELONA = (41.4036, 2.1744)
FLORENCE = (43.7731, 11.256)
VENICE = (45.4341, 12.3388)
TROMSO = (69.6496, 18.956)
BERGEN = (60.3975, 5.3245)
REYKJAVIK = (64.1417, -21.9266)
ZERMATT = (45.9766, 7.6585)
ATHENS = (37.9715, 23.7267)
NEW_YORK = (40.6892, -74.0445)
SAN_FRANCISCO = (37.8199, -122.4783)
TOKYO = (35.6586, 139.7454)
KYOTO = (34.9671, 135.7727)
SYDNEY = (-33.8568, 151.2153)
