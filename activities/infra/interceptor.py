"""Every line an activity logs says which workflow ordered it and, where one did, which request (R-LOG)."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.infra.log import bound


class LogContext(Interceptor):
    """Of every worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's
        return _Bound(super().intercept_activity(next))


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's
        about = activity.info()
        request_id = next((found for one in input.args if (found := _request_id(one))), "")
        with bound(request_id=request_id, workflow_id=about.workflow_id or "", activity=about.activity_type):
            return await super().execute_activity(input)


def _request_id(given: Any) -> str:
    """Of what an activity is given, or of the order that it is about."""
    return str(getattr(given, "request_id", "") or getattr(getattr(given, "order", None), "request_id", ""))
