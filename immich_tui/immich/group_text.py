"""From the JSON text of a group to the group, faster than by the validator of its model.

A model that its own validator builds keeps, beside its values, the names of those that were told: as much
memory again as the values take. Nobody asks a member of a group for them, and listings have hundreds of
thousands. So groups, members and their EXIF fields are checked as plain dictionaries, by the same schema as
ever, and the models are put around these.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from immich_tui.immich.models import Asset, Exif, Group

_PLAIN: Final = (Group, Asset, Exif)
_AS_MODELS: Final = TypeAdapter(Group).validate_json


def group_of(raw: bytes) -> Group:
    """The group that this text describes, all of whose fields count as told.

    Raises `ValidationError` exactly as the model's own validator, which has the last word on what is refused.
    """
    try:
        values = _CHECKED(raw)
    except ValidationError:
        return _AS_MODELS(raw)
    members = []
    for member in values["assets"]:
        exif = member["exif"]
        if exif is not None:
            member["exif"] = _around(Exif, exif, _EXIF_NAMES)
        members.append(_around(Asset, member, _ASSET_NAMES))
    values["assets"] = tuple(members)
    group: Group = _around(Group, values, _GROUP_NAMES)
    return group


def _around(model: type[BaseModel], values: dict[str, Any], names: set[str]) -> Any:
    made = _new(model)
    _set_values(made, values)
    _set_told(made, names)
    _set_extra(made, None)
    _set_private(made, None)
    return made


def _as_dictionaries(schema: Any) -> Any:
    """A schema in which those of the plain models check and give dictionaries instead."""
    if isinstance(schema, list):
        return [_as_dictionaries(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "model" and schema["cls"] in _PLAIN:
        return {
            "type": "typed-dict",
            "fields": {name: _entry(field) for name, field in schema["schema"]["fields"].items()},
            "config": {"extra_fields_behavior": "ignore"},
        }
    return {key: _as_dictionaries(part) for key, part in schema.items()}


def _entry(field: dict[str, Any]) -> dict[str, Any]:
    value = _as_dictionaries(field["schema"])
    return {
        "type": "typed-dict-field",
        "schema": value,
        "required": value["type"] != "default",
        "validation_alias": field["validation_alias"],
    }


_CHECKED: Final = SchemaValidator(_as_dictionaries(Group.__pydantic_core_schema__)).validate_json
_GROUP_NAMES, _ASSET_NAMES, _EXIF_NAMES = (set(model.model_fields) for model in _PLAIN)

# What a model consists of. Setting these by their descriptors costs half of what setting them by name does.
_PARTS: Final[dict[str, Any]] = dict(vars(BaseModel))
_new = object.__new__
_set_values = _PARTS["__dict__"].__set__
_set_told = _PARTS["__pydantic_fields_set__"].__set__
_set_extra = _PARTS["__pydantic_extra__"].__set__
_set_private = _PARTS["__pydantic_private__"].__set__
