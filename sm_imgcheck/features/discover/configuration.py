"""What a configuration file reports of the preprocessing, compared with the model's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Contract
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.features.discover.recipes import InputFormat, InputRecipe, is_near
from sm_imgcheck.features.discover.search import Ranking
from sm_imgcheck.features.discover.verdict import Verdict
from sm_imgcheck.spec.load import resolve_spec

__all__ = [
    "ConfigurationCheck",
    "ImportedConfiguration",
    "check_configuration",
    "configured_recipe",
    "read_configuration",
]

_LITTLE = 0.05
"""Probability below which the predictions contradict a configuration."""


@frozen
class ImportedConfiguration:
    """What configuration files report."""

    source: str
    """Their names and vocabularies."""
    mapping: Mapping[str, Any]
    """Keys of the spec language that they set."""


@frozen
class ConfigurationCheck:
    """A configuration and the predictions."""

    source: str
    recipe: InputRecipe
    probability: float | None
    """None: unknown, as ``Verdict.is_model`` is false."""
    relation: Literal["confirmed", "contradicted", "possible"]
    """possible: the recipe is among those that remain."""


def read_configuration(paths: Sequence[str], input_name: str) -> ImportedConfiguration:
    """Import configuration files, as ``spec import`` does. Raises ImgcheckError."""
    from sm_imgcheck.features.spec_import import import_spec

    spec = import_spec(paths, input_name=input_name)
    source = ", ".join(f"{file} ({vocabulary})" for file, vocabulary in spec.sources)
    return ImportedConfiguration(source=for_terminal(source), mapping=spec.mapping)


def configured_recipe(
    configuration: ImportedConfiguration, format_: InputFormat, recipes: Sequence[InputRecipe]
) -> InputRecipe:
    """The recipe of a configuration: one of ``recipes``, or another one. Raises ImgcheckError where it has none."""
    contract = _contract(configuration, format_)
    affine = canonical(contract.values, contract.channels)
    for recipe in recipes:
        if recipe.order == contract.channel_order and is_near(recipe.affine, affine):
            return recipe
    name = "values of the configuration"
    return InputRecipe(name=name, order=contract.channel_order, affine=affine, values=contract.values, members=(name,))


def _contract(configuration: ImportedConfiguration, format_: InputFormat) -> Contract:
    """The contract of the value mapping alone."""
    mapping = configuration.mapping
    values = {key: mapping[key] for key in ("value_range", "normalize") if key in mapping}
    if len(values) != 1:
        raise ImgcheckError(f"{configuration.source}: it has no value range, and no mean and std, to compare with")
    order = "GRAY" if format_.channels == 1 else str(mapping.get("channel_order", "RGB"))
    shape = [format_.height, format_.width, format_.channels]
    spec = {"shape": shape, "layout": "HWC", "dtype": "float32", "channel_order": order, **values}
    return resolve_spec(spec).contract


def check_configuration(
    configuration: ImportedConfiguration, recipe: InputRecipe, ranking: Ranking, verdict: Verdict
) -> tuple[ConfigurationCheck, Verdict]:
    """Compare; where only the configuration's recipe and others remain, the configuration decides."""
    entry = next(each for each in ranking.classes if recipe.label in {member.label for member in each.recipes})
    remains = entry in verdict.remaining
    is_first = verdict.recipe is not None and entry is ranking.classes[0]
    relation: Literal["confirmed", "contradicted", "possible"] = "confirmed" if is_first else "possible"
    if verdict.is_model and not remains and entry.probability < _LITTLE:
        relation = "contradicted"
    check = ConfigurationCheck(
        source=configuration.source,
        recipe=recipe,
        probability=entry.probability if verdict.is_model else None,
        relation=relation,
    )
    if verdict.is_open and remains:
        return check, replace_fields(verdict, recipe=recipe, reasons=(), by_configuration=True)
    return check, verdict
