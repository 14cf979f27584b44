"""The layers that a recipe names, as far as a network has them. Torch-free."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.errors import UserError
from app.optimize.recipe import OptimizeRecipe


@dataclass(frozen=True)
class Layers:
    """Weights of layers that the network has; each of the two sums to 1."""

    content: dict[str, float]
    style: dict[str, float]
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All that are wanted of the network."""
        return {*self.content, *self.style}


def fit_layers(
    recipe: OptimizeRecipe, visible: tuple[str, ...], nearest: Callable[[str, Iterable[str]], str]
) -> Layers:
    """Replace layers that a network lacks by the nearest ones it has, and say so.

    Raises:
        UserError: the recipe names no layer, or weighs one negatively.
    """
    missing: dict[str, str] = {}
    for wish in (recipe.content, recipe.style):
        if min(wish.values(), default=0) < 0 or sum(wish.values()) <= 0:
            raise UserError("Choose at least one content layer and one style layer to weigh.")
    content = _fitted(recipe.content, visible, nearest, missing)
    style = _fitted(recipe.style, visible, nearest, missing)
    notices = tuple(
        f"This network has no {name}; {taken} takes its place." for name, taken in missing.items()
    )
    return Layers(content, style, notices)


def _fitted(
    wish: Mapping[str, float],
    visible: tuple[str, ...],
    nearest: Callable[[str, Iterable[str]], str],
    missing: dict[str, str],
) -> dict[str, float]:
    fitted: dict[str, float] = {}
    for name, weight in wish.items():
        if weight == 0:
            continue
        taken = name if name in visible else nearest(name, visible)
        if taken != name:
            missing[name] = taken
        fitted[taken] = fitted.get(taken, 0.0) + weight / sum(wish.values())
    return fitted
