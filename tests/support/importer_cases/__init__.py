"""Real configurations, rebuilt: file name, content, the expected spec, and the fields that stay unknown."""

import json

from importer_cases import exports, frameworks, huggingface, models, organizations, others, repositories, scripts

__all__ = ["CASES"]

CASES = (
    {
        name: ("preprocessor_config.json", json.dumps(config), mapping, ())
        for name, (config, mapping) in huggingface.CASES.items()
    }
    | models.CASES
    | others.CASES
    | organizations.CASES
    | repositories.CASES
    | scripts.CASES
    | exports.CASES
    | frameworks.CASES
)
