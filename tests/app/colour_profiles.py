"""Small ICC profiles made by hand, and the colours they must lead to.

Pillow can make no profile but sRGB, XYZ and Lab, so the ones that cameras and printers embed are
written here from their published numbers, and the expected colours are computed without lcms.
"""

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)  # The white that every profile's numbers refer to.

ADOBE_RGB = np.array(  # Columns: red, green, blue as XYZ; Adobe RGB (1998), adapted to D50.
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
ADOBE_GAMMA = 563 / 256

SRGB_FROM_XYZ = np.array(  # Linear sRGB from XYZ under D50 (Bradford).
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def adobe_rgb(gamma: float = ADOBE_GAMMA) -> bytes:
    """A camera's wide-gamut profile: three primaries and a gamma."""
    tags = {b"wtpt": _xyz(D50)}
    for letter, primary in zip("rgb", ADOBE_RGB.T, strict=True):
        tags[f"{letter}XYZ".encode()] = _xyz(primary)
        tags[f"{letter}TRC".encode()] = _gamma(gamma)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_gamma(gamma: float) -> bytes:
    """A scanner's grey profile."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(D50), b"kTRC": _gamma(gamma)})


def inks(lab_of_cyan: tuple[int, int, int]) -> bytes:
    """A printer's profile of which only paper white and full cyan are meaningful."""
    corners = np.tile(np.uint8([0, 128, 128]), (16, 1))  # Black for every mix of inks but ...
    corners[0b0000] = 255, 128, 128  # ... bare paper ...
    light, green_red, blue_yellow = lab_of_cyan
    corners[0b1000] = round(light * 2.55), green_red + 128, blue_yellow + 128  # ... and cyan.
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(np.eye(3).ravel() * 65536).astype(int))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity
    table += 4 * ramp + corners.tobytes() + 3 * ramp
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(D50), b"A2B0": table})


def srgb_of_xyz(xyz: np.ndarray) -> np.ndarray:
    """uint8 sRGB of a colour in XYZ under D50."""
    linear = np.clip(SRGB_FROM_XYZ @ xyz, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


def srgb_of_lab(light: float, green_red: float, blue_yellow: float) -> np.ndarray:
    """uint8 sRGB of a colour in CIE Lab under D50."""
    y = (light + 16) / 116
    ratios = np.array([y + green_red / 500, y, y - blue_yellow / 200])
    linear = np.where(ratios > 6 / 29, ratios**3, 3 * (6 / 29) ** 2 * (ratios - 4 / 29))
    return srgb_of_xyz(linear * D50)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC v2 profile: a header of 128 bytes, a table of tags, and the tags."""
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(content))
        body += content
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"", 0x02400000, kind, space, connection)
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(D50)[8:]
    return header.ljust(128, b"\0") + table + body


def _xyz(values: object) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(value * 256))
