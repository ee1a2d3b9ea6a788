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
        request_id = next((str(one.request_id) for one in input.args if hasattr(one, "request_id")), "")
        with bound(request_id=request_id, workflow_id=about.workflow_id or "", activity=about.activity_type):
            return await super().execute_activity(input)
