"""Print the lower bounds of the dependencies as constraints: ``numpy==1.26.*`` for ``numpy>=1.26``."""

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

for dependency in PROJECT["dependencies"]:
    name, bound = re.match(r"([\w.-]+)>=([\d.]+)", dependency).groups()
    print(f"{name}=={bound}.*")
