"""Training views of pictures that are on the device: the same choices as from files, in batches.

Each view is cut out and reduced by itself; tone, sharpness, JPEG and the last resizing are done for
a whole batch, every view in the top left corner of a common canvas, its edges repeated beyond it.
"""

import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from training.classifier.views import View, Views
from training.common.preprocessing import PAD_COLOUR, Box, five_boxes, letterbox_box
from training.run.resident import ResidentPictures, rounded


def resident_views(
    views: Views, pictures: ResidentPictures, batches: Sequence[Sequence[int]]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches as a DataLoader of `views` would give them, made on the device.

    Args:
        views: says what each view is; it needs an augmentation, or six views.
        pictures: all that it may name.
        batches: indices into `views`.

    Yields:
        Images, uint8 [N,size,size,3]; labels and kinds, int64 [N].
    """
    for indices in batches:
        records = [views.records[index] for index in indices]
        images = six(views, pictures, indices) if views.six else random(views, pictures, indices)
        facts = torch.tensor([(record.label, record.kind) for record in records])
        labels, kinds = facts.T.contiguous().to(pictures.device, non_blocking=True).unbind(0)
        yield images.to(torch.uint8).permute(0, 2, 3, 1), labels, kinds


def six(views: Views, pictures: ResidentPictures, indices: Sequence[int]) -> Tensor:
    """The whole or one of five crops, letterboxed, whichever is its turn: float32 [N,3,S,S]."""
    size = views.size
    square = torch.tensor(PAD_COLOUR, device=pictures.device, dtype=torch.float32)
    squares = square.view(1, 3, 1, 1).repeat(len(indices), 1, size, size)
    for image, index in zip(squares, indices, strict=True):
        record = views.records[index]
        height, width = pictures.shape(record)
        boxes = [Box(0, 0, width, height), *five_boxes(width, height, size)]
        box = boxes[(views.epoch + index) % len(boxes)]
        place = letterbox_box(box.width, box.height, size)
        part = pictures.cut(record, box, place.width, place.height)
        image[(slice(None), *place.slices)] = part
    return rounded(squares)


def random(views: Views, pictures: ResidentPictures, indices: Sequence[int]) -> Tensor:
    """Random views, float32 [N,3,S,S]."""
    chosen, parts = [], []
    side = -(-views.size // 16) * 16
    for index in indices:
        record = views.records[index]
        view = views.draw(index, *pictures.shape(record))
        part = pictures.cut(record, view.box, *view.reduced)
        if view.mirrored:
            part = part.flip(2)
        width, height = view.reduced
        parts.append(F.pad(part[None], (0, side - width, 0, side - height), mode="replicate"))
        chosen.append(view)
    return finish(chosen, rounded(torch.cat(parts)), views.size)


def finish(views: Sequence[View], canvas: Tensor, size: int) -> Tensor:
    """Tone, sharpness, JPEG and letterboxing of a batch.

    Args:
        views: what is to be done.
        canvas: whole numbers 0..255, float32 [N,3,P,P]; each view's pixels, `reduced` of them, in
            the top left corner, and its edges repeated beyond. P is a multiple of 16.
        size: side of the squares, at most P.

    Returns:
        Whole numbers 0..255, float32 [N,3,size,size].
    """
    device = canvas.device
    numbers = [(*v.tone, v.sharpness, v.sigma, v.quality) for v in views]
    columns = torch.tensor(numbers, dtype=torch.float32).to(device, non_blocking=True)
    widths, heights = torch.tensor([v.reduced for v in views]).to(device).unbind(1)
    canvas = change_tone(canvas, columns[:, :3], widths, heights)
    canvas = sharpen(canvas, columns[:, 3], columns[:, 4])
    canvas = recompress(canvas, columns[:, 5].long())
    places = [letterbox_box(v.width, v.height, size) for v in views]
    targets = torch.tensor([(p.left, p.width, p.top, p.height) for p in places]).to(device)
    left, target_widths, top, target_heights = targets.unbind(1)
    across = bicubic(widths, left, target_widths, size, canvas.shape[3])
    down = bicubic(heights, top, target_heights, size, canvas.shape[2])
    resized = rounded(canvas @ across.mT[:, None])  # Pillow rounds between the directions too
    resized = rounded(down[:, None] @ resized)
    seen = (down.any(2)[:, :, None] & across.any(2)[:, None])[:, None]
    padding = torch.tensor(PAD_COLOUR, device=device, dtype=canvas.dtype).view(3, 1, 1)
    return torch.where(seen, resized, padding)


def change_tone(canvas: Tensor, tone: Tensor, widths: Tensor, heights: Tensor) -> Tensor:
    """Brightness, contrast and saturation of each picture by its factors [N,3]."""
    brightness, contrast, saturation = tone.view(-1, 3, 1, 1, 1).unbind(1)
    place = torch.arange(canvas.shape[2], device=canvas.device)
    inside = (place < heights[:, None])[:, :, None] & (place < widths[:, None])[:, None]
    values = canvas * brightness
    grey = values.mean(1, keepdim=True)
    values = grey + (values - grey) * saturation
    middle = (grey * inside[:, None]).sum((1, 2, 3)) / (widths * heights)
    middle = middle.view(-1, 1, 1, 1)
    return (middle + (values - middle) * contrast).clamp(0, 255).floor()


def sharpen(canvas: Tensor, amount: Tensor, sigma: Tensor) -> Tensor:
    """Blur or unsharp-mask each picture by its amount [N], with its Gaussian of sigma [N]."""
    reach = 4  # pixels: as far as OpenCV's kernel goes at the largest sigma
    offset = torch.arange(-reach, reach + 1, device=canvas.device)
    kernel = torch.exp(-0.5 * (offset / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).T.reshape(len(offset), -1, 1, 1, 1)
    _, _, height, width = canvas.shape
    padded = F.pad(canvas, (reach, reach, reach, reach), mode="replicate")
    blurred = sum(k * padded[:, :, i : i + height] for i, k in enumerate(kernel))
    blurred = rounded(sum(k * blurred[..., i : i + width] for i, k in enumerate(kernel)))
    amount = amount.view(-1, 1, 1, 1)
    return rounded(canvas * (1 + amount) - amount * blurred)


def bicubic(sizes: Tensor, starts: Tensor, targets: Tensor, rows: int, columns: int) -> Tensor:
    """Matrices that resize as Pillow does, one a picture.

    Args:
        sizes: int64 [N]; so many values are resized.
        starts: int64 [N]; the first row of the result, those before and after it are 0.
        targets: int64 [N]; so many values are made.
        rows: of each matrix.
        columns: likewise.

    Returns:
        float32 [N,rows,columns].
    """
    row = torch.arange(rows, device=sizes.device)[:, None] - starts[:, None, None]  # [N,rows,1]
    column = torch.arange(columns, device=sizes.device)
    sizes, targets = sizes[:, None, None], targets[:, None, None]
    scale = sizes / targets
    distance = (column + 0.5 - (row + 0.5) * scale).abs() / scale.clamp(min=1)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weight = torch.where(distance < 1, near, torch.where(distance < 2, far, 0.0))
    weight = weight * ((row >= 0) & (row < targets) & (column < sizes))
    return weight / weight.sum(2, keepdim=True).where(weight.any(2, keepdim=True), 1.0)


LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
COLOUR = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Annex K of the standard: steps of the coefficients at quality 50."""

TO_YCC = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)
"""Rows: luminance, and the two colour differences around 0, of RGB."""


def recompress(pictures: Tensor, quality: Tensor) -> Tensor:
    """Pictures after JPEG.

    Args:
        pictures: RGB, float32 0..255 [N,3,H,W]; H and W are multiples of 16.
        quality: int64 [N], 1..100.

    Returns:
        float32 [N,3,H,W], whole numbers in 0..255.
    """
    matrix = torch.tensor(TO_YCC)
    to_ycc, to_rgb = (m.to(pictures.device) for m in (matrix, torch.linalg.inv(matrix)))
    ycc = torch.einsum("ij,njhw->nihw", to_ycc, pictures).round()
    colour = F.avg_pool2d(ycc[:, 1:], 2).round()
    luminance = quantised(ycc[:, :1] - 128, steps(LUMINANCE, quality)) + 128
    colour = quantised(colour, steps(COLOUR, quality))
    colour = F.interpolate(colour, scale_factor=2.0, mode="bilinear").round()
    ycc = torch.cat((luminance, colour), 1)
    rgb = torch.einsum("ij,njhw->nihw", to_rgb, ycc)
    return rgb.round().clamp(0, 255)


def steps(table: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """A table at each quality, float32 [N,8,8]."""
    scale = torch.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    base = torch.tensor(table, device=quality.device)
    return ((base * scale[:, None, None] + 50) // 100).clamp(1, 255).float()


def quantised(planes: Tensor, step: Tensor) -> Tensor:
    """Planes whose blocks' cosine transforms are rounded to multiples.

    Args:
        planes: float32 -128..127 [N,C,H,W].
        step: float32 [N,8,8].
    """
    n, c, height, width = planes.shape
    frequency, place = torch.arange(8.0)[:, None], torch.arange(8.0)
    cosines = torch.cos(math.pi / 8 * frequency * (place + 0.5)) / 2
    cosines[0] /= math.sqrt(2)
    cosines = cosines.to(planes.device)
    blocks = planes.view(n, c, height // 8, 8, width // 8, 8).transpose(3, 4)  # [N,C,h,w,8,8]
    step = step[:, None, None, None]
    coefficients = (cosines @ blocks @ cosines.mT / step).round() * step
    restored = (cosines.mT @ coefficients @ cosines).round().clamp(-128, 127)
    return restored.transpose(3, 4).reshape(n, c, height, width)
