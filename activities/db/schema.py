"""Every table in one `MetaData`: import this where the whole schema is meant (migrations, checks)."""

import importlib
import pkgutil

from activities.db import models
from activities.db.models.base import Base

for _module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"{models.__name__}.{_module.name}")

METADATA = Base.metadata
